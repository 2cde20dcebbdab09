#include "pillarbox/role_user.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct role_user
find(const char *name)
{
    const struct passwd *p = geteuid() == 0 ? getpwnam(name) : NULL;

    if (p == NULL)
        return (struct role_user){ .is_own = false };
    return (struct role_user){ true, p->pw_uid, p->pw_gid };
}

struct role_user
role_user_front(void)
{
    return find("pillarbox");
}

struct role_user
role_user_auth(void)
{
    return find("_pbauth");
}

struct role_user
role_user_store(void)
{
    return find("_pbstore");
}

struct role_user
role_user_of(const char *program)
{
    if (strcmp(program, "authd") == 0)
        return role_user_auth();
    if (strcmp(program, "mailstored") == 0)
        return role_user_store();
    return role_user_front();
}

bool
role_user_become(struct role_user u, struct error *e)
{
    if (!u.is_own)
        return true;
    if (setgroups(0, NULL) == -1 || setresgid(u.gid, u.gid, u.gid) == -1 ||
        setresuid(u.uid, u.uid, u.uid) == -1)
        return fail_sys(e, "become user %u", (unsigned)u.uid);
    if (setuid(0) == 0)
        return fail(e, FAIL_DENIED, "could become root again");
    return true;
}

bool
role_user_own(const char *path, struct role_user owner, struct role_user group,
              mode_t mode, struct error *e)
{
    if (!owner.is_own && !group.is_own)
        return true;
    if (chown(path, owner.is_own ? owner.uid : (uid_t)-1,
              group.is_own ? group.gid : (gid_t)-1) == -1 ||
        chmod(path, mode) == -1)
        return fail_sys(e, "%s", path);
    return true;
}
