/* For the tests of the index: opening it, and rows to put into it. */
#ifndef TESTS_MAILSTORE_INDEX_HELP_H
#define TESTS_MAILSTORE_INDEX_HELP_H

#include "mailstore/index.h"

#include "tests/check.h"

#include <stdio.h>

static inline struct index *
must_open(const char *dir, enum index_state want)
{
    struct index *ix;
    enum index_state state;
    struct error e;

    if (!index_open(dir, 1 << 20, &ix, &state, &e))
        die("open %s: %s", dir, e.text);
    CHECK(state == want, "%s: state %d, not %d", dir, (int)state, (int)want);
    return ix;
}

static inline struct index *
open_fresh(void)
{
    char dir[4096];

    snprintf(dir, sizeof dir, "%s/index/", check_dir());
    return must_open(dir, INDEX_NEW);
}

static inline struct index_txn *
begin(struct index *ix)
{
    struct index_txn *t;
    struct error e;

    if (!index_begin(ix, &t, &e))
        die("begin: %s", e.text);
    return t;
}

static inline void
commit(struct index_txn **t)
{
    struct error e;

    CHECK(index_commit(t, &e) && *t == NULL, "commit");
}

#define OK(call) CHECK((call), "%s", e.text)

static inline struct index_account
account(uint32_t id, const char *name)
{
    struct index_account a = { .id = id,
                               .modseq = 1ull << 40,
                               .uid_validity = 1700000000,
                               .limit_bytes = 123,
                               .limit_messages = INDEX_LIMIT_NONE,
                               .keep_deleted = 77 };

    snprintf(a.name, sizeof a.name, "%s", name);
    return a;
}

static inline struct index_message
message(uint32_t uid)
{
    return (struct index_message){
        .uid = uid,
        .flags = 0x1234,
        .state = INDEX_IN_NEW | INDEX_NAME_PENDING,
        .name_flags = 0x56,
        .name_keywords = 0x789abcde,
        .keywords = 0xf123456789abcdef,
        .modseq = 1ull << 52,
        .size = 5ull << 32,
        .date = -1,
        .save_date = 1700000000,
        .name_hash = index_hash(span_of("base")),
        .content = index_content(0xfe12345678abcdef),
    };
}

struct uids {
    uint32_t last, count, stop_at;
    bool fine;
};

static inline bool
see_message(void *arg, const struct index_message *m)
{
    struct uids *u = arg;

    u->fine = u->fine && m->uid > u->last && m->flags == 0x1234;
    u->last = m->uid;
    u->count++;
    return m->uid != u->stop_at;
}

static inline struct uids
scan(struct index_txn *t, uint32_t in, uint32_t first, uint32_t last,
     uint32_t stop_at)
{
    struct uids u = { .fine = true, .stop_at = stop_at };
    struct error e;

    OK(index_each_message(t, in, first, last, see_message, &u, &e));
    CHECK(u.fine, "ascending and whole");
    return u;
}

static inline void
fill_messages(struct index_txn *t, uint32_t in, uint32_t n)
{
    struct error e;

    for (uint32_t uid = 1; uid <= n; uid++) {
        struct index_message m = message(uid);

        if (!index_put_message(t, in, &m, &e))
            CHECK(false, "put %u: %s", uid, e.text);
    }
}

#endif
