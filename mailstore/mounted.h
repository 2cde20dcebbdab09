/*
 * Is this the mail that the index is about? A disk that is not mounted leaves
 * an empty directory: to go on would give everybody an empty mailbox, and put
 * new mail where nobody looks for it.
 */
#ifndef MAILSTORE_MOUNTED_H
#define MAILSTORE_MOUNTED_H

#include "mailstore/core.h"

/* UNAVAILABLE: the index knows messages, and the directory has no account. */
bool mounted_check(struct core *c, struct error *e);

/* False: the directory was removed, or its name shows another one (a disk that
 * was mounted). What we hold is no place for mail any more. */
bool mounted_still(struct core *c);

#endif
