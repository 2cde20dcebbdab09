/* Reading many small messages of a view's folder in one step. */
#ifndef MAILSTORE_BUNDLE_H
#define MAILSTORE_BUNDLE_H

#include "mailstore/folder.h"

/* See store_messages(). fd is the callee's to close. */
void bundle_open(struct folder *f, const struct numset *uids,
                 store_bundle_fn *fn, void *arg);

#endif
