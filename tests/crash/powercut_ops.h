/* The calls of powercut_fs.c that stand in powercut_file.c, and what they share. */
#ifndef TESTS_CRASH_POWERCUT_OPS_H
#define TESTS_CRASH_POWERCUT_OPS_H

#define FUSE_USE_VERSION 314
#include "powercut_model.h"

#include <fuse3/fuse_lowlevel.h>

extern unsigned ops_sync_microseconds;

struct node *ops_node(fuse_ino_t ino);
fuse_ino_t ops_ino(struct node *n);

/* False when the power is off: it is answered. */
bool ops_enter(fuse_req_t req);

/* ... or when this call shall fail (powercut_fault.c). */
bool ops_enter_for(fuse_req_t req, const char *operation, const struct node *n,
                   const char *name);
void ops_leave(fuse_req_t req, int wrong);

/* False with errno. */
bool ops_entry(struct node *dir, const char *name, struct fuse_entry_param *to);

/* Gives what was just made to who asked for it. */
void ops_own(fuse_req_t req, struct node *dir, const char *name);

void ops_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *file);
void ops_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *to, int what,
                 struct fuse_file_info *file);
void ops_statfs(fuse_req_t req, fuse_ino_t ino);
void ops_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *file);
void ops_create(fuse_req_t req, fuse_ino_t parent, const char *name,
                mode_t mode, struct fuse_file_info *file);
void ops_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *file);
void ops_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t at,
              struct fuse_file_info *file);
void ops_write(fuse_req_t req, fuse_ino_t ino, const char *bytes, size_t size,
               off_t at, struct fuse_file_info *file);
void ops_fsync(fuse_req_t req, fuse_ino_t ino, int only_data,
               struct fuse_file_info *file);
void ops_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *file);
void ops_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t at,
                 struct fuse_file_info *file);
void ops_releasedir(fuse_req_t req, fuse_ino_t ino,
                    struct fuse_file_info *file);
void ops_fsyncdir(fuse_req_t req, fuse_ino_t ino, int only_data,
                  struct fuse_file_info *file);

#endif
