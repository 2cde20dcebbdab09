/*
 * The asking side of net/ipc.h.
 *
 *   DOWN --connect--> GREETING --HELLO came: up()--> UP
 *     ^ every 50 ms      |                            |
 *     +------------------+---------- lost: down() ----+
 *
 * A line that breaks inside somebody's call is only marked (BROKEN) and given
 * up from the loop, since callbacks never run inside a call.
 *
 * A request is in one of three lists: `waiting` (not sent; all have the same
 * patience, so the first one ends first), `asked` (sent; all fail when the
 * line is lost) or `failed` (to be told from the loop). The map finds it by
 * its number.
 */
#include "net/ipc_pending.h"
#include "net/ipc_private.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECONNECT_MS 50
#define PATIENCE_MS  2000

enum line_state { LINE_DOWN, LINE_GREETING, LINE_UP, LINE_BROKEN };

struct ipc_client {
    struct loop *loop;
    char *path; /* NULL: no reconnecting */
    struct ipc_client_calls calls;
    void *arg;
    enum line_state state;
    struct ipc_link link;
    struct timer *retry;
    struct timer *expire;
    struct map *by_number;
    struct ipc_pending_list waiting, asked, failed;
    uint32_t last_number;
    bool told_up;
    bool mismatch_logged;
    unsigned busy; /* calls of ours on the stack */
    bool doomed;   /* to be freed when busy is 0 again */
    char room[IPC_FRAME_MAX];
};

static void really_free(struct ipc_client *c);

static void
leave(struct ipc_client *c)
{
    if (--c->busy == 0 && c->doomed)
        really_free(c);
}

/* --- the lists ------------------------------------------------------------ */

static struct ipc_pending *
find(const struct ipc_client *c, uint32_t number)
{
    return map_get(c->by_number, span_from(&number, sizeof number));
}

static void
forget(struct ipc_client *c, struct ipc_pending *p)
{
    ipc_pending_remove(p);
    map_remove(c->by_number, span_from(&p->number, sizeof p->number));
    ipc_pending_drop_body(p);
    free(p);
}

/* Its end: the request is gone before anybody is told. */
static void
finish(struct ipc_client *c, struct ipc_pending *p, const struct ipc_frame *f,
       const struct error *e)
{
    struct ipc_answer answer = p->answer;
    void *arg = p->arg;

    forget(c, p);
    if (answer.done != NULL)
        answer.done(arg, f == NULL ? (struct span){ 0 } : f->body,
                    f == NULL ? -1 : f->fd, e);
    else if (f != NULL && f->fd != -1)
        close(f->fd);
}

static void
schedule_expiry(struct ipc_client *c)
{
    const struct ipc_pending *p =
        c->failed.first != NULL ? c->failed.first : c->waiting.first;
    int64_t left;

    if (p == NULL) {
        timer_stop(c->expire);
        return;
    }
    left = p->deadline - clock_monotonic_ms();
    timer_start(c->expire, left < 0 ? 0 : left);
}

static void
on_expire(void *arg)
{
    struct ipc_client *c = arg;
    int64_t now = clock_monotonic_ms();
    struct ipc_pending *p;
    struct error e;

    c->busy++;
    while (!c->doomed && (p = c->failed.first) != NULL && p->deadline <= now) {
        fail(&e, p->kind, "%s", p->why);
        finish(c, p, NULL, &e);
    }
    fail(&e, FAIL_UNAVAILABLE, "%s does not answer", c->link.name);
    while (!c->doomed && (p = c->waiting.first) != NULL && p->deadline <= now)
        finish(c, p, NULL, &e);
    if (!c->doomed)
        schedule_expiry(c);
    leave(c);
}

/* --- the line ------------------------------------------------------------- */

static void
lose_line(struct ipc_client *c)
{
    bool was_up = c->told_up;
    struct error e;

    c->state = LINE_DOWN;
    c->told_up = false;
    ipc_link_close(&c->link);
    if (c->path != NULL)
        timer_start(c->retry, RECONNECT_MS);
    fail(&e, FAIL_UNAVAILABLE, "the line to %s broke", c->link.name);
    while (!c->doomed && c->asked.first != NULL)
        finish(c, c->asked.first, NULL, &e);
    if (was_up && !c->doomed && c->calls.down != NULL)
        c->calls.down(c->arg);
}

static void
break_line(struct ipc_client *c)
{
    c->state = LINE_BROKEN;
    timer_start(c->retry, 0);
}

