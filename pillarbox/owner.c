#include "base/mem.h"
#include "net/crypto.h"
#include "pillarbox/bind.h"
#include "pillarbox/cli.h"
#include "pillarbox/place.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_MS 30000 /* recovery after a crash may take a while */

/*
 * An owner that runs for the length of this command, because nobody serves its
 * admin socket: it listens in a private directory that only we know.
 */
struct owner {
    char dir[64];
    int pid;
    struct sockets sockets;
};

/* The key of owners that we start ourselves: both must have the same. */
static const unsigned char *
own_key(struct cli *c)
{
    if (!c->has_key)
        crypto_random(c->key, sizeof c->key);
    c->has_key = true;
    return c->key;
}

static bool
wait_ready(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    char ch;
    bool ready = poll(&p, 1, START_MS) == 1 && read(fd, &ch, 1) == 1;

    close(fd);
    return ready;
}

static void
owner_stop(struct owner **o)
{
    char path[128];

    if (*o == NULL)
        return;
    if ((*o)->pid > 0) {
        kill((*o)->pid, SIGTERM);
        waitpid((*o)->pid, NULL, 0);
    }
    for (size_t i = 0; i < (*o)->sockets.count; i++) {
        snprintf(path, sizeof path, "%s/%s", (*o)->dir,
                 (*o)->sockets.all[i].name);
        unlink(path);
    }
    bind_close(&(*o)->sockets);
    rmdir((*o)->dir);
    free(*o);
    *o = NULL;
}

static bool
owner_start(struct cli *c, struct owner **out, const char *program,
            const char *socket, struct error *e)
{
    struct owner *o = mem_take(sizeof *o);
    struct child_start start = { program, c->settings, o->sockets.all, 1,
                                 own_key(c) };
    int ready;

    setenv("PILLARBOX_LOG__LEVEL", "warning", 1);
    snprintf(o->dir, sizeof o->dir, "/tmp/pillarbox-XXXXXX");
    if (mkdtemp(o->dir) == NULL) {
        fail_sys(e, "%s", o->dir);
        goto undo;
    }
    if (!place_directories(c->settings, e) ||
        !bind_unix(&o->sockets, o->dir, socket, e) ||
        !child_spawn(&start, &o->pid, &ready, e))
        goto undo;
    if (!wait_ready(ready)) {
        fail(e, FAIL_UNAVAILABLE, "%s did not start; see the lines above",
             program);
        goto undo;
    }
    *out = o;
    return true;
undo:
    owner_stop(&o);
    return false;
}

/* The socket to talk to, in *path: the running owner's, or our own's. */
static void
find_owner(struct cli *c, struct owner **own, const char *program,
           const char *socket, char path[256])
{
    struct error e;

    snprintf(path, 256, "%s/%s", c->settings->listen.sockets, socket);
    if (bind_is_served(path))
        return;
    if (!owner_start(c, own, program, socket, &e))
        exit(cli_fail(c, program, &e));
    snprintf(path, 256, "%s/%s", (*own)->dir, socket);
}

struct auth *
cli_auth(struct cli *c)
{
    char path[256];

    if (c->auth == NULL) {
        find_owner(c, &c->own_auth, "authd", "auth-admin", path);
        c->auth = auth_client_new(c->loop, path);
    }
    return c->auth;
}

struct store *
cli_store(struct cli *c)
{
    char path[256];

    if (c->store == NULL) {
        find_owner(c, &c->own_store, "mailstored", "store-admin", path);
        c->store = store_client_new(c->loop, path);
    }
    return c->store;
}

bool
cli_is_running(struct cli *c)
{
    char path[256];

    snprintf(path, sizeof path, "%s/store-admin", c->settings->listen.sockets);
    return bind_is_served(path);
}

void
cli_close(struct cli *c)
{
    auth_client_free(&c->auth);
    store_client_free(&c->store);
    owner_stop(&c->own_auth);
    owner_stop(&c->own_store);
    crypto_wipe(c->key, sizeof c->key);
    arena_clear(&c->memory);
}
