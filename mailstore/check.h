/* Comparing files and index without changing either. */
#ifndef MAILSTORE_CHECK_H
#define MAILSTORE_CHECK_H

#include "mailstore/folder.h"

/* Reports every difference of the folder, then calls fn. */
void check_folder(struct folder *f, store_report_fn *row, void *row_arg,
                  core_done_fn *fn, void *arg);

#endif