static bool
ask(struct ipc_client *c, struct ipc_pending *p)
{
    struct ipc_frame f = { .request = p->number,
                           .op = p->op,
                           .status = IPC_ROW,
                           .body = p->body,
                           .fd = p->fd };

    ipc_pending_remove(p);
    ipc_pending_add(&c->asked, p);
    if (!ipc_link_send(&c->link, &f))
        return false;
    ipc_pending_drop_body(p);
    return true;
}

static bool
come_up(struct ipc_client *c)
{
    c->state = LINE_UP;
    c->mismatch_logged = false;
    while (c->waiting.first != NULL) {
        if (!ask(c, c->waiting.first))
            return false;
    }
    schedule_expiry(c);
    c->told_up = true;
    if (c->calls.up != NULL)
        c->calls.up(c->arg);
    return true;
}

static bool
take_answer(struct ipc_client *c, const struct ipc_frame *f)
{
    struct ipc_pending *p = find(c, f->request);
    struct error e;

    if (f->status >= IPC_DONE + FAIL_KINDS)
        return false;
    if (p == NULL || p->in != &c->asked) {
        if (f->fd != -1)
            close(f->fd);
        return p == NULL;
    }
    if (f->status == IPC_DONE) {
        finish(c, p, f, NULL);
    } else if (f->status > IPC_DONE) {
        fail(&e, (enum fail)(f->status - IPC_DONE), "%.*s", SPAN(f->body));
        if (f->fd != -1)
            close(f->fd);
        finish(c, p, NULL, &e);
    } else if (p->answer.row != NULL) {
        p->answer.row(p->arg, f->body, f->fd);
    } else if (f->fd != -1) {
        close(f->fd);
    }
    return true;
}

static bool
take_frame(struct ipc_client *c, const struct ipc_frame *f)
{
    if (f->request != 0)
        return take_answer(c, f);
    if (f->fd != -1)
        close(f->fd);
    if (f->status != IPC_ROW)
        return false;
    if (c->calls.pushed != NULL)
        c->calls.pushed(c->arg, f->op, f->body);
    return true;
}

static void
refuse_build(struct ipc_client *c)
{
    if (!c->link.greeted && !c->mismatch_logged)
        log_event(LOG_ERROR, "ipc-refused", log_text("line", c->link.name),
                  log_text("why", "not the same build"));
    c->mismatch_logged = true;
}

/* False: the line is lost. */
static bool
read_line(struct ipc_client *c)
{
    for (int i = 0; i < IPC_BATCH && !c->doomed; i++) {
        struct ipc_frame f;
        bool fine = true;

        if (c->state == LINE_BROKEN)
            return false;
        switch (ipc_link_take(&c->link, c->room, &f)) {
        case IPC_NOTHING:
            return true;
        case IPC_GREETED:
            fine = come_up(c);
            break;
        case IPC_FRAME:
            fine = take_frame(c, &f);
            break;
        case IPC_LOST:
            return false;
        case IPC_GARBAGE:
            refuse_build(c);
            return false;
        }
        if (!fine)
            return false;
    }
    return true;
}

static void
on_line(void *arg, int events)
{
    struct ipc_client *c = arg;
    bool fine = true;

    c->busy++;
    if ((events & LOOP_WRITE) != 0)
        fine = ipc_link_flush(&c->link);
    if (fine && (events & LOOP_READ) != 0)
        fine = read_line(c);
    if (!fine && !c->doomed)
        lose_line(c);
    if (!c->doomed)
        ipc_link_watch(&c->link, true);
    leave(c);
}

static void
open_line(struct ipc_client *c, int fd)
{
    c->state = LINE_GREETING;
    if (ipc_link_open(&c->link, c->loop, fd, on_line, c))
        return;
    c->state = LINE_DOWN;
    ipc_link_close(&c->link);
    if (c->path != NULL)
        timer_start(c->retry, RECONNECT_MS);
}

static void
try_line(struct ipc_client *c)
{
    int fd = ipc_link_dial(c->path);

    if (fd != -1)
        open_line(c, fd);
    else
        timer_start(c->retry, RECONNECT_MS);
}

static void
on_retry(void *arg)
{
    struct ipc_client *c = arg;

    c->busy++;
    if (c->state == LINE_DOWN)
        try_line(c);
    else
        lose_line(c);
    leave(c);
}

/* --- making and unmaking -------------------------------------------------- */

