#include "pillarbox/progress.h"
#include "tests/check.h"

/* clang-format off */
static const struct {
    uint64_t done, total;
    int64_t ms;
    const char *line, *why;
} cases[] = {
    { 12400, 36512, 5368, "import   33%  12,400/36,512  2,309/s  ETA 11 s",
      "in between" },
    { 36512, 36512, 10000, "import  100%  36,512/36,512  3,651/s", "the end" },
    { 0, 0, 0, "import  100%  0/0  0/s", "nothing to do" },
    { 0, 1000007, 5, "import    0%  0/1,000,007  0/s", "nothing done yet" },
};
/* clang-format on */

int
main(void)
{
    struct progress p = { .what = "import" };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf got = { 0 };

        progress_print(&p, cases[i].done, cases[i].total, cases[i].ms, &got);
        CHECK(span_is(buf_span(&got), cases[i].line), "%s: %s", cases[i].why,
              buf_text(&got));
        buf_free(&got);
    }
    return check_report();
}
