/* For the tests of kv: opening it, rows to put into it, and looking at them. */
#ifndef TESTS_KV_KV_HELP_H
#define TESTS_KV_KV_HELP_H

#include "kv/kv.h"

#include "base/mem.h"
#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS, BLOBS, TABLES };

static const struct kv_table tables[TABLES] = {
    [ROWS] = { "rows", 0 },
    [BLOBS] = { "blobs", 16384 },
};

static inline struct kv *
must_open(const char *dir, bool *clean)
{
    const struct kv_options o = { .dir = dir,
                                  .tables = tables,
                                  .table_count = TABLES,
                                  .cache_bytes = 1 << 20 };
    struct kv *kv = NULL;
    struct error e;

    if (!kv_open(&kv, &o, clean, &e))
        die("open %s: %s", dir, e.text);
    return kv;
}

static inline struct kv *
open_fresh(void)
{
    char dir[4096];
    bool clean = false;
    struct kv *kv;

    snprintf(dir, sizeof dir, "%s/a/b", check_dir());
    kv = must_open(dir, &clean);
    CHECK(clean, "an environment that is new had no unclean end");
    return kv;
}

static inline struct kv_txn *
begin(struct kv *kv)
{
    struct kv_txn *t = NULL;
    struct error e;

    if (!kv_begin(kv, &t, &e))
        die("begin: %s", e.text);
    return t;
}

static inline void
commit(struct kv_txn **t)
{
    struct error e;

    CHECK(kv_commit(t, &e), "commit: %s", e.text);
    CHECK(*t == NULL, "a transaction that is over is nothing");
}

static inline void
put(struct kv_txn *t, unsigned table, const char *key, const char *value)
{
    struct error e;

    CHECK(kv_put(t, table, span_of(key), span_of(value), &e), "put %s: %s", key,
          e.text);
}

static inline bool
has(struct kv_txn *t, unsigned table, const char *key, const char *value)
{
    struct buf out = { 0 };
    struct error e;
    bool found = kv_get(t, table, span_of(key), &out, &e) &&
                 span_is(buf_span(&out), value);

    buf_free(&out);
    return found;
}

static inline bool
open_fails(const char *dir, enum fail kind)
{
    const struct kv_options o = { .dir = dir,
                                  .tables = tables,
                                  .table_count = TABLES };
    struct kv *kv = NULL;
    struct error e;
    bool clean;

    if (!kv_open(&kv, &o, &clean, &e))
        return e.kind == kind;
    kv_close(&kv);
    return false;
}

#define MANY 20000

struct seen {
    unsigned count, stop_after;
    unsigned first, last;
    bool ordered, intact;
};

static inline bool
see(void *arg, struct span key, struct span value)
{
    struct seen *s = arg;
    unsigned n = (unsigned)strtoul(key.p, NULL, 10); /* ends at a non-digit */

    if (s->count == 0)
        s->first = n;
    else if (n <= s->last)
        s->ordered = false;
    if (value.n != n % 300 + (n % 5000 == 0 ? 500000 : 0))
        s->intact = false;
    s->last = n;
    s->count++;
    return s->count != s->stop_after;
}

/* Rows 00000x, 00001x... of n % 300 bytes; every 5000th larger than a read. */
static inline void
fill(struct kv *kv)
{
    struct kv_txn *t = begin(kv);
    char *value = mem_take(600000);
    char key[16];
    struct error e;

    for (unsigned n = 0; n < MANY; n++) {
        size_t size = n % 300 + (n % 5000 == 0 ? 500000 : 0);

        snprintf(key, sizeof key, "%06ux", n);
        if (!kv_put(t, ROWS, span_of(key), span_from(value, size), &e))
            CHECK(false, "put %s: %s", key, e.text);
        if (n % 1000 == 999) {
            commit(&t);
            t = begin(kv);
        }
    }
    commit(&t);
    free(value);
}

#endif
