#include "pillarbox/place.h"

#include "base/arena.h"
#include "base/fs.h"
#include "net/ca.h"
#include "pillarbox/role_user.h"

#include <fcntl.h>
#include <ifaddrs.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define NAMES_MAX 128

struct names {
    struct arena memory;
    const char *all[NAMES_MAX];
    size_t count;
};

/* The way to a directory is open to all, what is in it is not. */
static bool
make_parents(const char *dir, struct error *e)
{
    struct span path = span_of(dir);
    char parent[PATH_MAX];
    mode_t before;
    bool done;

    while (path.n > 1 && path.p[path.n - 1] != '/')
        path.n--;
    snprintf(parent, sizeof parent, "%.*s", SPAN(path));
    before = umask(022);
    done = parent[0] == '\0' || fs_mkdir_all(AT_FDCWD, parent, 0755, e);
    umask(before);
    return done;
}

static bool
make(const char *dir, struct role_user owner, struct role_user group,
     mode_t mode, struct error *e)
{
    return make_parents(dir, e) && fs_mkdir_all(AT_FDCWD, dir, 0700, e) &&
           role_user_own(dir, owner, group, mode, e);
}

bool
place_sockets(const struct settings *s, struct error *e)
{
    const struct role_user root = { .is_own = false };

    return make(s->listen.sockets, root, role_user_front(), 0750, e);
}

bool
place_directories(const struct settings *s, struct error *e)
{
    const struct role_user root = { .is_own = false };
    const struct role_user front = role_user_front();
    const struct role_user auth = role_user_auth();
    const struct role_user store = role_user_store();

    return make(s->auth.dir, auth, auth, 0700, e) &&
           make(s->mail.dir, store, store, 0700, e) &&
           make(s->mail.index_dir, store, store, 0700, e) &&
           place_sockets(s, e) &&
           (!s->tls.automatic || make(s->tls.dir, root, front, 0750, e));
}

static bool
has_database(const char *dir)
{
    char path[PATH_MAX];
    struct stat st;
    struct error e;

    snprintf(path, sizeof path, "%s/meta.db", dir);
    return fs_stat(AT_FDCWD, path, &st, &e);
}

bool
place_accounts(const struct settings *s, struct error *e)
{
    if (has_database(s->auth.dir) || !has_database(s->mail.index_dir))
        return true;
    return fail(e, FAIL_UNAVAILABLE,
                "%s has no accounts, but the index %s knows some: is a disk "
                "not mounted? (Remove the index if they are gone for good.)",
                s->auth.dir, s->mail.index_dir);
}

static void
add_name(struct names *n, const char *name)
{
    for (size_t i = 0; i < n->count; i++)
        if (strcmp(n->all[i], name) == 0)
            return;
    if (n->count < NAMES_MAX)
        n->all[n->count++] = arena_text(&n->memory, span_of(name));
}

/* 10/8, 172.16/12, 192.168/16 (RFC 1918), 127/8; fc00::/7 (RFC 4193), ::1. */
static bool
is_private(const struct sockaddr *a)
{
    if (a->sa_family == AF_INET) {
        struct sockaddr_in in;
        uint32_t n;

        memcpy(&in, a, sizeof in);
        n = ntohl(in.sin_addr.s_addr);
        return n >> 24 == 10 || n >> 24 == 127 || n >> 20 == 0xac1 ||
               n >> 16 == 0xc0a8;
    }
    if (a->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;

        memcpy(&in6, a, sizeof in6);
        return (in6.sin6_addr.s6_addr[0] & 0xfe) == 0xfc ||
               IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
    }
    return false;
}

/* Phones on a LAN may know us by address alone. */
static void
add_own_addresses(struct names *n)
{
    struct ifaddrs *all;
    char text[NI_MAXHOST];

    if (getifaddrs(&all) == -1)
        return;
    for (struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
        socklen_t size;

        if (i->ifa_addr == NULL || !is_private(i->ifa_addr))
            continue;
        size = i->ifa_addr->sa_family == AF_INET ? sizeof(struct sockaddr_in)
                                                 : sizeof(struct sockaddr_in6);
        if (getnameinfo(i->ifa_addr, size, text, sizeof text, NULL, 0,
                        NI_NUMERICHOST) == 0)
            add_name(n, text);
    }
    freeifaddrs(all);
}

/* The front ends read the server's certificate and key, never the CA's key. */
static bool
share_certificate(const struct settings *s, struct error *e)
{
    const struct role_user root = { .is_own = false };
    const struct role_user front = role_user_front();

    return role_user_own(s->tls.key, root, front, 0640, e) &&
           role_user_own(s->tls.cert, root, front, 0644, e);
}

bool
place_certificate(const struct settings *s, bool *made, struct error *e)
{
    struct names n = { .count = 0 };
    bool done;

    *made = false;
    if (!s->tls.automatic)
        return true;
    add_name(&n, s->hostname);
    for (size_t i = 0; i < s->domains.count; i++)
        add_name(&n, s->domains.items[i]);
    for (size_t i = 0; i < s->tls.names.count; i++)
        add_name(&n, s->tls.names.items[i]);
    add_name(&n, "localhost");
    add_name(&n, "127.0.0.1");
    add_name(&n, "::1");
    add_own_addresses(&n);
    done = ca_ensure(s->tls.dir, n.all, n.count, made, e) &&
           share_certificate(s, e);
    arena_clear(&n.memory);
    return done;
}
