#include "base/numset.h"
#include "tests/check.h"

#include <string.h>

#define SMALL 64

/* Against a plain array of bools. */
static void
check_random(void)
{
    unsigned seed = 7;

    for (int round = 0; round < 300; round++) {
        bool naive[SMALL] = { false };
        struct numset s = { 0 };
        uint64_t count = 0;

        for (int i = 0; i < 12; i++) {
            uint32_t a, b;

            seed = seed * 1103515245 + 12345;
            a = seed >> 16 & (SMALL - 1);
            b = seed >> 24 & (SMALL - 1);
            numset_add(&s, a, b);
            for (uint32_t n = a < b ? a : b; n <= (a < b ? b : a); n++)
                naive[n] = true;
        }
        for (uint32_t n = 0; n < SMALL; n++) {
            count += naive[n];
            CHECK(numset_has(&s, n) == naive[n], "%u", n);
        }
        CHECK(numset_count(&s) == count, "count");
        for (size_t i = 1; i < s.n; i++)
            CHECK(s.r[i].first > s.r[i - 1].last + 1, "apart and sorted");
        numset_free(&s);
    }
}

static void
check_print(void)
{
    struct numset s = { 0 };
    struct numset other = { 0 };
    struct buf b = { .max = 100 };
    struct numset_walk at = { 0 };
    uint32_t n;
    uint64_t sum = 0;

    numset_add(&s, 9, 7);
    numset_add(&s, 1, 1);
    numset_add(&s, UINT32_MAX, UINT32_MAX);
    numset_print(&s, &b);
    CHECK(span_is(buf_span(&b), "1,7:9,4294967295"), "%s", buf_text(&b));
    while (numset_next(&s, &at, &n))
        sum += n;
    CHECK(sum == 1 + 7 + 8 + 9 + (uint64_t)UINT32_MAX, "the walk ends");
    numset_add(&other, 8, 100);
    numset_keep(&s, &other);
    buf_clear(&b);
    numset_print(&s, &b);
    CHECK(span_is(buf_span(&b), "8:9"), "%s", buf_text(&b));
    buf_free(&b);
    numset_free(&s);
    numset_free(&other);
}

int
main(void)
{
    check_random();
    check_print();
    return check_report();
}
