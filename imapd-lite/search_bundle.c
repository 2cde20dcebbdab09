#include "imapd-lite/search_bundle.h"

#include "base/fs.h"

#include <string.h>
#include <unistd.h>

void
imap_bundle_clear(struct imap_bundle *b)
{
    numset_clear(&b->wanted);
    buf_clear(&b->bytes);
    b->bytes.max = STORE_BUNDLE_BYTES;
    b->wanted_count = 0;
    b->wanted_bytes = 0;
    b->last_uid = 0;
    b->count = 0;
    b->at = 0;
    b->offset = 0;
}

void
imap_bundle_free(struct imap_bundle *b)
{
    numset_free(&b->wanted);
    buf_free(&b->bytes);
}

bool
imap_bundle_want(struct imap_bundle *b, uint32_t uid, uint64_t size)
{
    if (size > STORE_BUNDLED_MAX || b->wanted_count == STORE_BUNDLE_MAX ||
        size > STORE_BUNDLE_BYTES - b->wanted_bytes)
        return false;
    numset_add(&b->wanted, uid, uid);
    b->wanted_count++;
    b->wanted_bytes += size;
    b->last_uid = uid;
    return true;
}

static bool
read_all(struct imap_bundle *b, int fd, struct error *e)
{
    size_t size = 0;
    size_t got;
    char *room;

    for (size_t i = 0; i < b->count; i++)
        size += b->all[i].size;
    room = buf_room(&b->bytes, size);
    if (room == NULL)
        return fail(e, FAIL_IO, "a bundle of %zu octets", size);
    if (!fs_read_at(fd, 0, room, size, &got, e))
        return false;
    if (got < size)
        return fail(e, FAIL_IO, "a bundle that is too short");
    b->bytes.n = size;
    return true;
}

bool
imap_bundle_take(struct imap_bundle *b, int fd, const struct store_bundled *all,
                 size_t count, struct error *e)
{
    bool done = true;

    buf_clear(&b->bytes);
    b->at = 0;
    b->offset = 0;
    b->count = fd == -1 ? 0 : count;
    if (b->count > 0)
        memcpy(b->all, all, b->count * sizeof *all);
    if (fd != -1) {
        done = read_all(b, fd, e);
        close(fd);
    }
    numset_clear(&b->wanted);
    b->wanted_count = 0;
    b->wanted_bytes = 0;
    if (!done)
        b->count = 0;
    return done;
}

bool
imap_bundle_is_past(const struct imap_bundle *b, uint32_t uid)
{
    return uid <= b->last_uid;
}

bool
imap_bundle_find(struct imap_bundle *b, uint32_t uid, struct span *out)
{
    while (b->at < b->count && b->all[b->at].uid < uid)
        b->offset += b->all[b->at++].size;
    if (b->at == b->count || b->all[b->at].uid != uid)
        return false;
    *out = span_sub(buf_span(&b->bytes), b->offset, b->all[b->at].size);
    return true;
}
