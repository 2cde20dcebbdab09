/* The directory of an environment, whatever libdb thinks of it. */
#ifndef KV_KV_DIR_H
#define KV_KV_DIR_H

#include "base/error.h"

/* Is the directory that is held still the one at path? What is written to one
 * that nobody finds again is not durable. UNAVAILABLE. */
bool kv_dir_is_in_place(int dir, const char *path, struct error *e);

/* Is log.NNNNNNNNNN there? */
bool kv_dir_has_log(int dir, unsigned number);

/* Makes all files in it durable, and their names. */
bool kv_dir_sync_all(const char *path, struct error *e);

#endif
