/*
 * A whole session: the first octet chooses the port and how well the store
 * does, the rest is what the client sends, in pieces of the length that the
 * second octet gives.
 */
#include "net/conn.h"
#include "smtpd/session.h"
#include "tests/smtpd/fake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PIECES_MAX 4096

static const struct settings settings = {
    .hostname = "mail.example.org",
    .auth.require_tls = true,
    .limits = { .message_size = 4096, .recipients = 5 },
};

static const struct smtp_service service = { .settings = &settings,
                                             .has_tls = true };

/* RFC 5321 section 4.2: three digits, then a space or a hyphen. */
static void
check_replies(struct span said)
{
    struct span line;

    while (span_cut(&said, '\n', &line)) {
        if (line.n == 0)
            continue;
        if (line.n < 5 || line.p[line.n - 1] != '\r' ||
            (line.p[3] != ' ' && line.p[3] != '-'))
            abort();
        for (size_t i = 0; i < 3; i++)
            if (!ascii_is_digit(line.p[i]))
                abort();
    }
}

static void
talk(struct conn *c, struct span input, size_t step)
{
    enum next next = NEXT_INPUT;
    size_t pieces = 0;

    while (input.n > 0 && next != NEXT_CLOSE && pieces++ < PIECES_MAX) {
        next = conn_test_input(c, span_sub(input, 0, step));
        while (fake.due != NULL) {
            fake_answer();
            next = conn_test_input(c, span_of(""));
        }
        input = span_after(input, step < input.n ? step : input.n);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf out = { 0 };
    struct conn *c;

    if (size < 2)
        return 0;
    log_open("fuzz", LOG_ERROR, LOG_TEXT);
    fake_reset();
    fake.fail_begin = (data[0] & 4) != 0 ? FAIL_FULL : 0;
    fake.fail_commit = (data[0] & 8) != 0 ? FAIL_UNAVAILABLE : 0;
    fake.disk_full = (data[0] & 16) != 0;
    c = conn_new_for_test(&smtp_protocol, &service,
                          (data[0] & 1) != 0 ? "submission" : "smtp",
                          (data[0] & 2) != 0, &out);
    talk(c, span_from(data + 2, size - 2), (size_t)data[1] + 1);
    conn_test_free(&c);
    if (fake.deliveries != 0)
        abort();
    check_replies(buf_span(&out));
    fake_reset();
    buf_free(&out);
    return 0;
}
