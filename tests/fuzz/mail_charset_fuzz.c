/* A charset's name, a line end, and text; all that comes out is UTF-8. */
#include "base/error.h"
#include "mail/charset.h"
#include "mail/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_utf8(struct buf *out)
{
    if (!utf8_is_valid(buf_span(out)))
        bug("not UTF-8");
    buf_clear(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_from(data, size);
    struct span charset = { 0 }, rest = text;
    struct header_field f;
    struct buf out = { 0 }, again = { 0 };

    charset_decode_words(text, &out);
    check_utf8(&out);
    charset_decode_qp(text, &out);
    if (out.n > size)
        bug("quoted-printable grew");
    buf_clear(&out);
    charset_fold(text, &out);
    charset_fold(buf_span(&out), &again);
    if (!span_eq(buf_span(&out), buf_span(&again)))
        bug("folded twice is not folded once");
    buf_clear(&out);
    while (header_next(&rest, &f))
        header_unfold(f.value, &out);
    buf_clear(&out);
    if (header_size(text) > size)
        bug("a header larger than its message");
    rest = text;
    if (span_cut(&rest, '\n', &charset)) {
        charset_to_utf8(rest, charset, &out);
        check_utf8(&out);
    }
    buf_free(&out);
    buf_free(&again);
    return 0;
}
