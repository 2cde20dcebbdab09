/*
 * Comparing files and index, and mending what differs without losing anything:
 * a row is made from its file, never a file from its row. What is damaged in a
 * file is said, and left to people and their backups.
 */
#ifndef MAILSTORE_CHECK_H
#define MAILSTORE_CHECK_H

#include "mailstore/tour.h"

/* Reports every difference of the folder, as t->how wants it, then calls fn. */
void check_folder(struct tour *t, struct folder *f, core_done_fn *fn,
                  void *arg);

/* The same for what is the account's own. */
void check_account(struct tour *t, struct home *h, core_done_fn *fn, void *arg);

#endif
