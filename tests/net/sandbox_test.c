#include "net/sandbox.h"

#include "tests/net/toy.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* Each probe runs in a child of its own, inside; its exit status counts. */
struct inside {
    int in_force;
    const char *dir;
};

typedef int probe_fn(const struct inside *in);

static int
open_errno(const char *path, int flags)
{
    int fd = open(path, flags, 0600);

    if (fd == -1)
        return errno;
    close(fd);
    return 0;
}

static int
forbidden_files(const struct inside *in)
{
    if (!(in->in_force & SANDBOX_LANDLOCK))
        return 0;
    return open_errno("/etc/passwd", O_RDONLY) == EACCES &&
                   open_errno("/tmp/pillarbox-no", O_CREAT | O_RDWR) == EACCES
               ? 0
               : 1;
}

static int
allowed_files(const struct inside *in)
{
    char path[512];

    snprintf(path, sizeof path, "%s/read/file", in->dir);
    if (open_errno(path, O_RDONLY) != 0)
        return 1;
    if (in->in_force & SANDBOX_LANDLOCK && open_errno(path, O_RDWR) != EACCES)
        return 2;
    snprintf(path, sizeof path, "%s/write/new", in->dir);
    if (open_errno(path, O_CREAT | O_RDWR | O_TRUNC) != 0)
        return 3;
    return unlink(path) == 0 || in->in_force & SANDBOX_SECCOMP ? 0 : 4;
}

static int
no_internet(const struct inside *in)
{
    if (!(in->in_force & SANDBOX_SECCOMP))
        return 0;
    return socket(AF_INET, SOCK_STREAM, 0) == -1 && errno == EPERM &&
                   socket(AF_INET6, SOCK_DGRAM, 0) == -1 && errno == EPERM
               ? 0
               : 1;
}

/* Whatever seccomp says, Landlock stops TCP where it knows how to (version 4).
 */
static int
no_connection(const struct inside *in)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(9) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    (void)in;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return fd == -1 || connect(fd, (struct sockaddr *)&a, sizeof a) == -1 ? 0
                                                                          : 1;
}

static int
no_code(const struct inside *in)
{
    if (!(in->in_force & SANDBOX_SECCOMP))
        return 0;
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                -1, 0) == MAP_FAILED
               ? 0
               : 1;
}

static int
no_other_process(const struct inside *in)
{
    if (!(in->in_force & SANDBOX_SECCOMP))
        return 0;
    return fork() == -1 && kill(getppid(), 0) == -1 ? 0 : 1;
}

static int
ordinary_work(const struct inside *in)
{
    struct rlimit r;
    char *memory = malloc((size_t)8 << 20);
    int fd = memfd_create("x", MFD_CLOEXEC);
    void *p;

    (void)in;
    if (memory == NULL || fd == -1 || ftruncate(fd, 4096) == -1)
        return 1;
    memset(memory, 1, (size_t)8 << 20);
    free(memory);
    p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED || munmap(p, 4096) == -1)
        return 2;
    if (getrlimit(RLIMIT_NOFILE, &r) == -1)
        return 3;
    return dprintf(fd, "%d", getpid()) > 0 ? 0 : 4;
}

struct echo {
    struct loop *loop;
    int fd;
    int result;
};

static void
on_echo(void *arg, int events)
{
    struct echo *e = arg;
    char ch;

    (void)events;
    if (read(e->fd, &ch, 1) == 1 && ch == 'x')
        e->result = 0;
    loop_stop(e->loop);
}

static int
loop_over_unix_socket(const struct inside *in)
{
    struct echo e = { .loop = loop_new(), .result = 1 };
    struct watch *w;
    int pair[2];

    (void)in;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == -1)
        return 2;
    e.fd = pair[0];
    w = watch_new(e.loop, e.fd, on_echo, &e);
    watch_set(w, LOOP_READ);
    if (send(pair[1], "x", 1, 0) != 1)
        return 3;
    loop_run(e.loop);
    watch_free(&w);
    loop_free(&e.loop);
    close(pair[0]);
    close(pair[1]);
    return e.result;
}

/* A descriptor of a file that we could not open is handed over, as mailstored
 * does. */
static int
descriptors_arrive(const struct inside *in)
{
    char control[CMSG_SPACE(sizeof(int))] = { 0 };
    char ch = 'f';
    struct iovec io = { &ch, 1 };
    struct msghdr m = { .msg_iov = &io,
                        .msg_iovlen = 1,
                        .msg_control = control,
                        .msg_controllen = sizeof control };
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    int pair[2];
    int memory = memfd_create("m", 0);

    (void)in;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == -1)
        return 1;
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &memory, sizeof memory);
    if (sendmsg(pair[0], &m, 0) != 1 || recvmsg(pair[1], &m, 0) != 1)
        return 2;
    return pread(memory, &ch, 1, 0) == 0 ? 0 : 3;
}

static int
run_program(const struct inside *in)
{
    (void)in;
    execl("/bin/true", "true", (char *)NULL);
    return 1; /* alive: seccomp is not in force */
}

