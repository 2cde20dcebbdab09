#include "net/daemon.h"

#include "base/cursor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define FDS_VARIABLE   "PILLARBOX_FDS"
#define KEY_VARIABLE   "PILLARBOX_KEY_FD"
#define READY_VARIABLE "PILLARBOX_READY_FD"
#define PEER_VARIABLE  "PILLARBOX_PEER_UID"
#define NAME_VARIABLE  "PILLARBOX_FD_%d"
#define NAME_ROOM      64

static void
close_on_exec(int fd, const char *what)
{
    int flags = fcntl(fd, F_GETFD);

    if (flags == -1 || fcntl(fd, F_SETFD, flags | FD_CLOEXEC) == -1)
        die("%s names descriptor %d, which is not open", what, fd);
}

/* descriptor = 1*DIGIT */
static bool
parse_fd(struct span text, int *fd)
{
    struct cursor c = cursor_on(text);
    uint32_t n;

    if (!take_number(&c, &n) || !take_end(&c) || n > INT16_MAX)
        return false;
    *fd = (int)n;
    return true;
}

/* The environment keeps a copy of the name for the life of the process, so
 * that it needs no other owner. */
static const char *
keep_name(struct span name, int fd)
{
    char variable[NAME_ROOM];
    char text[NAME_ROOM];

    snprintf(variable, sizeof variable, NAME_VARIABLE, fd);
    snprintf(text, sizeof text, "%.*s", SPAN(name));
    if (setenv(variable, text, 0) == -1)
        die("no room in the environment");
    return getenv(variable);
}

/* fds = [name "=" descriptor *(" " name "=" descriptor)] */
bool
daemon_next_inherited(size_t *at, const char **name, int *fd)
{
    const char *all = getenv(FDS_VARIABLE);
    struct span rest = span_after(span_of(all == NULL ? "" : all), *at);
    struct span word;
    struct span label;

    while (rest.n > 0 && *rest.p == ' ') {
        rest = span_after(rest, 1);
        ++*at;
    }
    if (rest.n == 0)
        return false;
    word = span_sub(rest, 0, span_find(rest, ' '));
    *at += word.n;
    label = span_sub(word, 0, span_find(word, '='));
    if (!parse_fd(span_after(word, label.n + 1), fd))
        die("%s: \"%.*s\" is no name=descriptor", FDS_VARIABLE, SPAN(word));
    close_on_exec(*fd, FDS_VARIABLE);
    *name = keep_name(label, *fd);
    return true;
}

int
daemon_inherited(const char *name)
{
    const char *found;
    size_t at = 0;
    int fd;

    while (daemon_next_inherited(&at, &found, &fd)) {
        if (strcmp(found, name) == 0)
            return fd;
    }
    return -1;
}

static int
fd_from(const char *variable)
{
    const char *text = getenv(variable);
    int fd;

    if (text == NULL || *text == '\0')
        return -1;
    if (!parse_fd(span_of(text), &fd))
        die("%s: \"%s\" is no descriptor", variable, text);
    close_on_exec(fd, variable);
    return fd;
}

/* A pipe gives its bytes once: put them into memory under the same number. */
static void
pipe_to_memory(int fd)
{
    unsigned char key[DAEMON_KEY_SIZE];
    size_t got = 0;
    int memory = memfd_create("pillarbox-key", MFD_CLOEXEC);

    while (got < sizeof key) {
        ssize_t n = read(fd, key + got, sizeof key - got);

        if (n == 0 || (n == -1 && errno != EINTR))
            die("%s: %zu of %zu bytes", KEY_VARIABLE, got, sizeof key);
        if (n > 0)
            got += (size_t)n;
    }
    if (memory == -1 || write(memory, key, sizeof key) != (ssize_t)sizeof key ||
        dup3(memory, fd, O_CLOEXEC) == -1)
        die("no memory for the key");
    close(memory);
    explicit_bzero(key, sizeof key);
}

const unsigned char *
daemon_key(void)
{
    int fd = fd_from(KEY_VARIABLE);
    struct stat st;
    void *p;

    if (fd == -1)
        die("%s is not set: the supervisor gives the key", KEY_VARIABLE);
    if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
        pipe_to_memory(fd);
    if (fstat(fd, &st) == -1 || st.st_size < DAEMON_KEY_SIZE)
        die("%s: fewer than %d bytes", KEY_VARIABLE, DAEMON_KEY_SIZE);
    p = mmap(NULL, DAEMON_KEY_SIZE, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED)
        die("%s cannot be read", KEY_VARIABLE);
    return p;
}

bool
daemon_admits(unsigned uid)
{
    const char *peer = getenv(PEER_VARIABLE);
    struct cursor c = cursor_on(span_of(peer == NULL ? "" : peer));
    uint32_t named;

    if (uid == geteuid() || uid == 0)
        return true;
    return take_number(&c, &named) && take_end(&c) && uid == named;
}

void
daemon_ready(void)
{
    static const char line[] = "ready\n";
    int fd = fd_from(READY_VARIABLE);

    if (fd == -1)
        return;
    (void)!write(fd, line, sizeof line - 1);
    close(fd);
    unsetenv(READY_VARIABLE);
}

/* A descriptor below 3 that is closed would be given to a socket, and printf
 * would write into a client's connection. */
static void
open_standard(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR);
        if (fd == -1)
            die("/dev/null cannot be opened");
    } while (fd <= STDERR_FILENO);
    close(fd);
}

void
daemon_prepare(void)
{
    const struct rlimit none = { 0, 0 };

    open_standard();
    signal(SIGPIPE, SIG_IGN);
    umask(077);
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
}
