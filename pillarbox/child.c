#include "pillarbox/child.h"

#include "base/arena.h"
#include "base/buf.h"
#include "pillarbox/role_user.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define ARGUMENTS_MAX 160
#define EXIT_NO_EXEC  127

static bool
program_path(const char *program, char path[PATH_MAX], struct error *e)
{
    ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 64);
    char *slash;

    if (n == -1)
        return fail_sys(e, "where am I");
    path[n] = '\0';
    slash = strrchr(path, '/');
    snprintf(slash + 1, (size_t)(PATH_MAX - (slash + 1 - path)), "%s", program);
    if (access(path, X_OK) == -1)
        return fail_sys(e, "%s", path);
    return true;
}

/* A pipe that already holds the key: each child reads its own. */
static bool
key_pipe(const unsigned char *key, int *fd, struct error *e)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) == -1)
        return fail_sys(e, "pipe");
    if (write(ends[1], key, CHILD_KEY_SIZE) != CHILD_KEY_SIZE) {
        close(ends[0]);
        close(ends[1]);
        return fail_sys(e, "pipe");
    }
    close(ends[1]);
    *fd = ends[0];
    return true;
}

static void
keep_open(int fd)
{
    fcntl(fd, F_SETFD, 0);
}

static void
set_environment(const struct child_start *s, int key_fd, int ready_fd)
{
    struct buf list = { .max = 16384 };
    char number[16];

    for (size_t i = 0; i < s->socket_count; i++) {
        buf_printf(&list, "%s%s=%d", i > 0 ? " " : "", s->sockets[i].name,
                   s->sockets[i].fd);
        keep_open(s->sockets[i].fd);
    }
    setenv("PILLARBOX_FDS", buf_text(&list), 1);
    buf_free(&list);
    snprintf(number, sizeof number, "%d", ready_fd);
    setenv("PILLARBOX_READY_FD", number, 1);
    keep_open(ready_fd);
    unsetenv("PILLARBOX_KEY_FD");
    unsetenv("PILLARBOX_PEER_UID");
    if (key_fd == -1)
        return;
    if (role_user_front().is_own) {
        snprintf(number, sizeof number, "%u", (unsigned)role_user_front().uid);
        setenv("PILLARBOX_PEER_UID", number, 1);
    }
    snprintf(number, sizeof number, "%d", key_fd);
    setenv("PILLARBOX_KEY_FD", number, 1);
    keep_open(key_fd);
}

_Noreturn static void
become(const struct child_start *s, const char *path, int key_fd, int ready_fd)
{
    struct arena a = { 0 };
    char *argv[ARGUMENTS_MAX] = { arena_text(&a, span_of(s->program)),
                                  arena_text(&a, span_of("-c")),
                                  arena_text(&a, span_of(s->settings->file)) };
    size_t argc = 3;
    size_t at = 0;
    struct buf override = { .max = 4096 };
    sigset_t none;
    struct error e;

    while (argc + 3 < ARGUMENTS_MAX &&
           settings_next_override(s->settings, &at, &override)) {
        argv[argc++] = arena_text(&a, span_of("-o"));
        argv[argc++] = arena_text(&a, buf_span(&override));
        buf_clear(&override);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    set_environment(s, key_fd, ready_fd);
    if (!role_user_become(role_user_of(s->program), &e)) {
        fprintf(stderr, "pillarbox: %s: %s\n", s->program, e.text);
        _exit(EXIT_NO_EXEC);
    }
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* changing the user has cleared it */
    execv(path, argv);
    fprintf(stderr, "pillarbox: %s: %s\n", path, strerror(errno));
    _exit(EXIT_NO_EXEC);
}

bool
child_spawn(const struct child_start *s, int *pid, int *ready_fd,
            struct error *e)
{
    char path[PATH_MAX];
    int key_fd = -1;
    int ready[2];
    pid_t child;

    if (!program_path(s->program, path, e))
        return false;
    if (s->key != NULL && !key_pipe(s->key, &key_fd, e))
        return false;
    if (pipe2(ready, O_CLOEXEC) == -1) {
        fail_sys(e, "pipe");
        goto undo;
    }
    child = fork();
    if (child == 0)
        become(s, path, key_fd, ready[1]);
    close(ready[1]);
    if (child == -1) {
        fail_sys(e, "fork");
        close(ready[0]);
        goto undo;
    }
    if (key_fd != -1)
        close(key_fd);
    *pid = (int)child;
    *ready_fd = ready[0];
    return true;
undo:
    if (key_fd != -1)
        close(key_fd);
    return false;
}