/* --- the parent ----------------------------------------------------------- */

static void
enter_and_probe(const char *dir, probe_fn *probe)
{
    char readable[512];
    char writable[512];
    const struct sandbox_path paths[] = { { readable, false },
                                          { writable, true },
                                          { NULL } };
    struct inside in = { .dir = dir };
    struct error e;

    snprintf(readable, sizeof readable, "%s/read", dir);
    snprintf(writable, sizeof writable, "%s/write", dir);
    if (!sandbox_enter(paths, &in.in_force, &e)) {
        fprintf(stderr, "%s\n", e.text);
        _exit(100);
    }
    _exit(probe(&in));
}

static int
probe_status(const char *dir, probe_fn *probe)
{
    int status = -1;
    int pid = fork();

    if (pid == 0)
        enter_and_probe(dir, probe);
    waitpid(pid, &status, 0);
    return status;
}

static int
tell_parts(const struct inside *in)
{
    return in->in_force;
}

/* clang-format off */
static const struct {
    const char *why;
    probe_fn *probe;
} probes[] = {
    { "no file outside", forbidden_files },
    { "files inside", allowed_files },
    { "no internet socket", no_internet },
    { "no connection", no_connection },
    { "no new code", no_code },
    { "no other process", no_other_process },
    { "memory, descriptors, limits", ordinary_work },
    { "a loop over a Unix socket", loop_over_unix_socket },
    { "descriptors arrive", descriptors_arrive },
};
/* clang-format on */

static const char *
make_dirs(void)
{
    const char *dir = check_dir();
    char path[512];
    int fd;

    snprintf(path, sizeof path, "%s/write", dir);
    CHECK(mkdir(path, 0700) == 0, "a directory");
    snprintf(path, sizeof path, "%s/read", dir);
    CHECK(mkdir(path, 0700) == 0, "a directory");
    snprintf(path, sizeof path, "%s/read/file", dir);
    fd = open(path, O_CREAT | O_RDWR, 0600);
    CHECK(fd != -1, "a file");
    close(fd);
    return dir;
}

static void
check_program(const char *dir, int parts)
{
    int status = probe_status(dir, run_program);

    if (parts & SANDBOX_SECCOMP)
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS,
              "a new program is death: %x", (unsigned)status);
    else
        CHECK(status != 0, "the program is out of reach");
}

static void
check_missing_path(void)
{
    const struct sandbox_path paths[] = { { "/nowhere/at/all", false },
                                          { NULL } };
    struct error e = { 0 };
    int in_force = 77;

    CHECK(!sandbox_enter(paths, &in_force, &e) || in_force == 0,
          "a path that is not there");
    CHECK(e.kind == FAIL_NOT_FOUND || in_force == 0, "%s", e.text);
}

/* A front end under load inside: clear text, TLS, files, timers, reload. */
static void
serve(const struct server *s, bool tls)
{
    struct client c = client_connect(tls ? s->tls_port : s->port);
    char *got = mem_take(TOY_FILE);

    if (tls)
        CHECK(client_shake_hands(&c, NULL, TLS1_3_VERSION), "handshake");
    CHECK(client_hears(&c, tls ? "hello toys\r\n" : "hello toy\r\n"),
          "greeting");
    client_send(&c, "echo a\r\nwait 5\r\nfile 300000\r\nlater 5\r\n");
    CHECK(client_hears(&c, "a\r\nwaited\r\n"), "answers");
    CHECK(client_read_all(&c, got, TOY_FILE) == TOY_FILE, "a file");
    CHECK(client_hears(&c, "later\r\n"), "a timer");
    client_send(&c, "stream 20\r\nquit\r\n");
    for (int i = 0; i < 20; i++)
        CHECK(client_read_all(&c, got, TOY_STREAM) == TOY_STREAM, "stream");
    CHECK(client_hears(&c, "bye\r\n"), "the end");
    free(got);
    client_close(&c);
}

static void
check_front_inside(void)
{
    struct server s = server_start(server_options(), true);

    for (int i = 0; i < 40; i++) {
        serve(&s, i % 2 == 1 && s.tls_port != 0);
        if (i == 20)
            kill(s.pid, SIGHUP);
    }
    CHECK(server_stop(&s) == 0, "the server ends well inside");
}

int
main(void)
{
    const char *dir = make_dirs();
    int status = probe_status(dir, tell_parts);
    int parts;

    CHECK(WIFEXITED(status) && WEXITSTATUS(status) < 4, "entered: %x",
          (unsigned)status);
    parts = WEXITSTATUS(status);
    printf("in force:%s%s\n", parts & SANDBOX_LANDLOCK ? " Landlock" : "",
           parts & SANDBOX_SECCOMP ? " seccomp" : "");
    for (size_t i = 0; i < sizeof probes / sizeof *probes; i++) {
        status = probe_status(dir, probes[i].probe);
        CHECK(status == 0, "%s: %x", probes[i].why, (unsigned)status);
    }
    check_program(dir, parts);
    check_front_inside();
    check_missing_path();
    return check_report();
}
