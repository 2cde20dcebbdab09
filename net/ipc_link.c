/*
 * One line between two processes.
 *
 *   none --open--> greeting --HELLO came--> frames --close--> none
 *
 * What ipc_link_take() calls LOST or GARBAGE, and every false below, is for
 * the side that owns the link to act on: the link itself never goes away by
 * itself, so that no callback runs inside a call.
 */
#include "net/ipc_private.h"

#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TEXT_OF_(n) #n
#define TEXT_OF(n)  TEXT_OF_(n)

/* The same source gives the same id, so builds stay reproducible. */
#define BUILD_ID "pillarbox " PILLARBOX_VERSION " layout " TEXT_OF(IPC_LAYOUT)

/* Room to see that a peer sent more descriptors than the one allowed. */
#define FDS_SEEN_MAX 8

struct ipc_queued {
    struct ipc_queued *next;
    int fd;
    size_t n;
    char bytes[];
};

static_assert(IPC_PATH_MAX == sizeof((struct sockaddr_un *)0)->sun_path,
              "the longest path of a Unix socket");

union control {
    struct cmsghdr align;
    char room[CMSG_SPACE(sizeof(int) * FDS_SEEN_MAX)];
};

struct ipc_link
ipc_link_none(const struct ipc_op *ops, const char *name)
{
    const char *what = getenv("PILLARBOX_TRACE");
    struct span rest = what == NULL ? (struct span){ 0 } : span_of(what);
    struct ipc_link k = { .fd = -1, .ops = ops, .name = name };
    struct span word;

    while (span_cut(&rest, ',', &word))
        k.trace = k.trace || span_is(span_trim(word), "ipc");
    return k;
}

bool
ipc_link_open(struct ipc_link *k, struct loop *l, int fd, watch_fn *fn,
              void *arg)
{
    struct ipc_frame hello = { .op = IPC_HELLO,
                               .body = span_of(BUILD_ID),
                               .fd = -1 };
    int flags = fcntl(fd, F_GETFL);

    k->fd = fd;
    k->greeted = false;
    k->watch = watch_new(l, fd, fn, arg);
    if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
        return false;
    if (!ipc_link_send(k, &hello))
        return false;
    ipc_link_watch(k, true);
    return true;
}

static void
drop_first(struct ipc_link *k)
{
    struct ipc_queued *q = k->first;

    k->first = q->next;
    if (k->first == NULL)
        k->last = NULL;
    k->queued -= q->n;
    if (q->fd != -1)
        close(q->fd);
    free(q);
}

void
ipc_link_close(struct ipc_link *k)
{
    while (k->first != NULL)
        drop_first(k);
    watch_free(&k->watch);
    if (k->fd != -1)
        close(k->fd);
    k->fd = -1;
    k->greeted = false;
}

void
ipc_link_watch(struct ipc_link *k, bool reading)
{
    if (k->watch != NULL)
        watch_set(k->watch, (reading ? LOOP_READ : 0) |
                                (k->first != NULL ? LOOP_WRITE : 0));
}

/* A Unix socket connects at once or not at all: EAGAIN says that the owner's
 * backlog is full, ENOENT and ECONNREFUSED that it is away. */
