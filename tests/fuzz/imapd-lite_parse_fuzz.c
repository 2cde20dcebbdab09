/* Every token either is taken and moves the cursor on, or leaves it where it
 * was; what is printed can be parsed again; and where the network cuts a
 * command must not matter. */
#include "base/buf.h"
#include "imapd-lite/append.h"
#include "imapd-lite/input.h"
#include "imapd-lite/list.h"
#include "imapd-lite/parse.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool ok)
{
    if (!ok)
        abort();
}

/* --- strings ---------------------------------------------------------------- */

typedef bool take_fn(struct cursor *c, struct arena *a, struct span *out);

static void
check_again(struct span s)
{
    struct buf text = { 0 };
    struct arena a = { 0 };
    struct cursor c;
    struct span again;

    imap_put_string(&text, s);
    c = cursor_on(buf_span(&text));
    must(imap_take_string(&c, &a, &again) && take_end(&c));
    must(span_eq(s, again));
    arena_clear(&a);
    buf_free(&text);
}

static void
try_string(take_fn *take_it, struct span text, bool is_name)
{
    struct cursor c = cursor_on(text);
    const char *start = c.at;
    struct arena a = { 0 };
    struct span out = { NULL, 0 };

    if (!take_it(&c, &a, &out)) {
        must(c.at == start && c.want != NULL);
    } else {
        must(c.at > start && c.at <= c.end);
        if (out.p != NULL && !is_name)
            check_again(out);
    }
    arena_clear(&a);
}

static bool
take_tag(struct cursor *c, struct arena *a, struct span *out)
{
    (void)a;
    return imap_take_tag(c, out);
}

/* --- sets --------------------------------------------------------------------- */

static void
try_set(struct span text, uint32_t star, bool limit)
{
    struct imap_set_bounds bounds = { star, limit };
    struct cursor c = cursor_on(text);
    const char *start = c.at;
    struct numset set = { 0 };
    struct numset again = { 0 };
    struct buf first = { 0 };
    struct buf second = { 0 };

    if (!imap_take_sequence_set(&c, bounds, &set)) {
        must(c.at == start && set.n == 0);
    } else if (set.n > 0) {
        must(set.r[0].first >= 1);
        must(!limit || set.r[set.n - 1].last <= star);
        numset_print(&set, &first);
        c = cursor_on(buf_span(&first));
        must(imap_take_sequence_set(&c, bounds, &again) && take_end(&c));
        numset_print(&again, &second);
        must(span_eq(buf_span(&first), buf_span(&second)));
    }
    numset_free(&set);
    numset_free(&again);
    buf_free(&first);
    buf_free(&second);
}

/* --- whole arguments --------------------------------------------------------------- */

static void
try_arguments(struct span text)
{
    struct arena a = { 0 };
    struct list_request *r = arena_take(&a, sizeof *r);
    struct imap_append_head head;
    struct store_flags flags;
    struct cursor c = cursor_on(text);

    if (imap_take_flags(&c, &a, &flags))
        must(c.at > text.p || text.n == 0);
    c = cursor_on(text);
    if (imap_take_list_request(&c, &a, text.n % 2 == 0, r))
        (void)imap_list_matches(r, span_of("INBOX/a/b/c"));
    c = cursor_on(text);
    (void)imap_take_append_head(&c, &a, &head);
    arena_clear(&a);
}

/* --- collecting ------------------------------------------------------------------------ */

static const struct imap_input_limits limits = {
    .line_max = 64,
    .literals_max = 32,
    .swallow_max = 64,
};

static bool
note(struct imap_input *i, enum imap_got got, struct buf *log)
{
    if (got == INPUT_MORE)
        return false;
    buf_put_ch(log, (char)('0' + (int)got));
    if (got == INPUT_LITERAL)
        buf_put_ch(log, imap_input_accept(i, &limits) ? '+' : '-');
    if (got == INPUT_COMMAND) {
        must(i->text.n <= limits.line_max + limits.literals_max + 16);
        must(!imap_input_is_inside(i) && !i->text.full);
        if (i->refused == NULL)
            buf_put(log, buf_span(&i->text));
        imap_input_clear(i);
    }
    return got != INPUT_HOPELESS;
}

static void
collect(struct span wire, size_t step, struct buf *log)
{
    struct imap_input input = { 0 };
    struct buf held = { 0 };

    for (; wire.n > 0 && input.state != INPUT_AT_HOPELESS;
         wire = span_after(wire, step)) {
        struct span in;

        buf_put(&held, span_sub(wire, 0, step));
        in = buf_span(&held);
        while (note(&input, imap_input_take(&input, &in, &limits), log))
            continue;
        buf_consume(&held, held.n - in.n);
    }
    imap_input_free(&input);
    buf_free(&held);
}

static void
try_collecting(struct span wire)
{
    struct buf whole = { 0 };
    struct buf cut = { 0 };

    collect(wire, wire.n == 0 ? 1 : wire.n, &whole);
    collect(wire, 1 + wire.n % 5, &cut);
    must(span_eq(buf_span(&whole), buf_span(&cut)));
    buf_free(&whole);
    buf_free(&cut);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_from(data, size);

    try_string(take_tag, text, false);
    try_string(imap_take_string, text, false);
    try_string(imap_take_astring, text, false);
    try_string(imap_take_nstring, text, false);
    try_string(imap_take_mailbox, text, true);
    try_string(imap_take_pattern, text, true);
    try_set(text, 9, true);
    try_set(text, 0, true);
    try_set(text, 4000000000u, false);
    try_arguments(text);
    try_collecting(text);
    return 0;
}
