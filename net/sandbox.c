#include "net/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What a front end does once it serves: read and write descriptors that it has
 * or is handed, wait for them, ask authd and mailstored over Unix sockets,
 * manage its memory, tell the time. Everything else fails with EPERM, and what
 * only an intruder would try ends the process. */
/* clang-format off */
static const char *const allowed[] = {
    /* bytes */
    "read", "readv", "pread64", "preadv", "write", "writev", "pwrite64",
    "pwritev", "sendfile", "lseek", "ftruncate", "fallocate", "fadvise64",
    "fstat", "newfstatat", "close", "dup", "dup2", "dup3", "fcntl", "fsync",
    "fdatasync", "pipe2", "memfd_create",
    /* files, where Landlock lets them: the certificates again */
    "open", "openat", "access", "faccessat", "faccessat2", "stat", "lstat",
    "readlink", "readlinkat", "statx",
    /* sockets */
    "accept", "accept4", "connect", "listen", "shutdown", "getsockname",
    "getpeername", "setsockopt", "getsockopt", "sendto", "sendmsg",
    "recvfrom", "recvmsg", "sendmmsg", "recvmmsg",
    /* waiting */
    "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait",
    "epoll_pwait2", "poll", "ppoll", "select", "pselect6", "eventfd",
    "eventfd2", "timerfd_create", "timerfd_settime", "timerfd_gettime",
    "signalfd4", "nanosleep", "clock_nanosleep", "futex", "sched_yield",
    /* memory */
    "munmap", "mremap", "madvise", "brk",
    /* time, chance, self */
    "clock_gettime", "clock_getres", "gettimeofday", "time", "getrandom",
    "getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid",
    "getrlimit", "getrusage", "sysinfo", "uname", "times",
    "sched_getaffinity", "getcpu", "rseq", "membarrier", "set_robust_list",
    "umask",
    /* signals and the end */
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending",
    "rt_sigtimedwait", "sigaltstack", "restart_syscall", "exit", "exit_group",
};

static const char *const deadly[] = {
    "execve",        "execveat",    "ptrace",         "process_vm_readv",
    "mount",         "umount2",     "pivot_root",     "chroot",
    "bpf",           "keyctl",      "add_key",        "request_key",
    "unshare",       "setns",       "io_uring_setup", "userfaultfd",
    "init_module",   "kexec_load",  "perf_event_open", "finit_module",
    "process_vm_writev",
};
/* clang-format on */

/* Debian 12's headers know Landlock's second version; kernels know more. The
 * numbers are the kernel's interface and never change. */
#define FS_TRUNCATE     (UINT64_C(1) << 14) /* version 3 */
#define FS_IOCTL_DEV    (UINT64_C(1) << 15) /* version 5 */
#define NET_BIND_TCP    (UINT64_C(1) << 0)  /* version 4 */
#define NET_CONNECT_TCP (UINT64_C(1) << 1)
#define SCOPE_ABSTRACT  (UINT64_C(1) << 0) /* version 6 */
#define SCOPE_SIGNAL    (UINT64_C(1) << 1)

struct ruleset {
    uint64_t files;
    uint64_t net;    /* version 4 */
    uint64_t scoped; /* version 6 */
};

#define MAY_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define MAY_WRITE                                                              \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |          \
     LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |             \
     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REFER | FS_TRUNCATE)
#define OF_A_FILE                                                              \
    (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE)

/* Sanitizers read /proc/self at exit, and need calls that are not above. */
#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) ||     \
    __has_feature(thread_sanitizer)
#define IS_SANITIZED true
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED false
#endif

/* --- Landlock ------------------------------------------------------------- */

/* Below 1: the kernel has none. */
static int
landlock_version(void)
{
    return (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
                        LANDLOCK_CREATE_RULESET_VERSION);
}

static struct ruleset
rules_for(int version, size_t *size)
{
    struct ruleset r = { .files = LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1 };

    *size = sizeof r.files;
    if (version >= 2)
        r.files |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3)
        r.files |= FS_TRUNCATE;
    if (version >= 4) {
        r.net = NET_BIND_TCP | NET_CONNECT_TCP;
        *size = offsetof(struct ruleset, scoped);
    }
    if (version >= 5)
        r.files |= FS_IOCTL_DEV;
    if (version >= 6) {
        r.scoped = SCOPE_ABSTRACT | SCOPE_SIGNAL;
        *size = sizeof r;
    }
    return r;
}

