#include "pillarbox/bind.h"

#include "base/fs.h"
#include "base/span.h"
#include "pillarbox/role_user.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 512

static bool
add(struct sockets *s, const char *name, int fd, struct error *e)
{
    struct named_socket *slot = &s->all[s->count];

    if (s->count == CHILD_SOCKETS_MAX) {
        close(fd);
        return fail(e, FAIL_LIMIT, "more than %d addresses to listen on",
                    CHILD_SOCKETS_MAX);
    }
    snprintf(slot->name, sizeof slot->name, "%s", name);
    slot->fd = fd;
    s->count++;
    return true;
}

static bool
listen_on(struct sockets *s, const char *name, const struct addrinfo *a,
          struct error *e)
{
    int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    a->ai_protocol);
    const int on = 1;

    if (fd == -1)
        return fail_sys(e, "socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (a->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(fd, a->ai_addr, a->ai_addrlen) == -1 ||
        listen(fd, BACKLOG) == -1) {
        fail_sys(e, "cannot listen");
        close(fd);
        return false;
    }
    return add(s, name, fd, e);
}

/* "host:port" taken apart: host "" for "*", without "[]". */
static void
cut_address(const char *text, char *host, size_t size, const char **port)
{
    const char *colon = strrchr(text, ':');
    struct span h = span_from(text, (size_t)(colon - text));

    if (span_is(h, "*"))
        h.n = 0;
    if (span_starts(h, "[") && span_ends(h, "]"))
        h = span_sub(h, 1, h.n - 2);
    snprintf(host, size, "%.*s", SPAN(h));
    *port = colon + 1;
}

static bool
bind_one(struct sockets *s, const char *key, const char *text, struct error *e)
{
    const struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICHOST |
                                                AI_NUMERICSERV,
                                    .ai_socktype = SOCK_STREAM };
    struct addrinfo *found;
    char host[128];
    const char *port;
    size_t before = s->count;

    cut_address(text, host, sizeof host, &port);
    if (getaddrinfo(host[0] == '\0' ? NULL : host, port, &hints, &found) != 0)
        return fail(e, FAIL_INVALID,
                    "listen.%s: \"%s\" is not a numeric address and port", key,
                    text);
    for (struct addrinfo *a = found; a != NULL; a = a->ai_next) {
        struct error why;

        if (listen_on(s, key, a, &why))
            continue;
        if (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL) {
            *e = why; /* no IPv6 here, say; matters if nothing else works */
            continue;
        }
        freeaddrinfo(found);
        return fail(e, why.kind, "listen.%s: %s: %s", key, text, why.text);
    }
    freeaddrinfo(found);
    return s->count > before ||
           fail(e, FAIL_IO, "listen.%s: %s: no such address here", key, text);
}

static bool
bind_list(struct sockets *s, const char *key, const struct text_list *list,
          struct error *e)
{
    for (size_t i = 0; i < list->count; i++)
        if (!bind_one(s, key, list->items[i], e))
            return false;
    return true;
}

bool
bind_ports(struct sockets *s, const struct settings *settings, struct error *e)
{
    return bind_list(s, "smtp", &settings->listen.smtp, e) &&
           bind_list(s, "submission", &settings->listen.submission, e) &&
           bind_list(s, "submissions", &settings->listen.submissions, e) &&
           bind_list(s, "imap", &settings->listen.imap, e) &&
           bind_list(s, "imaps", &settings->listen.imaps, e) &&
           bind_list(s, "pop3", &settings->listen.pop3, e) &&
           bind_list(s, "pop3s", &settings->listen.pop3s, e);
}

static bool
unix_address(const char *path, struct sockaddr_un *out)
{
    *out = (struct sockaddr_un){ .sun_family = AF_UNIX };
    return snprintf(out->sun_path, sizeof out->sun_path, "%s", path) <
           (int)sizeof out->sun_path;
}

bool
bind_is_served(const char *path)
{
    struct sockaddr_un to;
    int fd;
    bool served;

    if (!unix_address(path, &to))
        return false;
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd == -1)
        return false;
    served =
        connect(fd, (struct sockaddr *)&to, sizeof to) == 0 || errno == EAGAIN;
    close(fd);
    return served;
}

bool
bind_unix(struct sockets *s, const char *dir, const char *name, struct error *e)
{
    char path[256];
    struct sockaddr_un at;
    mode_t before;
    int fd;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    if (!unix_address(path, &at))
        return fail(e, FAIL_INVALID,
                    "listen.sockets: %s: path too long for a socket", path);
    if (bind_is_served(path))
        return fail(e, FAIL_BUSY, "%s: already served; does pillarbox run?",
                    path);
    unlink(path);
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd == -1)
        return fail_sys(e, "socket");
    before = umask(0177);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) == -1 ||
        listen(fd, BACKLOG) == -1) {
        fail_sys(e, "%s", path);
        umask(before);
        close(fd);
        return false;
    }
    umask(before);
    if (!span_ends(span_of(name), "-admin") &&
        !role_user_own(path, (struct role_user){ .is_own = false },
                       role_user_front(), 0660, e)) {
        close(fd);
        return false;
    }
    return add(s, name, fd, e);
}

bool
bind_is_there(const char *dir, const char *name)
{
    char path[256];
    struct stat st;
    struct error e;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    return fs_stat(AT_FDCWD, path, &st, &e) || e.kind != FAIL_NOT_FOUND;
}

bool
bind_unix_again(struct sockets *s, const char *dir, const char *name,
                struct error *e)
{
    struct sockets fresh = { .count = 0 };
    bool done = false;

    if (!bind_unix(&fresh, dir, name, e))
        return false;
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->all[i].name, name) == 0)
            done = dup3(fresh.all[0].fd, s->all[i].fd, O_CLOEXEC) != -1;
    bind_close(&fresh);
    return done || fail_sys(e, "take a socket's place");
}

void
bind_close(struct sockets *s)
{
    for (size_t i = 0; i < s->count; i++)
        close(s->all[i].fd);
    s->count = 0;
}

void
bind_address(int fd, char *out, size_t size)
{
    struct sockaddr_storage at;
    socklen_t n = sizeof at;
    char host[64];
    char port[16];

    if (getsockname(fd, (struct sockaddr *)&at, &n) == -1 ||
        getnameinfo((struct sockaddr *)&at, n, host, sizeof host, port,
                    sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        snprintf(out, size, "?");
    else
        snprintf(out, size, at.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s",
                 host, port);
}
