/*
 * Rows of the index: any bytes are read or refused, and what was read is
 * written as it was. The first byte chooses the kind of row.
 */
#include "base/numset.h"
#include "mailstore/index_record.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
account(struct span row, struct buf *out)
{
    struct index_account a = { 0 };

    if (!index_record_take_account(row, &a))
        return false;
    index_record_put_account(&a, out);
    return true;
}

static bool
folder(struct span row, struct buf *out)
{
    struct index_folder f = { 0 };

    if (!index_record_take_folder(row, &f))
        return false;
    index_record_put_folder(&f, out);
    return true;
}

static bool
message(struct span row, struct buf *out)
{
    struct index_message m = { 0 };

    if (!index_record_take_message(row, &m))
        return false;
    index_record_put_message(&m, out);
    return true;
}

static bool
cold(struct span row, struct buf *out)
{
    struct index_cold c = { 0 };

    if (!index_record_take_cold(row, &c))
        return false;
    index_record_put_cold(&c, out);
    return true;
}

/* Ranges that touch are merged, so the bytes may differ: it is read again. */
static bool
tombstone(struct span row, struct buf *out)
{
    struct numset uids = { 0 };
    struct numset again = { 0 };
    struct index_tombstone b = { .uids = &uids };
    bool taken = index_record_take_tombstone(row, &b, &uids);

    if (taken) {
        index_record_put_tombstone(&b, out);
        if (!index_record_take_tombstone(buf_span(out), &b, &again) ||
            numset_count(&again) != numset_count(&uids))
            bug("a tombstone changed");
    }
    numset_free(&uids);
    numset_free(&again);
    return false;
}

static bool
gone(struct span row, struct buf *out)
{
    struct index_gone g = { 0 };

    if (!index_record_take_gone(row, &g))
        return false;
    index_record_put_gone(&g, out);
    return true;
}

static bool
intent(struct span row, struct buf *out)
{
    struct span redo;

    if (!index_record_take_intent(row, &redo))
        return false;
    index_record_put_intent(redo, out);
    return true;
}

static bool
number(struct span row, struct buf *out)
{
    uint64_t n;

    if (!index_record_take_number(row, &n))
        return false;
    index_record_put_number(n, out);
    return true;
}

static bool
event(struct span row, struct buf *out)
{
    struct numset uids = { 0 };
    struct numset to_uids = { 0 };
    struct index_event ev = { 0 };
    struct buf again = { 0 };

    if (index_record_take_event(row, &ev, &uids, &to_uids)) {
        index_record_put_event(&ev, out);
        if (!index_record_take_event(buf_span(out), &ev, &uids, &to_uids))
            bug("an event was lost");
        index_record_put_event(&ev, &again);
        if (!span_eq(buf_span(out), buf_span(&again)))
            bug("an event changed");
    }
    buf_free(&again);
    numset_free(&uids);
    numset_free(&to_uids);
    return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool (*const kinds[])(struct span, struct buf *) = {
        account, folder, message, cold, tombstone, gone, intent, number, event,
    };
    struct buf out = { 0 };
    struct span row;

    if (size == 0)
        return 0;
    row = span_from(data + 1, size - 1);
    if (kinds[data[0] % (sizeof kinds / sizeof *kinds)](row, &out) &&
        !span_eq(row, buf_span(&out)))
        bug("a row changed");
    buf_free(&out);
    return 0;
}
