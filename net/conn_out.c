#include "net/conn_private.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Small answers share one block, and so one write and one TLS record; a block
 * is given back as soon as it has left. */
#define FIRST_ROOM ((size_t)2 << 10)
#define MORE_ROOM  RECORD_BYTES

static struct conn_chunk *
append(struct conn_out *o, size_t room)
{
    struct conn_chunk *k = mem_take(sizeof *k + room);

    k->fd = -1;
    k->room = room;
    if (o->last != NULL)
        o->last->next = k;
    else
        o->first = k;
    o->last = k;
    return k;
}

static void
drop_first(struct conn_out *o)
{
    struct conn_chunk *k = o->first;

    o->first = k->next;
    if (o->first == NULL)
        o->last = NULL;
    if (k->fd != -1)
        close(k->fd);
    free(k);
}

static size_t
room_for(const struct conn_out *o, size_t n)
{
    size_t least = o->first == NULL ? FIRST_ROOM : MORE_ROOM;

    return n < least ? least : n;
}

void
conn_out_put(struct conn_out *o, struct span bytes)
{
    while (bytes.n > 0) {
        struct conn_chunk *k = o->last;
        size_t n;

        if (k == NULL || k->fd != -1 || k->length == k->room)
            k = append(o, room_for(o, bytes.n));
        n = k->room - k->length;
        if (n > bytes.n)
            n = bytes.n;
        memcpy(k->bytes + k->length, bytes.p, n);
        k->length += n;
        o->queued += n;
        bytes = span_after(bytes, n);
    }
}

void
conn_out_put_fd(struct conn_out *o, int fd, uint64_t offset, uint64_t length)
{
    struct conn_chunk *k;

    if (length == 0) {
        close(fd);
        return;
    }
    k = append(o, 0);
    k->fd = fd;
    k->offset = offset;
    k->length = length;
    o->queued += length;
}

void
conn_out_sent(struct conn_out *o, uint64_t n)
{
    struct conn_chunk *k = o->first;

    k->at += n;
    o->queued -= n;
    if (k->at == k->length)
        drop_first(o);
}

void
conn_out_clear(struct conn_out *o)
{
    while (o->first != NULL)
        drop_first(o);
    o->queued = 0;
}
