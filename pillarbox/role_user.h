/*
 * Who runs what. Started by root, the programs run as users of their own, where
 * the package has made them: `pillarbox` the front ends, `_pbauth` authd,
 * `_pbstore` mailstored. Otherwise everything runs as the caller.
 */
#ifndef PILLARBOX_ROLE_USER_H
#define PILLARBOX_ROLE_USER_H

#include "base/error.h"

#include <sys/types.h>

struct role_user {
    bool is_own; /* false: stay who we are */
    uid_t uid;
    gid_t gid;
};

struct role_user role_user_of(const char *program);
struct role_user role_user_front(void);
struct role_user role_user_auth(void);
struct role_user role_user_store(void);

/* In a child: become that user for good, with no other groups. */
bool role_user_become(struct role_user u, struct error *e);

/* Hand a file over, group and mode as given; nothing for is_own == false. */
bool role_user_own(const char *path, struct role_user owner,
                   struct role_user group, mode_t mode, struct error *e);

#endif
