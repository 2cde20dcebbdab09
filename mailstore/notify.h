/*
 * Changes that others make to the files of folders in memory, by inotify: one
 * instance for all. Our own changes are known by their names and passed over.
 */
#ifndef MAILSTORE_NOTIFY_H
#define MAILSTORE_NOTIFY_H

#include "mailstore/folder.h"

struct notify *notify_new(struct core *c);
void notify_free(struct notify **n);

void notify_watch(struct folder *f);
void notify_unwatch(struct folder *f);

/* Takes in what has been reported so far. */
void notify_drain(struct core *c);

#endif
