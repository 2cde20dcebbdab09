#include "conf/syntax.h"
#include "conf/value.h"

#include <stdint.h>
#include <stdlib.h>

static void
on_set(void *arg, struct span section, struct span key, struct span value,
       const struct syntax_place *key_at, const struct syntax_place *value_at)
{
    uint64_t size;
    unsigned number;

    (void)section;
    (void)key;
    syntax_report(arg, key_at, "key");
    syntax_report(arg, value_at, "value");
    value_size(value, &size);
    value_seconds(value, &number);
}

static void
on_include(void *arg, struct span pattern, const struct syntax_place *at)
{
    (void)pattern;
    syntax_report(arg, at, "include");
}

static void
on_wrong(void *arg, const char *what, const struct syntax_place *at)
{
    syntax_report(arg, at, what);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct syntax_calls calls = { on_set, on_include, on_wrong };
    struct buf report = { .max = 0 };

    syntax_read("file", span_from(data, size), &calls, &report);
    buf_free(&report);
    return 0;
}
