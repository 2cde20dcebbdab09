/* Lets go, in the background and a bit at a time, of what was kept long enough
 * (kept.h) and of the journal's oldest events (history.h). */
#ifndef MAILSTORE_PURGE_H
#define MAILSTORE_PURGE_H

#include "mailstore/core.h"

struct purge;

struct purge *purge_new(struct core *c);
void purge_free(struct purge **p);

#endif
