/* Collecting commands with their literals, and what APPEND makes of it. */
#include "base/buf.h"
#include "imapd-lite/append.h"
#include "imapd-lite/input.h"
#include "tests/check.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* --- collecting commands --------------------------------------------------------------- */

static const struct imap_input_limits small = {
    .line_max = 60,
    .literals_max = 20,
    .swallow_max = 30,
};

/* clang-format off */
static const struct {
    const char *why, *wire;
    const char *log; /* "+" literal accepted, "[text]" command, "(why)" refused, "!" hopeless */
} inputs[] = {
    { "a line",                 "a NOOP\r\n",                   "[a NOOP]" },
    { "two lines are two commands", "a NOOP\r\nb NOOP\r\n",     "[a NOOP][b NOOP]" },
    { "an empty line",          "\r\n",                         "[]" },
    { "a literal",              "a X {3}\r\nb c\r\n",           "+[a X {3}\r\nb c]" },
    { "a literal with CR LF",   "a X {4+}\r\n\r\n\r\n y\r\n",   "[a X {4+}\r\n\r\n\r\n y]" },
    { "a literal is no command", "a X {10+}\r\nb LOGOUT\r\n\r\nc\r\n",
                                "[a X {10+}\r\nb LOGOUT\r\n][c]" },
    { "two literals",           "a X {1}\r\nb{2+}\r\ncd\r\n",   "+[a X {1}\r\nb{2+}\r\ncd]" },
    { "an empty literal",       "a X {0}\r\n\r\n",              "+[a X {0}\r\n]" },
    { "too large and waiting: it is not sent", "a X {21}\r\nb NOOP\r\n",
                                "(Literal too large)[b NOOP]" },
    { "too large and not waiting: it is eaten",
                                "a X {21+}\r\nb LOGOUT\r\nc LOGOUTx\r.\r\nd NOOP\r\n",
                                "(Literal too large)[d NOOP]" },
    { "the rest of a refused command is its own", "a X {21+}\r\n123456789012345678901 {3+}\r\nabc y\r\nz\r\n",
                                "(Literal too large)[z]" },
    { "a refused command ends where a literal would wait", "a X {21+}\r\n123456789012345678901 {3}\r\nz\r\n",
                                "(Literal too large)[z]" },
    { "the sum of literals counts", "a X {15}\r\n123456789012345 {6}\r\nz\r\n",
                                "+(Literal too large)[z]" },
    { "much too large: give up", "a X {31+}\r\n",               "!" },
    { "the sum of what is eaten counts", "a X {21+}\r\n123456789012345678901 {21+}\r\nxx", "!" },
    { "2^63 and waiting",       "a X {9223372036854775808}\r\nz\r\n", "(Literal too large)[z]" },
    { "2^63 and not waiting",   "a X {9223372036854775808+}\r\nz\r\n", "!" },
    { "2^63 - 1 and not waiting", "a X {9223372036854775807+}\r\nz\r\n", "!" },
    { "a bare LF",              "a NOOP\nb NOOP\r\n",           "!" },
    { "a bare CR",              "a NOOP\rb\r\n",                "!" },
    { "a line too long",        "a 3456789012345678901234567890123456789012345678901234567890\r\n",
                                "[a 3456789012345678901234567890123456789012345678901234567890]" },
    { "a line one too long",    "a 34567890123456789012345678901234567890123456789012345678901\r\n", "!" },
    { "lines of a command count together",
                                "a 345678901234567890123456789012345678901234567890 {1+}\r\nx7890\r\n", "!" },
};
/* clang-format on */

static bool
note(struct imap_input *i, enum imap_got got, struct buf *log)
{
    switch (got) {
    case INPUT_MORE:
        return false;
    case INPUT_LITERAL:
        if (imap_input_accept(i, &small))
            buf_put_ch(log, '+');
        return true;
    case INPUT_COMMAND:
        buf_put_ch(log, i->refused == NULL ? '[' : '(');
        buf_put(log,
                i->refused == NULL ? buf_span(&i->text) : span_of(i->refused));
        buf_put_ch(log, i->refused == NULL ? ']' : ')');
        imap_input_clear(i);
        return true;
    case INPUT_HOPELESS:
        buf_put_ch(log, '!');
        return false;
    }
    return false;
}

static void
feed(struct imap_input *i, struct span wire, size_t step, struct buf *log)
{
    struct buf held = { 0 };

    while (wire.n > 0 && i->state != INPUT_AT_HOPELESS) {
        struct span in;

        buf_put(&held, span_sub(wire, 0, step));
        wire = span_after(wire, step);
        in = buf_span(&held);
        while (note(i, imap_input_take(i, &in, &small), log))
            continue;
        buf_consume(&held, held.n - in.n);
    }
    buf_free(&held);
}

static void
check_inputs(size_t step)
{
    for (size_t i = 0; i < COUNT(inputs); i++) {
        struct imap_input input = { 0 };
        struct buf log = { 0 };

        feed(&input, span_of(inputs[i].wire), step, &log);
        CHECK(span_is(buf_span(&log), inputs[i].log), "%s (step %zu): %s",
              inputs[i].why, step, buf_text(&log));
        imap_input_free(&input);
        buf_free(&log);
    }
}

/* --- APPEND ---------------------------------------------------------------- */

static bool
gather(void *arg, struct span bytes)
{
    buf_put(arg, bytes);
    return true;
}

static void
check_append_lines(size_t step)
{
    static const char *const cases[][2] = {
        { "a\r\nb\r\n", "a\r\nb\r\n" },
        { "a\nb\n", "a\r\nb\r\n" },
        { "\n", "\r\n" },
        { "\n\n", "\r\n\r\n" },
        { "\r\n", "\r\n" },
        { "a\r\r\nb", "a\r\r\nb" },
        { "a\rb\n", "a\rb\r\n" },
        { "x", "x" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct imap_append_lines l = { 0 };
        struct span rest = span_of(cases[i][0]);
        struct buf out = { 0 };

        for (; rest.n > 0; rest = span_after(rest, step))
            imap_append_lines(&l, span_sub(rest, 0, step), gather, &out);
        CHECK(span_is(buf_span(&out), cases[i][1]), "case %zu, step %zu", i,
              step);
        buf_free(&out);
    }
}

static void
check_append_heads(void)
{
    static const struct {
        const char *in;
        bool ok;
    } cases[] = {
        { " INBOX {5}\r\n", true },
        { " INBOX (\\Seen) {5}\r\n", true },
        { " INBOX (\\Seen) \"21-Nov-2026 10:00:00 +0000\" {5}\r\n", true },
        { " INBOX \"21-Nov-2026 10:00:00 +0000\" {5}\r\n", true },
        { " INBOX \"tomorrow\" {5}\r\n", false },
        { " INBOX (\\Recent) {5}\r\n", false },
        { " {5}\r\n", false },
        { " {5}\r\nINBOX {7}\r\n", true },
        { " INBOX{5}\r\n", false },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cursor c = cursor_on(span_of(cases[i].in));
        struct arena a = { 0 };
        struct imap_append_head h;
        bool ok = imap_take_append_head(&c, &a, &h) && *c.at == '{';

        CHECK(ok == cases[i].ok, "%s", cases[i].in);
        arena_clear(&a);
    }
}

int
main(void)
{
    check_inputs(1);
    check_inputs(3);
    check_inputs(1000);
    check_append_lines(1);
    check_append_lines(100);
    check_append_heads();
    return check_report();
}
