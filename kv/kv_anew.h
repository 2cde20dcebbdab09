/* Files that are not believed any more. See kv_anew.c. */
#ifndef KV_KV_ANEW_H
#define KV_KV_ANEW_H

#include "base/error.h"

/* A write or an fsync below this directory has failed. Any thread. */
void kv_anew_ask(int dir);
bool kv_anew_wanted(int dir);

/* Writes all files of the environment in dir to new ones. Before it is opened;
 * an alarm(2) under way stands still meanwhile. */
bool kv_anew_write(int dir, struct error *e);

#endif
