#include "base/arena.h"
#include "tests/check.h"

#include <stdint.h>
#include <string.h>

int
main(void)
{
    struct arena a = { 0 };
    struct span copy;
    bool zero = true;

    for (size_t n = 0; n < 3000; n += 7) {
        char *p = arena_take(&a, n);

        CHECK((uintptr_t)p % sizeof(long double) == 0, "aligned at %zu", n);
        for (size_t i = 0; i < n; i++)
            zero = zero && p[i] == 0;
        memset(p, 0xff, n);
    }
    CHECK(zero, "memory comes zeroed");
    copy = arena_copy(&a, span_from("a\0b", 3));
    CHECK(span_eq(copy, span_from("a\0b", 3)), "copies keep NULs");
    CHECK(strcmp(arena_text(&a, span_of("text")), "text") == 0, "a C string");
    CHECK(strcmp(arena_printf(&a, "%d%s", 7, "x"), "7x") == 0, "printf");
    arena_clear(&a);
    CHECK(arena_take(&a, 1) != NULL, "usable after clear");
    arena_clear(&a);
    return check_report();
}