static struct ipc_client *
client_new(struct loop *l, const struct ipc_client_calls *calls, void *arg)
{
    struct ipc_client *c = mem_take(sizeof *c);

    c->loop = l;
    c->calls = *calls;
    c->arg = arg;
    c->by_number = map_new();
    c->retry = timer_new(l, on_retry, c);
    c->expire = timer_new(l, on_expire, c);
    return c;
}

struct ipc_client *
ipc_client_new(struct loop *l, const char *socket_path,
               const struct ipc_client_calls *calls, void *arg,
               const struct ipc_op *ops)
{
    struct ipc_client *c = client_new(l, calls, arg);

    if (strlen(socket_path) >= IPC_PATH_MAX)
        die("%s: too long for a Unix socket", socket_path);
    c->path = mem_text(socket_path);
    c->link = ipc_link_none(ops, c->path);
    try_line(c);
    return c;
}

struct ipc_client *
ipc_client_on_fd(struct loop *l, int fd, const struct ipc_client_calls *calls,
                 void *arg, const struct ipc_op *ops)
{
    struct ipc_client *c = client_new(l, calls, arg);

    c->link = ipc_link_none(ops, "pair");
    open_line(c, fd);
    return c;
}

static void
really_free(struct ipc_client *c)
{
    while (c->waiting.first != NULL)
        forget(c, c->waiting.first);
    while (c->asked.first != NULL)
        forget(c, c->asked.first);
    while (c->failed.first != NULL)
        forget(c, c->failed.first);
    ipc_link_close(&c->link);
    timer_free(&c->retry);
    timer_free(&c->expire);
    map_free(&c->by_number);
    free(c->path);
    free(c);
}

void
ipc_client_free(struct ipc_client **c)
{
    struct ipc_client *all = *c;

    *c = NULL;
    if (all == NULL)
        return;
    if (all->busy > 0)
        all->doomed = true;
    else
        really_free(all);
}

bool
ipc_client_is_up(const struct ipc_client *c)
{
    return c->state == LINE_UP;
}

/* --- requests ------------------------------------------------------------- */

static uint32_t
next_number(struct ipc_client *c)
{
    do
        c->last_number++;
    while (c->last_number == 0 || find(c, c->last_number) != NULL);
    return c->last_number;
}

/* Sent when the line is up, failed when it takes too long. */
static void
put_off(struct ipc_client *c, struct ipc_pending *p, struct span body, int fd)
{
    char *copy = mem_take(body.n + 1);

    if (body.n > 0)
        memcpy(copy, body.p, body.n);
    p->body = span_from(copy, body.n);
    p->fd = fd == -1 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
    p->deadline = clock_monotonic_ms() + PATIENCE_MS;
    ipc_pending_add(&c->waiting, p);
}

/* The answer comes from the loop, also when it is known now. */
static void
fail_soon(struct ipc_client *c, struct ipc_pending *p, enum fail kind,
          const char *why)
{
    if (p->in != NULL)
        ipc_pending_remove(p);
    p->kind = kind;
    p->why = why;
    p->deadline = clock_monotonic_ms() + 1;
    ipc_pending_add(&c->failed, p);
}

static void
start(struct ipc_client *c, struct ipc_pending *p, struct span body, int fd)
{
    struct ipc_frame f = { p->number, p->op, IPC_ROW, body, fd };

    if (body.n > IPC_BODY_MAX) {
        fail_soon(c, p, FAIL_LIMIT, "the request fits no frame");
    } else if (c->state == LINE_UP) {
        ipc_pending_add(&c->asked, p);
        if (!ipc_link_send(&c->link, &f))
            break_line(c);
        ipc_link_watch(&c->link, true);
    } else if (c->path == NULL && c->state == LINE_DOWN) {
        fail_soon(c, p, FAIL_UNAVAILABLE, "the other end is gone");
    } else {
        put_off(c, p, body, fd);
        if (fd != -1 && p->fd == -1)
            fail_soon(c, p, FAIL_IO, "out of descriptors");
    }
    schedule_expiry(c);
}

uint32_t
ipc_request(struct ipc_client *c, uint16_t op, struct span body, int fd,
            const struct ipc_answer *answer, void *arg)
{
    struct ipc_pending *p = mem_take(sizeof *p);

    p->number = next_number(c);
    p->op = op;
    p->fd = -1;
    p->arg = arg;
    if (answer != NULL)
        p->answer = *answer;
    map_put(c->by_number, span_from(&p->number, sizeof p->number), p);
    start(c, p, body, fd);
    return p->number;
}

void
ipc_forget(struct ipc_client *c, uint32_t request)
{
    struct ipc_pending *p = find(c, request);

    if (p != NULL)
        forget(c, p);
}
