/* Mail that is made to be expensive: every one within its time, its size, and
 * legal (docs: the attacks that other servers fell to). */
#include "base/clock.h"
#include "mail/summary.h"
#include "tests/mail/summarize.h"

#include <stdio.h>

#define MILLISECONDS_MAX 6000 /* with sanitizers, on a busy machine */

typedef void attack_fn(struct buf *out);

/* Each multipart inside the one before. */
static void
deep_multiparts(struct buf *out)
{
    for (int i = 0; i < 50000; i++)
        buf_printf(out,
                   "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n"
                   "--b%d\r\n",
                   i, i);
}

static void
deep_messages(struct buf *out)
{
    for (int i = 0; i < 50000; i++)
        buf_put_text(out, "Content-Type: message/rfc822\r\n\r\n");
}

static void
many_parts(struct buf *out)
{
    buf_put_text(out, "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
    for (int i = 0; i < 100000; i++)
        buf_put_text(out,
                     "--b\r\nContent-Type: image/gif; name=a\r\n\r\n.\r\n");
    buf_put_text(out, "--b--\r\n");
}

static void
many_digest_messages(struct buf *out)
{
    buf_put_text(out, "Content-Type: multipart/digest; boundary=b\r\n\r\n");
    for (int i = 0; i < 20000; i++)
        buf_printf(out, "--b\r\n\r\nFrom: a%d@b\r\nTo: c@d, e@f\r\n\r\n.\r\n",
                   i);
}

/* Boundaries that begin with one another, and lines that begin with all. */
static void
prefix_boundaries(struct buf *out)
{
    char b[200];

    for (int i = 0; i < 199; i++)
        b[i] = 'x';
    for (int i = 0; i < 50; i++)
        buf_printf(out,
                   "Content-Type: multipart/mixed; boundary=\"%.*s\"\r\n\r\n"
                   "--%.*s\r\n",
                   149 + i, b, 149 + i, b);
    for (int i = 0; i < 100000; i++)
        buf_printf(out, "--%.*sy\r\n", 148, b);
}

static void
empty_groups(struct buf *out)
{
    buf_put_text(out, "To: ");
    for (int i = 0; i < 200000; i++)
        buf_put_text(out, "a:;,\r\n ");
    buf_put_text(out, "\r\n\r\nbody\r\n");
}

static void
many_recipients(struct buf *out)
{
    buf_put_text(out, "From: a@b\r\n");
    for (int i = 0; i < 5000; i++)
        buf_printf(out, "To: \"User %d\" <user%d@example.org>\r\n", i, i);
    for (int i = 0; i < 5000; i++)
        buf_printf(out, "Cc: \"User %d\" <user%d@example.org>\r\n", i, i);
    buf_put_text(out, "\r\nbody\r\n");
}

static void
large_header(struct buf *out)
{
    for (int i = 0; i < 100000; i++)
        buf_printf(out, "X-Field-%d: %040d\r\n", i, i);
    buf_put_text(out, "Subject: too far away\r\n\r\nbody\r\n");
}

static void
one_line(struct buf *out)
{
    buf_put_text(out, "Subject: ");
    for (int i = 0; i < 500000; i++)
        buf_put_text(out, "=?utf-8?Q?");
}

static void
parameter_flood(struct buf *out)
{
    buf_put_text(out, "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
    for (int part = 0; part < 900; part++) {
        buf_put_text(out, "--b\r\nContent-Type: text/plain");
        for (int i = 0; i < 100; i++)
            buf_printf(out, ";\r\n n%d*%d*=%%41", part % 2 ? i : 0,
                       part % 2 ? 0 : i);
        buf_put_text(out, "\r\n\r\n");
    }
}

static void
open_brackets(struct buf *out)
{
    static const char *const fields[] = { "From: ", "Content-Type: ", "Date: ",
                                          "Content-Disposition: a; " };

    for (int i = 0; i < 4; i++) {
        buf_put_text(out, fields[i]);
        for (int n = 0; n < 300000; n++)
            buf_put_text(out, i == 0 ? "(<\"" : "(");
        buf_put_text(out, "\r\n");
    }
    buf_put_text(out, "\r\n");
}

static void
at_signs(struct buf *out)
{
    buf_put_text(out, "From: ");
    for (int i = 0; i < 300000; i++)
        buf_put_text(out, "a@");
    buf_put_text(out, "\r\nTo: <");
    for (int i = 0; i < 300000; i++)
        buf_put_text(out, "@a:");
    buf_put_text(out, "\r\n\r\n");
}

static void
nuls(struct buf *out)
{
    buf_put_text(out, "Subject: a");
    buf_put_ch(out, '\0');
    buf_put_text(out, "b\xff\r\nFrom: x");
    buf_put_ch(out, '\0');
    buf_put_text(out, "\xff@y\r\nContent-Type: text/plain; a=\"");
    buf_put_ch(out, '\0');
    buf_put_text(out, "\"\r\n\r\n");
}

/* clang-format off */
static const struct {
    const char *why;
    attack_fn *make;
} attacks[] = {
    { "50,000 multiparts, one in the other",    deep_multiparts      },
    { "50,000 messages, one in the other",      deep_messages        },
    { "100,000 parts",                          many_parts           },
    { "20,000 messages in a digest",            many_digest_messages },
    { "boundaries that begin with one another", prefix_boundaries    },
    { "200,000 empty groups (Dovecot aborts)",  empty_groups         },
    { "10,000 recipients",                      many_recipients      },
    { "a header of 5 MB (CVE-2024-23185)",      large_header         },
    { "5 MB without a line end",                one_line             },
    { "RFC 2231 pieces (CVE-2026-27859)",       parameter_flood      },
    { "comments that never end",                open_brackets        },
    { "at signs",                               at_signs             },
    { "NULs, which IMAP cannot say",            nuls                 },
};
/* clang-format on */

static void
check_attack(struct span message, const char *why)
{
    struct buf blob = { 0 }, other = { 0 };
    struct summary s;
    int64_t start = clock_monotonic_ms();
    int64_t took;

    summarize(message, 65536, &blob);
    took = clock_monotonic_ms() - start;
    CHECK(took < MILLISECONDS_MAX, "%lld ms: %s", (long long)took, why);
    CHECK(blob.n <= SUMMARY_BLOB_MAX, "%zu octets: %s", blob.n, why);
    CHECK(summary_open(buf_span(&blob), &s), "opens: %s", why);
    CHECK(grammar_is_legal(&s), "legal: %s\n%.*s", why, SPAN(s.body_structure));
    summarize(message, 3, &other);
    CHECK(span_eq(buf_span(&blob), buf_span(&other)), "in threes: %s", why);
    printf("%6lld ms %5zu octets %4zu parts  %s\n", (long long)took, blob.n,
           summary_part_count(&s), why);
    buf_free(&blob);
    buf_free(&other);
}

int
main(void)
{
    for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
        struct buf message = { 0 };

        attacks[i].make(&message);
        check_attack(buf_span(&message), attacks[i].why);
        buf_free(&message);
    }
    return check_report();
}
