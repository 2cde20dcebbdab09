/*
 * The owner's side of net/ipc.h.
 *
 *   accepted --HELLO came: open()--> serving --cut--> broken
 *                                                           |
 *                                   gone <--reap: closed()--+
 *
 * A peer breaks in the middle of anything (an answer that cannot be queued, a
 * frame that is none); it is only marked then, and reaped from the loop, so
 * that nobody's state is freed below his feet.
 */
#include "net/daemon.h"
#include "net/ipc_private.h"

#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPT_BATCH    16
#define ACCEPT_PAUSE_MS 100 /* when descriptors ran out */

struct listener {
    struct ipc_server *server;
    struct listener *next;
    struct watch *watch;
    const char *service;
    int fd;
};

struct ipc_peer {
    struct ipc_server *server;
    struct ipc_peer *prev, *next;
    struct ipc_link link;
    void *state; /* of calls->open(); meaningful once link.greeted */
    bool broken;
};

struct ipc_server {
    struct loop *loop;
    struct ipc_server_calls calls;
    void *arg;
    const struct ipc_op *ops;
    struct listener *listeners;
    struct ipc_peer *peers;
    struct timer *reaper;
    struct timer *accept_again;
    unsigned busy; /* calls of ours on the stack */
    bool doomed;   /* to be freed when busy is 0 again */
    char room[IPC_FRAME_MAX];
};

static void really_free(struct ipc_server *s);

static void
leave(struct ipc_server *s)
{
    if (--s->busy == 0 && s->doomed)
        really_free(s);
}

/* --- peers ---------------------------------------------------------------- */

static void
break_peer(struct ipc_peer *p, const char *why)
{
    if (p->broken)
        return;
    p->broken = true;
    watch_set(p->link.watch, 0);
    timer_start(p->server->reaper, 0);
    if (why != NULL)
        log_event(LOG_WARNING, "ipc-cut", log_text("service", p->link.name),
                  log_text("why", why));
}

static void
free_peer(struct ipc_peer *p)
{
    struct ipc_server *s = p->server;
    void *state = p->state;
    bool opened = p->link.greeted;

    if (p->prev != NULL)
        p->prev->next = p->next;
    else
        s->peers = p->next;
    if (p->next != NULL)
        p->next->prev = p->prev;
    ipc_link_close(&p->link);
    free(p);
    if (opened)
        s->calls.closed(state);
}

static void
reap(void *arg)
{
    struct ipc_server *s = arg;
    struct ipc_peer *next;

    s->busy++;
    for (struct ipc_peer *p = s->peers; p != NULL; p = next) {
        next = p->next;
        if (p->broken)
            free_peer(p);
    }
    leave(s);
}

/* Requests rest while the peer does not fetch its answers. */
static void
rewatch(struct ipc_peer *p)
{
    if (!p->broken)
        ipc_link_watch(&p->link, p->link.queued < IPC_QUEUE_FULL);
}

static void
serve(struct ipc_peer *p, const struct ipc_frame *f)
{
    if (f->request != 0 && f->status == IPC_ROW) {
        p->server->calls.request(p->state, f->request, f->op, f->body, f->fd);
        return;
    }
    if (f->fd != -1)
        close(f->fd);
    break_peer(p, "not a request");
}

static void
read_from(struct ipc_peer *p)
{
    struct ipc_server *s = p->server;
    struct ipc_frame f;

    for (int i = 0; i < IPC_BATCH; i++) {
        if (p->broken || s->doomed || p->link.queued >= IPC_QUEUE_FULL)
            return;
        switch (ipc_link_take(&p->link, s->room, &f)) {
        case IPC_NOTHING:
            return;
        case IPC_GREETED:
            p->state = s->calls.open(s->arg, p, p->link.name);
            break;
        case IPC_FRAME:
            serve(p, &f);
            break;
        case IPC_LOST:
            break_peer(p, NULL);
            break;
        case IPC_GARBAGE:
            break_peer(p, p->link.greeted ? "malformed frame"
                                          : "not the same build");
            break;
        }
    }
}

static void
on_peer(void *arg, int events)
{
    struct ipc_peer *p = arg;
    struct ipc_server *s = p->server;

    s->busy++;
    if ((events & LOOP_WRITE) != 0 && !p->broken && !ipc_link_flush(&p->link))
        break_peer(p, NULL);
    if ((events & LOOP_READ) != 0)
        read_from(p);
    rewatch(p);
    leave(s);
}

void
ipc_server_adopt(struct ipc_server *s, int fd, const char *service)
{
    struct ipc_peer *p = mem_take(sizeof *p);

    p->server = s;
    p->link = ipc_link_none(s->ops, service);
    p->next = s->peers;
    if (p->next != NULL)
        p->next->prev = p;
    s->peers = p;
    if (!ipc_link_open(&p->link, s->loop, fd, on_peer, p))
        break_peer(p, NULL);
}

/* --- listeners ------------------------------------------------------------ */

/* Only root, we ourselves and the front ends' user may ask (the sockets' modes
 * say the same). */
