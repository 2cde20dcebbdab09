/*
 * A file system whose power can be cut, for tests: everything goes through to
 * STATE/live, and a model keeps what is durable (powercut_model.c). After the
 * cut every call fails with EIO, and STATE/live is what a disk would show that
 * keeps nothing but what was fsynced (powercut_cut.c).
 *
 *   powercut_fs STATE MOUNTPOINT [MICROSECONDS]
 *
 * MICROSECONDS is what every fsync takes. Prints "ready" when it is mounted,
 * then takes commands on its standard input:
 *
 *   cut drop          all that is not durable is lost
 *   cut mix SEED      some of it is lost
 *
 * and answers "cut: N names, N files, N kept"; those of powercut_fault.c make
 * single calls fail. At the end of its input it unmounts and ends. Needs root. There is no O_TMPFILE here.
 */
#include "powercut_fault.h"
#include "powercut_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#define NODES_MAX 1000000

unsigned ops_sync_microseconds;
static const char *mount_point;

struct node *
ops_node(fuse_ino_t ino)
{
    return ino == FUSE_ROOT_ID ? model_root() : (struct node *)(uintptr_t)ino;
}

fuse_ino_t
ops_ino(struct node *n)
{
    return n == model_root() ? FUSE_ROOT_ID : (fuse_ino_t)(uintptr_t)n;
}

bool
ops_enter(fuse_req_t req)
{
    if (model_enter())
        return true;
    fuse_reply_err(req, EIO);
    return false;
}

bool
ops_enter_for(fuse_req_t req, const char *operation, const struct node *n,
              const char *name)
{
    int wrong;

    if (!ops_enter(req))
        return false;
    wrong = fault_of(operation, n, name);
    if (wrong == 0)
        return true;
    ops_leave(req, wrong);
    return false;
}

void
ops_leave(fuse_req_t req, int wrong)
{
    model_leave();
    fuse_reply_err(req, wrong);
}

bool
ops_entry(struct node *dir, const char *name, struct fuse_entry_param *to)
{
    struct node *n = model_at(dir, name);

    memset(to, 0, sizeof *to);
    if (n == NULL || fstat(n->fd, &to->attr) != 0)
        return false;
    to->ino = ops_ino(n);
    to->entry_timeout = 1.0;
    return true;
}

/* The answer to a call that made, linked or looked for a name. */
static void
leave_with_entry(fuse_req_t req, bool done, struct node *dir, const char *name)
{
    struct fuse_entry_param entry;
    int wrong = done && ops_entry(dir, name, &entry) ? 0 : errno;

    model_leave();
    if (wrong != 0)
        fuse_reply_err(req, wrong);
    else
        fuse_reply_entry(req, &entry);
}

void
ops_own(fuse_req_t req, struct node *dir, const char *name)
{
    const struct fuse_ctx *who = fuse_req_ctx(req);

    (void)fchownat(dir->fd, name, who->uid, who->gid, AT_SYMLINK_NOFOLLOW);
}

/* --- names ------------------------------------------------------------------------ */

static void
do_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
    struct node *dir = ops_node(parent);

    if (ops_enter_for(req, "lookup", dir, name))
        leave_with_entry(req, true, dir, name);
}

static void
do_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
         dev_t device)
{
    struct node *dir = ops_node(parent);
    bool done;

    if (!ops_enter_for(req, "create", dir, name))
        return;
    done = mknodat(dir->fd, name, mode, device) == 0;
    if (done) {
        model_name_changes(dir, name, NULL, false);
        ops_own(req, dir, name);
    }
    leave_with_entry(req, done, dir, name);
}

static void
do_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
    struct node *dir = ops_node(parent);
    bool done;

    if (!ops_enter_for(req, "mkdir", dir, name))
        return;
    done = mkdirat(dir->fd, name, mode) == 0;
    if (done) {
        model_name_changes(dir, name, NULL, false);
        ops_own(req, dir, name);
    }
    leave_with_entry(req, done, dir, name);
}

static void
do_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent, const char *name)
{
    struct node *dir = ops_node(parent);
    char path[40];
    bool done;

    if (!ops_enter_for(req, "link", dir, name))
        return;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", ops_node(ino)->fd);
    done = linkat(AT_FDCWD, path, dir->fd, name, AT_SYMLINK_FOLLOW) == 0;
    if (done)
        model_name_changes(dir, name, NULL, false);
    leave_with_entry(req, done, dir, name);
}

