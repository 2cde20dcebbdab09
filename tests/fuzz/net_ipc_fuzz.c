/*
 * The bytes are a body, read by the getters that its own bytes choose; and a
 * packet on a line that has said hello. Neither may do harm, and a getter that
 * refuses must not move.
 */
#include "base/error.h"
#include "base/numset.h"
#include "net/ipc_private.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
get_set(struct span *body)
{
    struct numset set = { 0 };
    struct numset again = { 0 };
    struct buf b = { 0 };
    struct span copy;
    bool fine = get_numset(body, &set);

    for (size_t i = 1; i < set.n; i++) {
        if (set.r[i - 1].last >= set.r[i].first)
            bug("ranges that overlap were taken");
    }
    put_numset(&b, &set);
    copy = buf_span(&b);
    if (!get_numset(&copy, &again) || copy.n != 0 || again.n != set.n)
        bug("a set does not come back");
    numset_free(&set);
    numset_free(&again);
    buf_free(&b);
    return fine;
}

static bool
get_one(struct span *body, uint8_t which)
{
    struct span s;
    uint16_t n16;
    uint32_t n32;
    uint64_t n64;

    switch (which % 5) {
    case 0:
        return get_u16(body, &n16);
    case 1:
        return get_u32(body, &n32);
    case 2:
        return get_u64(body, &n64);
    case 3:
        return get_span(body, &s);
    default:
        return get_set(body);
    }
}

static void
read_body(struct span body)
{
    uint8_t which;

    while (get_u8(&body, &which)) {
        struct span before = body;

        if (!get_one(&body, which) && body.n != before.n)
            bug("a getter moved and refused");
    }
}

static void
take_packet(struct span packet)
{
    struct ipc_link k = ipc_link_none(NULL, "fuzz");
    char room[IPC_FRAME_MAX];
    struct ipc_frame f;
    int pair[2];

    if (packet.n == 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return;
    k.fd = pair[0];
    k.greeted = (packet.p[0] & 1) != 0;
    if (send(pair[1], packet.p, packet.n, MSG_NOSIGNAL) == (ssize_t)packet.n &&
        ipc_link_take(&k, room, &f) == IPC_FRAME &&
        f.body.n + IPC_HEADER != packet.n)
        bug("a frame of another size than its packet");
    close(pair[0]);
    close(pair[1]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_body(span_from(data, size));
    take_packet(span_from(data, size));
    return 0;
}