static bool
is_one_of_us(int fd)
{
    struct ucred who;
    socklen_t n = sizeof who;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == -1)
        return false;
    return daemon_admits(who.uid);
}

static void
pause_accepting(struct ipc_server *s)
{
    for (struct listener *li = s->listeners; li != NULL; li = li->next)
        watch_set(li->watch, 0);
    timer_start(s->accept_again, ACCEPT_PAUSE_MS);
}

static void
resume_accepting(void *arg)
{
    struct ipc_server *s = arg;

    for (struct listener *li = s->listeners; li != NULL; li = li->next)
        watch_set(li->watch, LOOP_READ);
}

static void
on_listener(void *arg, int events)
{
    struct listener *li = arg;

    (void)events;
    for (int i = 0; i < ACCEPT_BATCH; i++) {
        int fd = accept4(li->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (fd == -1 && (errno == EINTR || errno == ECONNABORTED))
            continue;
        if (fd == -1) {
            if (errno != EAGAIN)
                pause_accepting(li->server);
            return;
        }
        if (is_one_of_us(fd)) {
            ipc_server_adopt(li->server, fd, li->service);
            continue;
        }
        close(fd);
        log_event(LOG_WARNING, "ipc-refused", log_text("service", li->service),
                  log_text("why", "another user's process"));
    }
}

void
ipc_server_listen(struct ipc_server *s, int listen_fd, const char *service)
{
    struct listener *li = mem_take(sizeof *li);

    li->server = s;
    li->fd = listen_fd;
    li->service = service;
    li->next = s->listeners;
    s->listeners = li;
    li->watch = watch_new(s->loop, listen_fd, on_listener, li);
    watch_set(li->watch, LOOP_READ);
}

/* --- the server ----------------------------------------------------------- */

struct ipc_server *
ipc_server_new(struct loop *l, const struct ipc_server_calls *calls, void *arg,
               const struct ipc_op *ops)
{
    struct ipc_server *s = mem_take(sizeof *s);

    s->loop = l;
    s->calls = *calls;
    s->arg = arg;
    s->ops = ops;
    s->reaper = timer_new(l, reap, s);
    s->accept_again = timer_new(l, resume_accepting, s);
    return s;
}

static void
really_free(struct ipc_server *s)
{
    s->doomed = false;
    s->busy++;
    for (struct ipc_peer *p = s->peers; p != NULL; p = p->next)
        p->broken = true;
    while (s->peers != NULL)
        free_peer(s->peers);
    while (s->listeners != NULL) {
        struct listener *li = s->listeners;

        s->listeners = li->next;
        watch_free(&li->watch);
        close(li->fd);
        free(li);
    }
    timer_free(&s->reaper);
    timer_free(&s->accept_again);
    free(s);
}

void
ipc_server_free(struct ipc_server **s)
{
    struct ipc_server *all = *s;

    *s = NULL;
    if (all == NULL)
        return;
    if (all->busy > 0)
        all->doomed = true;
    else
        really_free(all);
}

/* --- answers -------------------------------------------------------------- */

static void
send_frame(struct ipc_peer *p, const struct ipc_frame *f)
{
    if (p->broken)
        return;
    if (!ipc_link_send(&p->link, f))
        break_peer(p, p->link.queued > 0 ? "does not read its answers" : NULL);
    rewatch(p);
}

/* An answer that fits no frame ends the request: rows that follow are answers
 * to nothing, which the client ignores. */
static void
answer(struct ipc_peer *p, const struct ipc_frame *f)
{
    struct error e;

    if (f->body.n <= IPC_BODY_MAX) {
        send_frame(p, f);
        return;
    }
    fail(&e, FAIL_LIMIT, "an answer of %zu bytes fits no frame", f->body.n);
    ipc_failed(p, f->request, f->op, &e);
}

void
ipc_row(struct ipc_peer *p, uint32_t request, uint16_t op, struct span body,
        int fd)
{
    answer(p, &(struct ipc_frame){ request, op, IPC_ROW, body, fd });
}

void
ipc_done(struct ipc_peer *p, uint32_t request, uint16_t op, struct span body,
         int fd)
{
    answer(p, &(struct ipc_frame){ request, op, IPC_DONE, body, fd });
}

void
ipc_failed(struct ipc_peer *p, uint32_t request, uint16_t op,
           const struct error *e)
{
    struct ipc_frame f = { .request = request,
                           .op = op,
                           .status = (uint16_t)(IPC_DONE + (int)e->kind),
                           .body = span_of(e->text),
                           .fd = -1 };

    send_frame(p, &f);
}

void
ipc_push(struct ipc_peer *p, uint16_t op, struct span body)
{
    if (body.n > IPC_BODY_MAX) {
        break_peer(p, "an event fits no frame");
        return;
    }
    send_frame(p, &(struct ipc_frame){ 0, op, IPC_ROW, body, -1 });
}

size_t
ipc_queued(const struct ipc_peer *p)
{
    return p->link.queued;
}
