/*
 * A whole session: the first octet chooses the listener and how well the store
 * does, the rest is what the client sends, in pieces of the length that the
 * second octet gives.
 */
#include "net/conn.h"
#include "pop3d/session.h"
#include "tests/pop3d/fake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PIECES_MAX 4096

static const struct settings settings = {
    .hostname = "mail.example.org",
    .auth.require_tls = true,
    .limits.login_timeout = 60,
};

static const struct pop3_service service = { .settings = &settings,
                                             .has_tls = true };

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
    log_open("fuzz", LOG_ERROR + 1, LOG_TEXT);
    fake_reset();
    fake.mails = 3;
    fake.fail_open = (data[0] & 2) != 0 ? FAIL_BUSY : 0;
    fake.fail_message = (data[0] & 4) != 0 ? FAIL_NOT_FOUND : 0;
    fake.fail_remove = (data[0] & 8) != 0 ? FAIL_IO : 0;
    fake.promised = (data[0] & 16) != 0 ? 100000 : 0;
    c = conn_new_for_test(&pop3_protocol, &service, "pop3", (data[0] & 1) != 0,
                          &out);
    talk(c, span_from(data + 2, size - 2), (size_t)data[1] + 1);
    conn_test_free(&c);
    if (fake.is_in || out.n < 5)
        abort();
    if (out.n < 2 || !span_ends(buf_span(&out), "\n"))
        if (fake.promised == 0)
            abort();
    fake_reset();
    buf_free(&out);
    return 0;
}
