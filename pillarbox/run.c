/*
 * The supervisor: binds, starts, restarts, passes signals on.
 *
 *   STARTING --all ready--> SERVING --SIGTERM--> STOPPING_FRONT
 *      |                                               | all front ends gone
 *      +--a child exits with 78 (settings)--+          v
 *                                           +--> STOPPING_OWNERS --> exit
 *
 * A child that ends while we serve is started again: at once when it had lived
 * for RESTART_CALM_MS, else after a delay that doubles up to RESTART_MAX_MS.
 * The sockets stay open meanwhile: clients wait in the queue, they are not
 * refused.
 */
#include "base/clock.h"
#include "net/ca.h"
#include "net/crypto.h"
#include "net/daemon.h"
#include "pillarbox/bind.h"
#include "pillarbox/command.h"
#include "pillarbox/events.h"
#include "pillarbox/place.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define RESTART_CALM_MS 5000
#define RESTART_MIN_MS  50
#define RESTART_MAX_MS  1000
#define FRONT_STOP_MS   8000
#define OWNER_STOP_MS   20000
#define LOOK_MS         2000
#define SOCKET_NAMES    5

struct role {
    const char *program;
    const char *sockets[SOCKET_NAMES]; /* NULL-terminated */
    bool is_owner;
};

/* clang-format off */
static const struct role roles[] = {
    { "authd",      { "auth-smtp", "auth-pop3", "auth-imap", "auth-admin", NULL },     true  },
    { "mailstored", { "store-smtp", "store-pop3", "store-imap", "store-admin", NULL }, true  },
    { "smtpd",      { "smtp", "submission", "submissions", NULL },                     false },
    { "pop3d",      { "pop3", "pop3s", NULL },                                         false },
    { "imapd-lite", { "imap", "imaps", NULL },                                         false },
};
/* clang-format on */

#define ROLES (sizeof roles / sizeof *roles)

struct supervisor;

struct child {
    struct supervisor *super;
    const struct role *role;
    struct sockets sockets;
    int pid; /* 0: not running */
    int64_t started_ms;
    int64_t delay_ms;
    int ready_fd;
    struct watch *ready;
    struct timer *restart;
    bool has_been_ready;
};

struct supervisor {
    struct cli *cli;
    struct sockets sockets;
    struct child children[ROLES];
    unsigned char key[CHILD_KEY_SIZE];
    struct timer *deadline;
    struct timer *look;
    bool stopping;
    bool owners_told;
    bool serving;
    int code;
};

static void start_child(void *arg);
static void go_on_stopping(struct supervisor *s);

static unsigned
count_running(const struct supervisor *s, bool owners)
{
    unsigned n = 0;

    for (size_t i = 0; i < ROLES; i++)
        n += s->children[i].pid != 0 && roles[i].is_owner == owners;
    return n;
}

static void
tell(struct supervisor *s, bool owners, int signal_number)
{
    for (size_t i = 0; i < ROLES; i++)
        if (s->children[i].pid != 0 && roles[i].is_owner == owners)
            kill(s->children[i].pid, signal_number);
}

static void
check_serving(struct supervisor *s)
{
    unsigned ready = 0;

    for (size_t i = 0; i < ROLES; i++) {
        if (s->children[i].sockets.count == 0)
            continue;
        if (!s->children[i].has_been_ready)
            return;
        ready++;
    }
    if (s->serving)
        return;
    s->serving = true;
    super_event_serving(ready);
    daemon_ready();
}

static void
on_ready(void *arg, int events)
{
    struct child *c = arg;
    char line[8];
    bool ready = read(c->ready_fd, line, sizeof line) > 0;

    (void)events;
    watch_free(&c->ready);
    close(c->ready_fd);
    if (!ready)
        return; /* it ended; on_ended() sees to it */
    c->has_been_ready = true;
    check_serving(c->super);
}

static void
stop(struct supervisor *s, int code)
{
    if (s->stopping)
        return;
    s->stopping = true;
    s->code = code;
    super_event_stopping();
    for (size_t i = 0; i < ROLES; i++)
        timer_stop(s->children[i].restart);
    tell(s, false, SIGTERM);
    timer_start(s->deadline, FRONT_STOP_MS);
    go_on_stopping(s);
}

static void
go_on_stopping(struct supervisor *s)
{
    if (count_running(s, false) > 0)
        return;
    if (count_running(s, true) == 0) {
        loop_stop(s->cli->loop);
        return;
    }
    if (s->owners_told)
        return;
    s->owners_told = true;
    tell(s, true, SIGTERM);
    timer_start(s->deadline, OWNER_STOP_MS);
}

static void
on_deadline(void *arg)
{
    struct supervisor *s = arg;

    for (size_t i = 0; i < ROLES; i++) {
        struct child *c = &s->children[i];

        if (c->pid == 0 || (roles[i].is_owner && !s->owners_told))
            continue;
        super_event_killed(roles[i].program, c->pid);
        kill(c->pid, SIGKILL);
    }
}

static void
restart_later(struct child *c)
{
    bool was_calm = clock_monotonic_ms() - c->started_ms > RESTART_CALM_MS;

    if (was_calm)
        c->delay_ms = 0;
    else if (c->delay_ms == 0)
        c->delay_ms = RESTART_MIN_MS;
    else if (c->delay_ms < RESTART_MAX_MS)
        c->delay_ms *= 2;
    if (c->delay_ms > RESTART_MAX_MS)
        c->delay_ms = RESTART_MAX_MS;
    timer_start(c->restart, c->delay_ms);
}

