#include "mailstore/uidl.h"

#include "base/cursor.h"
#include "base/fs.h"
#include "base/mem.h"
#include "mailstore/wire.h"
#include "mailstore/wire_import.h"

#include <inttypes.h>
#include <stdlib.h>

bool
uidl_is_valid(struct span text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '!' || text.p[i] > '~')
            return false;
    return text.n > 0 && text.n <= STORE_UIDL_MAX;
}

/* uidl-line = uid SP unique-id */
static void
parse_line(struct span line, struct buf *pairs)
{
    struct cursor c = cursor_on(line);
    struct store_uidl u;

    if (!take_number(&c, &u.uid) || u.uid == 0 || !take(&c, ' '))
        return;
    u.text = cursor_rest(&c);
    if (uidl_is_valid(u.text))
        wire_put_uidl(pairs, &u);
}

bool
uidl_parse(struct span text, uint32_t uid_validity, struct buf *pairs)
{
    struct cursor c;
    struct span line;
    uint32_t of;

    if (!span_cut(&text, '\n', &line))
        return false;
    c = cursor_on(line);
    if (!take_nocase(&c, "pillarbox-uidl 1 ") || !take_number(&c, &of) ||
        !take_end(&c) || of != uid_validity)
        return false;
    while (span_cut(&text, '\n', &line))
        parse_line(line, pairs);
    return true;
}

struct numbered {
    struct store_uidl uidl;
    size_t at;
};

static int
order_numbered(const void *a, const void *b)
{
    const struct numbered *x = a;
    const struct numbered *y = b;

    if (x->uidl.uid != y->uidl.uid)
        return x->uidl.uid < y->uidl.uid ? -1 : 1;
    return x->at < y->at ? -1 : 1;
}

void
uidl_print(struct span pairs, uint32_t uid_validity, struct buf *text)
{
    struct numbered *all = NULL;
    struct store_uidl u;
    size_t n = 0;
    size_t room = 0;

    while (wire_next_uidl(&pairs, &u)) {
        if (n == room) {
            room = 2 * room + 64;
            all = mem_grow(all, room * sizeof *all);
        }
        all[n] = (struct numbered){ u, n };
        n++;
    }
    if (n > 0)
        qsort(all, n, sizeof *all, order_numbered);
    buf_printf(text, "pillarbox-uidl 1 %" PRIu32 "\n", uid_validity);
    for (size_t i = 0; i < n; i++) {
        if (i + 1 < n && all[i + 1].uidl.uid == all[i].uidl.uid)
            continue;
        buf_printf(text, "%" PRIu32 " ", all[i].uidl.uid);
        buf_put(text, all[i].uidl.text);
        buf_put_ch(text, '\n');
    }
    free(all);
}

bool
uidl_read(int dir, uint32_t uid_validity, struct buf *pairs, struct error *e)
{
    struct buf text = { .max = UIDL_BYTES_MAX };
    bool done = fs_read_file(dir, UIDL_FILE, &text, e);

    if (done)
        uidl_parse(buf_span(&text), uid_validity, pairs);
    buf_free(&text);
    return done || e->kind == FAIL_NOT_FOUND;
}

bool
uidl_add(int dir, uint32_t uid_validity, struct span more, struct error *e)
{
    struct buf pairs = { 0 };
    struct buf text = { .max = UIDL_BYTES_MAX };
    bool done = uidl_read(dir, uid_validity, &pairs, e);

    if (done) {
        buf_put(&pairs, more);
        uidl_print(buf_span(&pairs), uid_validity, &text);
        done = !text.full && !pairs.full;
        if (!done)
            fail(e, FAIL_LIMIT, "too many unique-ids");
    }
    done = done && fs_replace(dir, UIDL_FILE, buf_span(&text), 0600, e);
    buf_free(&pairs);
    buf_free(&text);
    return done;
}
