#include "base/buf.h"
#include "tests/check.h"

#include <string.h>

static void
check_limit(void)
{
    struct buf b = { .max = 5 };

    buf_put_text(&b, "abc");
    buf_put_text(&b, "def");
    CHECK(b.full, "three and three are more than five");
    CHECK(span_is(buf_span(&b), "abc"), "what would pass is not added");
    buf_put_text(&b, "de");
    CHECK(span_is(buf_span(&b), "abcde") && b.full, "full stays until clear");
    buf_clear(&b);
    CHECK(!b.full && b.n == 0, "clear resets both");
    CHECK(buf_room(&b, SIZE_MAX) == NULL && b.full, "sizes do not wrap");
    buf_free(&b);
}

static void
check_building(void)
{
    struct buf b = { .max = 0 };

    buf_printf(&b, "%d-%s", 42, "x");
    buf_put_ch(&b, ' ');
    buf_put_number(&b, 0);
    buf_put_number(&b, UINT64_MAX);
    CHECK(strcmp(buf_text(&b), "42-x 018446744073709551615") == 0, "%s",
          buf_text(&b));
    buf_consume(&b, 5);
    CHECK(span_starts(buf_span(&b), "0184"), "consumed from the front");
    buf_consume(&b, 999);
    CHECK(b.n == 0, "consuming more than there is leaves nothing");
    for (int i = 0; i < 10000; i++)
        buf_put_text(&b, "0123456789");
    CHECK(b.n == 100000 && !b.full, "it grows");
    buf_free(&b);
    buf_put_text(&b, "again");
    CHECK(span_is(buf_span(&b), "again"), "usable after free");
    buf_free(&b);
}

int
main(void)
{
    check_limit();
    check_building();
    return check_report();
}