static bool
add_path(int rules, const struct sandbox_path *p, uint64_t handled,
         struct error *e)
{
    struct landlock_path_beneath_attr below = {
        .allowed_access = MAY_READ | (p->may_write ? MAY_WRITE : 0),
        .parent_fd = open(p->path, O_PATH | O_CLOEXEC),
    };
    struct stat st;
    bool ok;

    if (below.parent_fd == -1)
        return fail_sys(e, "sandbox: open %s", p->path);
    if (fstat(below.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
        below.allowed_access &= OF_A_FILE;
    below.allowed_access &= handled;
    ok = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
                 &below, 0) == 0 ||
         fail_sys(e, "sandbox: allow %s", p->path);
    close(below.parent_fd);
    return ok;
}

static bool
add_paths(int rules, const struct sandbox_path *paths, uint64_t handled,
          struct error *e)
{
    static const struct sandbox_path proc = { "/proc", false };

    if (IS_SANITIZED && !add_path(rules, &proc, handled, e))
        return false;
    for (; paths->path != NULL; paths++) {
        if (!add_path(rules, paths, handled, e))
            return false;
    }
    return true;
}

static bool
enter_landlock(const struct sandbox_path *paths, int *in_force, struct error *e)
{
    int version = landlock_version();
    size_t size;
    struct ruleset r = rules_for(version, &size);
    int rules;

    if (version < 1)
        return true;
    rules = (int)syscall(SYS_landlock_create_ruleset, &r, size, 0);
    if (rules == -1)
        return fail_sys(e, "sandbox: Landlock version %d", version);
    if (!add_paths(rules, paths, r.files, e)) {
        close(rules);
        return false;
    }
    if (syscall(SYS_landlock_restrict_self, rules, 0) == -1) {
        fail_sys(e, "sandbox: Landlock");
        close(rules);
        return false;
    }
    close(rules);
    *in_force |= SANDBOX_LANDLOCK;
    return true;
}

/* --- seccomp -------------------------------------------------------------- */

/* A call that this architecture or this libseccomp has not is no loss. */
static int
add_calls(scmp_filter_ctx f, uint32_t action, const char *const *names,
          size_t n)
{
    int rc = 0;

    for (size_t i = 0; i < n && rc == 0; i++) {
        int call = seccomp_syscall_resolve_name(names[i]);

        if (call != __NR_SCMP_ERROR)
            rc = seccomp_rule_add(f, action, call, 0);
    }
    return rc;
}

/* Unix sockets only; no memory that can be run; signals to ourselves only
 * (abort() needs one); limits may be asked for. */
static int
add_checked(scmp_filter_ctx f)
{
    const struct {
        int call;
        struct scmp_arg_cmp only;
    } rows[] = {
        { SCMP_SYS(socket), SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0) },
        { SCMP_SYS(socketpair), SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0) },
        { SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0) },
        { SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0) },
        { SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0) },
        { SCMP_SYS(prlimit64), SCMP_A2(SCMP_CMP_EQ, 0, 0) },
    };
    int rc = 0;

    for (size_t i = 0; i < sizeof rows / sizeof *rows && rc == 0; i++)
        rc = seccomp_rule_add_array(f, SCMP_ACT_ALLOW, rows[i].call, 1,
                                    &rows[i].only);
    return rc;
}

static int
fill_filter(scmp_filter_ctx f)
{
    int rc =
        add_calls(f, SCMP_ACT_ALLOW, allowed, sizeof allowed / sizeof *allowed);

    if (rc == 0)
        rc = add_calls(f, SCMP_ACT_KILL_PROCESS, deadly,
                       sizeof deadly / sizeof *deadly);
    if (rc == 0)
        rc = add_checked(f);
    return rc;
}

static bool
enter_seccomp(int *in_force, struct error *e)
{
    scmp_filter_ctx f;
    int rc;

    if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == -1 && errno == EINVAL)
        return true; /* a kernel without it */
    f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (f == NULL)
        return fail(e, FAIL_IO, "sandbox: seccomp gives no filter");
    rc = fill_filter(f);
    if (rc == 0)
        rc = seccomp_load(f);
    seccomp_release(f);
    if (rc != 0) {
        errno = -rc;
        return fail_sys(e, "sandbox: seccomp");
    }
    *in_force |= SANDBOX_SECCOMP;
    return true;
}

bool
sandbox_enter(const struct sandbox_path *paths, int *in_force, struct error *e)
{
    int parts = 0;

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
        return fail_sys(e, "sandbox: no_new_privs");
    if (!enter_landlock(paths, &parts, e))
        return false;
    if (!IS_SANITIZED && !enter_seccomp(&parts, e))
        return false;
    *in_force = parts;
    return true;
}