static void
on_ended(void *arg, int pid, int wait_status)
{
    struct child *c = arg;
    struct supervisor *s = c->super;
    bool wrong_settings =
        WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == CLI_CONFIGURATION;

    c->pid = 0;
    if (s->stopping) {
        go_on_stopping(s);
        return;
    }
    super_event_ended(c->role->program, pid, wait_status);
    if (wrong_settings && !c->has_been_ready)
        stop(s, CLI_CONFIGURATION);
    else
        restart_later(c);
}

static void
start_child(void *arg)
{
    struct child *c = arg;
    struct supervisor *s = c->super;
    const struct child_start start = { c->role->program, s->cli->settings,
                                       c->sockets.all, c->sockets.count,
                                       c->role->is_owner ? s->key : NULL };
    struct error e;

    c->started_ms = clock_monotonic_ms();
    watch_free(&c->ready);
    if (strcmp(c->role->program, "authd") == 0 &&
        !place_accounts(s->cli->settings, &e)) {
        super_event_not_started(c->role->program, &e);
        restart_later(c);
        return;
    }
    if (!child_spawn(&start, &c->pid, &c->ready_fd, &e)) {
        super_event_not_started(c->role->program, &e);
        restart_later(c);
        return;
    }
    super_event_started(c->role->program, c->pid);
    c->ready = watch_new(s->cli->loop, c->ready_fd, on_ready, c);
    watch_set(c->ready, LOOP_READ);
    loop_on_child(s->cli->loop, c->pid, on_ended, c);
}

/* Hand each role its sockets (the descriptors stay ours too). */
static void
share_sockets(struct supervisor *s, struct child *c)
{
    for (size_t i = 0; i < s->sockets.count; i++)
        for (size_t k = 0; c->role->sockets[k] != NULL; k++)
            if (strcmp(c->role->sockets[k], s->sockets.all[i].name) == 0)
                c->sockets.all[c->sockets.count++] = s->sockets.all[i];
}

static void
start_all(struct supervisor *s)
{
    for (size_t i = 0; i < ROLES; i++) {
        struct child *c = &s->children[i];

        c->super = s;
        c->role = &roles[i];
        c->restart = timer_new(s->cli->loop, start_child, c);
        share_sockets(s, c);
        if (c->sockets.count > 0)
            start_child(c);
    }
}

static bool
bind_own(struct supervisor *s, struct error *e)
{
    const struct settings *set = s->cli->settings;

    for (size_t i = 0; i < ROLES; i++)
        for (size_t k = 0; roles[i].is_owner && roles[i].sockets[k]; k++)
            if (!bind_unix(&s->sockets, set->listen.sockets,
                           roles[i].sockets[k], e))
                return false;
    return true;
}

static bool
prepare(struct supervisor *s, struct error *e)
{
    const struct settings *set = s->cli->settings;
    bool made;
    char print[96];
    char address[128];

    if (!place_directories(set, e) || !place_certificate(set, &made, e))
        return false;
    if (made && ca_fingerprint(set->tls.cert, print, e))
        super_event_certificate(set->tls.cert, print);
    if (!bind_ports(&s->sockets, set, e))
        return false;
    for (size_t i = 0; i < s->sockets.count; i++) {
        bind_address(s->sockets.all[i].fd, address, sizeof address);
        super_event_listening(s->sockets.all[i].name, address);
    }
    return bind_own(s, e);
}

/*
 * The directory of our sockets is often below /run, which others tidy up. A
 * socket that has lost its name is made again; its owner starts again with it,
 * and the front ends find him there.
 */
static void
look_for_sockets(void *arg)
{
    struct supervisor *s = arg;
    const struct settings *set = s->cli->settings;

    for (size_t i = 0; i < ROLES && !s->stopping; i++) {
        struct error e;
        bool made = false;

        for (size_t k = 0; roles[i].is_owner && roles[i].sockets[k]; k++)
            if (!bind_is_there(set->listen.sockets, roles[i].sockets[k]))
                made |= place_sockets(set, &e) &&
                        bind_unix_again(&s->sockets, set->listen.sockets,
                                        roles[i].sockets[k], &e);
        if (!made)
            continue;
        super_event_sockets_made(roles[i].program, set->listen.sockets);
        if (s->children[i].pid != 0)
            kill(s->children[i].pid, SIGTERM);
    }
}

static void
on_stop_signal(void *arg)
{
    stop(arg, CLI_DONE);
}

static void
on_reload_signal(void *arg)
{
    tell(arg, false, SIGHUP);
}

static void
free_all(struct supervisor *s)
{
    char path[512];

    for (size_t i = 0; i < ROLES; i++) {
        timer_free(&s->children[i].restart);
        watch_free(&s->children[i].ready);
        for (size_t k = 0; roles[i].is_owner && roles[i].sockets[k]; k++) {
            snprintf(path, sizeof path, "%s/%s",
                     s->cli->settings->listen.sockets, roles[i].sockets[k]);
            unlink(path);
        }
    }
    timer_free(&s->deadline);
    timer_free(&s->look);
    bind_close(&s->sockets);
    crypto_wipe(s->key, sizeof s->key);
}

int
command_run(struct cli *c)
{
    struct supervisor s = { .cli = c };
    struct error e;

    if (!prepare(&s, &e)) {
        bind_close(&s.sockets);
        return cli_fail(c, "run", &e);
    }
    crypto_random(s.key, sizeof s.key);
    s.deadline = timer_new(c->loop, on_deadline, &s);
    s.look = timer_new(c->loop, look_for_sockets, &s);
    timer_repeat(s.look, LOOK_MS);
    loop_on_signal(c->loop, SIGTERM, on_stop_signal, &s);
    loop_on_signal(c->loop, SIGINT, on_stop_signal, &s);
    loop_on_signal(c->loop, SIGHUP, on_reload_signal, &s);
    start_all(&s);
    loop_run(c->loop);
    super_event_stopped();
    free_all(&s);
    return s.code;
}
