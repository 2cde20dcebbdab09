#include "base/error.h"
#include "mail/date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read is printed and read again. */
static void
check_again(int64_t seconds)
{
    struct buf out = { 0 };
    struct cursor c;
    int64_t again;

    buf_put_ch(&out, '"');
    date_print_imap(seconds, &out);
    buf_put_ch(&out, '"');
    c = cursor_on(buf_span(&out));
    if (seconds > -62135596800 && seconds < 253402300800 &&
        (!take_imap_date_time(&c, &again) || again != seconds))
        bug("printed otherwise than read");
    buf_clear(&out);
    date_print_822(seconds, &out);
    if (seconds >= -2208988800 && seconds < 253402300800 &&
        (!date_parse_822(buf_span(&out), &again) || again != seconds))
        bug("printed otherwise than read");
    buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_from(data, size);
    struct cursor c = cursor_on(text);
    int64_t seconds;

    if (date_parse_822(text, &seconds))
        check_again(seconds);
    if (date_day_822(text, &seconds) && seconds % 86400 != 0)
        bug("not midnight");
    if (take_imap_date_time(&c, &seconds))
        check_again(seconds);
    c = cursor_on(text);
    if (take_imap_date(&c, &seconds))
        check_again(seconds);
    return 0;
}