int
ipc_link_dial(const char *path)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    size_t n = strlen(path);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd == -1)
        return -1;
    memcpy(to.sun_path, path, n < IPC_PATH_MAX ? n + 1 : 0);
    if (connect(fd, (const struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    close(fd);
    return -1;
}

/* --- sending -------------------------------------------------------------- */

enum sent { SENT, SENT_LATER, SENT_NEVER };

static enum sent
send_packet(int line, struct iovec *parts, size_t count, int fd)
{
    struct msghdr m = { .msg_iov = parts, .msg_iovlen = count };
    union control control;
    ssize_t n;

    if (fd != -1) {
        memset(&control, 0, sizeof control);
        m.msg_control = control.room;
        m.msg_controllen = CMSG_SPACE(sizeof fd);
        control.align.cmsg_level = SOL_SOCKET;
        control.align.cmsg_type = SCM_RIGHTS;
        control.align.cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(&control.align), &fd, sizeof fd);
    }
    do
        n = sendmsg(line, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (n == -1 && errno == EINTR);
    if (n >= 0)
        return SENT;
    return errno == EAGAIN || errno == ENOBUFS ? SENT_LATER : SENT_NEVER;
}

static void
pack_header(const struct ipc_frame *f, char to[IPC_HEADER])
{
    uint32_t length = (uint32_t)f->body.n;

    memcpy(to, &f->request, 4);
    memcpy(to + 4, &f->op, 2);
    memcpy(to + 6, &f->status, 2);
    memcpy(to + 8, &length, 4);
}

static bool
queue_up(struct ipc_link *k, const char *header, const struct ipc_frame *f)
{
    size_t n = IPC_HEADER + f->body.n;
    struct ipc_queued *q;
    int fd = -1;

    if (k->queued + n > IPC_QUEUE_MAX)
        return false;
    if (f->fd != -1 && (fd = fcntl(f->fd, F_DUPFD_CLOEXEC, 0)) == -1)
        return false;
    q = mem_take(sizeof *q + n);
    q->fd = fd;
    q->n = n;
    memcpy(q->bytes, header, IPC_HEADER);
    if (f->body.n > 0)
        memcpy(q->bytes + IPC_HEADER, f->body.p, f->body.n);
    if (k->last != NULL)
        k->last->next = q;
    else
        k->first = q;
    k->last = q;
    k->queued += n;
    return true;
}

bool
ipc_link_send(struct ipc_link *k, const struct ipc_frame *f)
{
    char header[IPC_HEADER];
    struct iovec parts[2] = { { .iov_base = header, .iov_len = sizeof header },
                              { .iov_base = (void *)f->body.p,
                                .iov_len = f->body.n } };
    enum sent how = SENT_LATER;

    if (k->fd == -1 || f->body.n > IPC_BODY_MAX)
        return false;
    ipc_trace(k, true, f);
    pack_header(f, header);
    if (k->first == NULL)
        how = send_packet(k->fd, parts, f->body.n > 0 ? 2 : 1, f->fd);
    if (how != SENT_LATER)
        return how == SENT;
    return queue_up(k, header, f);
}

bool
ipc_link_flush(struct ipc_link *k)
{
    while (k->first != NULL) {
        struct iovec part = { .iov_base = k->first->bytes,
                              .iov_len = k->first->n };

        switch (send_packet(k->fd, &part, 1, k->first->fd)) {
        case SENT:
            drop_first(k);
            break;
        case SENT_LATER:
            return true;
        case SENT_NEVER:
            return false;
        }
    }
    return true;
}

/* --- receiving ------------------------------------------------------------ */

/* Keeps the first descriptor and closes all others. */
static int
take_descriptor(struct msghdr *m)
{
    int kept = -1;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL;
         c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t at = 0; CMSG_LEN(at + sizeof(int)) <= c->cmsg_len;
             at += sizeof(int)) {
            int fd;

            memcpy(&fd, CMSG_DATA(c) + at, sizeof fd);
            if (kept == -1)
                kept = fd;
            else
                close(fd);
        }
    }
    return kept;
}

static bool
unpack(struct span packet, struct ipc_frame *f)
{
    uint32_t length;

    if (!get_u32(&packet, &f->request) || !get_u16(&packet, &f->op) ||
        !get_u16(&packet, &f->status) || !get_u32(&packet, &length))
        return false;
    f->body = packet;
    return packet.n == length;
}

static enum ipc_got
greet(struct ipc_link *k, const struct ipc_frame *f)
{
    bool is_hello = f->op == IPC_HELLO;

    if (k->greeted)
        return is_hello ? IPC_GARBAGE : IPC_FRAME;
    if (!is_hello || f->fd != -1 || !span_is(f->body, BUILD_ID))
        return IPC_GARBAGE;
    k->greeted = true;
    return IPC_GREETED;
}

enum ipc_got
ipc_link_take(struct ipc_link *k, char *room, struct ipc_frame *f)
{
    struct iovec part = { .iov_base = room, .iov_len = IPC_FRAME_MAX };
    union control control;
    struct msghdr m = { .msg_iov = &part,
                        .msg_iovlen = 1,
                        .msg_control = control.room,
                        .msg_controllen = sizeof control.room };
    enum ipc_got got;
    ssize_t n;

    do
        n = recvmsg(k->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (n == -1 && errno == EINTR);
    if (n == -1)
        return errno == EAGAIN ? IPC_NOTHING : IPC_LOST;
    f->fd = take_descriptor(&m);
    if (n == 0 || (m.msg_flags & MSG_TRUNC) != 0 ||
        !unpack(span_from(room, (size_t)n), f)) {
        got = n == 0 ? IPC_LOST : IPC_GARBAGE;
    } else {
        ipc_trace(k, false, f);
        got = greet(k, f);
    }
    if (got != IPC_FRAME && f->fd != -1)
        close(f->fd);
    return got;
}
