#include "base/map.h"
#include "tests/check.h"

#include <stdint.h>
#include <stdio.h>

#define MANY 5000

static int numbers[MANY];

static struct span
key_of(int i, char text[16])
{
    return span_from(text, (size_t)snprintf(text, 16, "key%d", i));
}

static void
check_many(struct map *m)
{
    char text[16];
    size_t at = 0;
    size_t seen = 0;
    struct span key;
    void *value;

    for (int i = 0; i < MANY; i++)
        CHECK(map_put(m, key_of(i, text), &numbers[i]) == NULL, "new %d", i);
    for (int i = 0; i < MANY; i += 2)
        CHECK(map_remove(m, key_of(i, text)) == &numbers[i], "gone %d", i);
    for (int i = 0; i < MANY; i++)
        CHECK(map_get(m, key_of(i, text)) == (i % 2 ? &numbers[i] : NULL), "%d",
              i);
    while (map_next(m, &at, &key, &value)) {
        map_remove(m, key);
        seen++;
    }
    CHECK(seen == MANY / 2 && map_count(m) == 0, "the walk sees each once");
    at = 0;
    CHECK(!map_next(m, &at, &key, &value) && at < MANY,
          "an empty one is small again: %zu slots", at);
}

static void
check_churn(struct map *m)
{
    char text[16];

    for (int i = 0; i < 100000; i++) {
        map_put(m, key_of(i, text), &numbers[0]);
        map_remove(m, key_of(i, text));
    }
    CHECK(map_count(m) == 0, "dead slots do not pile up");
}

int
main(void)
{
    struct map *m = map_new();

    check_many(m);
    check_churn(m);
    CHECK(map_put(m, span_of("a"), &numbers[1]) == NULL, "new");
    CHECK(map_put(m, span_of("a"), &numbers[2]) == &numbers[1], "replaced");
    CHECK(map_get(m, span_of("")) == NULL, "the empty key is another");
    CHECK(map_put(m, span_of(""), &numbers[3]) == NULL, "and may be there");
    CHECK(map_get(m, span_of("")) == &numbers[3], "found");
    map_free(&m);
    map_free(&m);
    return check_report();
}