static void
take_away(fuse_req_t req, fuse_ino_t parent, const char *name, int flags)
{
    struct node *dir = ops_node(parent), *was;
    int wrong = 0;

    if (!ops_enter_for(req, flags == 0 ? "unlink" : "rmdir", dir, name))
        return;
    was = model_at(dir, name);
    if (was == NULL || unlinkat(dir->fd, name, flags) != 0)
        wrong = errno;
    else
        model_name_changes(dir, name, was, false);
    ops_leave(req, wrong);
}

static void
do_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
    take_away(req, parent, name, 0);
}

static void
do_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
    take_away(req, parent, name, AT_REMOVEDIR);
}

static void
do_rename(fuse_req_t req, fuse_ino_t parent, const char *name,
          fuse_ino_t to_parent, const char *to_name, unsigned flags)
{
    struct node *from = ops_node(parent), *to = ops_node(to_parent);
    struct node *was, *replaced;
    int wrong = 0;

    if (!ops_enter_for(req, "rename", to, to_name))
        return;
    was = model_at(from, name);
    replaced = model_at(to, to_name);
    if ((flags & ~(unsigned)RENAME_NOREPLACE) != 0) {
        wrong = EINVAL;
    } else if (was == NULL) {
        wrong = ENOENT;
    } else if (renameat2(from->fd, name, to->fd, to_name, flags) != 0) {
        wrong = errno;
    } else if (was != replaced) {
        model_name_changes(from, name, was, true);
        model_name_changes(to, to_name, replaced, false);
    }
    ops_leave(req, wrong);
}

/* A truncating open is a setattr() before the open. */
static void
do_init(void *arg, struct fuse_conn_info *c)
{
    (void)arg;
    c->want &= ~(unsigned)(FUSE_CAP_ATOMIC_O_TRUNC | FUSE_CAP_WRITEBACK_CACHE);
}

static const struct fuse_lowlevel_ops operations = {
    .init = do_init,
    .lookup = do_lookup,
    .getattr = ops_getattr,
    .setattr = ops_setattr,
    .mknod = do_mknod,
    .mkdir = do_mkdir,
    .unlink = do_unlink,
    .rmdir = do_rmdir,
    .rename = do_rename,
    .link = do_link,
    .open = ops_open,
    .create = ops_create,
    .read = ops_read,
    .write = ops_write,
    .release = ops_release,
    .fsync = ops_fsync,
    .opendir = ops_opendir,
    .readdir = ops_readdir,
    .releasedir = ops_releasedir,
    .fsyncdir = ops_fsyncdir,
    .statfs = ops_statfs,
};

/* --- commands ----------------------------------------------------------------------- */

static void *
obey(void *arg)
{
    char line[160];

    (void)arg;
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        unsigned long long seed = 0;
        bool mix = sscanf(line, "cut mix %llu", &seed) == 1;
        struct cut cut;

        if (fault_command(line))
            continue;
        if (!mix && strcmp(line, "cut drop\n") != 0)
            continue;
        cut = model_cut(mix, seed);
        printf("cut: %u names, %u files, %u kept\n", cut.names, cut.files,
               cut.kept);
        fflush(stdout);
    }
    (void)umount2(mount_point, MNT_DETACH);
    _exit(0);
}

int
main(int argc, char **argv)
{
    const struct rlimit files = { NODES_MAX, NODES_MAX };
    struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
    struct fuse_session *session;
    pthread_t commands;

    if (argc < 3 || !model_open(argv[1])) {
        fprintf(stderr, "powercut_fs STATE MOUNTPOINT [MICROSECONDS]\n");
        return 2;
    }
    umask(0);
    mount_point = argv[2];
    if (argc > 3)
        ops_sync_microseconds = (unsigned)strtoul(argv[3], NULL, 10);
    (void)setrlimit(RLIMIT_NOFILE, &files);
    fuse_opt_add_arg(&args, "powercut_fs");
    fuse_opt_add_arg(&args, "-oallow_other,default_permissions");
    fuse_opt_add_arg(&args, "-ofsname=powercut");
    session = fuse_session_new(&args, &operations, sizeof operations, NULL);
    if (session == NULL || fuse_session_mount(session, mount_point) != 0 ||
        pthread_create(&commands, NULL, obey, NULL) != 0)
        return 1;
    return fuse_session_loop_mt(session, NULL) == 0 ? 0 : 1;
}
