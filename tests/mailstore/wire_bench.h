/* What the tests of mailstore/wire.h share. */
#ifndef TESTS_MAILSTORE_WIRE_BENCH_H
#define TESTS_MAILSTORE_WIRE_BENCH_H

#include "tests/check.h"

#include "mail/flags.h"
#include "mailstore/wire.h"

#include <string.h>

/* put writes a body, get reads it and says whether it is a whole one. */
struct wire_case {
    const char *name;
    void (*put)(struct buf *b);
    bool (*get)(struct span *body);
};

static struct span
text(const char *t)
{
    return span_of(t);
}

static inline struct numset
some_uids(void)
{
    struct numset s = { 0 };

    numset_add(&s, 3, 3);
    numset_add(&s, 9, 12);
    numset_add(&s, 4000000000u, UINT32_MAX);
    return s;
}

static inline bool
is_some_uids(const struct numset *s)
{
    return s->n == 3 && s->r[0].first == 3 && s->r[1].last == 12 &&
           s->r[2].last == UINT32_MAX;
}

/* Each cut is a block of its own, so that a read behind it is seen. */
static bool
get_cut(const struct wire_case *c, struct span whole, size_t n)
{
    char *copy = malloc(n + 1);
    struct span body;
    bool fine;

    memcpy(copy, whole.p, n < whole.n ? n : whole.n);
    if (n > whole.n)
        copy[whole.n] = 0;
    body = span_from(copy, n);
    fine = c->get(&body);
    free(copy);
    return fine;
}

/* Cut short anywhere, or with a byte too many, it must be refused. */
static void
check_cases(const struct wire_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct wire_case *c = &cases[i];
        struct buf b = { 0 };

        c->put(&b);
        CHECK(get_cut(c, buf_span(&b), b.n), "%s: whole", c->name);
        for (size_t n = 0; n < b.n; n++)
            CHECK(!get_cut(c, buf_span(&b), n), "%s: cut after %zu bytes",
                  c->name, n);
        CHECK(!get_cut(c, buf_span(&b), b.n + 1), "%s: a byte too many",
              c->name);
        buf_free(&b);
    }
}

#endif
