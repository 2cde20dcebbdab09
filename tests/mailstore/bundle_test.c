/* Many messages at once: what comes, and what is left out. */
#include "tests/mailstore/store_rig.h"

#define ANNA "anna@example.org"
#define HOME "example.org/anna"

struct bundle {
    struct rig_answer a;
    struct store_bundled all[STORE_BUNDLE_MAX];
    size_t count;
    struct buf bytes;
};

static void
on_bundle(void *arg, int fd, const struct store_bundled *all, size_t count,
          const struct error *e)
{
    struct bundle *b = arg;
    size_t size = 0;
    size_t got = 0;
    struct error ignored;

    b->count = count;
    for (size_t i = 0; i < count; i++) {
        b->all[i] = all[i];
        size += all[i].size;
    }
    CHECK((fd != -1) == (count > 0), "a descriptor where there is something");
    if (fd != -1) {
        char *room = buf_room(&b->bytes, size + 1);

        CHECK(fs_read_at(fd, 0, room, size + 1, &got, &ignored) && got == size,
              "of that size: %zu, %zu", size, got);
        b->bytes.n = got;
        close(fd);
    }
    rig_finish(&b->a, e);
}

static void
ask(struct rig *r, struct store_session *x, const struct numset *uids,
    struct bundle *b)
{
    *b = (struct bundle){ .a = rig_ask(r) };
    store_messages(x, uids, on_bundle, b);
    rig_wait(r, &b->a.done);
}

static void
forget(struct bundle *b)
{
    buf_free(&b->bytes);
    rig_answer_free(&b->a);
}

/* A file that somebody else puts there. */
static void
drop(struct rig *r, struct rig_seen *seen, const char *name, const char *text)
{
    char path[64];
    unsigned before = seen->added;

    snprintf(path, sizeof path, HOME "/cur/%s", name);
    rig_drop(r, path, text);
    for (int i = 0; i < 500 && seen->added == before; i++)
        rig_sleep(r, 10);
    CHECK(seen->added == before + 1, "%s came", name);
}

static void
test_some(struct rig *r, struct store_session *x)
{
    struct numset uids = { 0 };
    struct bundle b;

    numset_add(&uids, 1, 1);
    numset_add(&uids, 3, 5);
    numset_add(&uids, 900, 901);
    ask(r, x, &uids, &b);
    CHECK(!b.a.failed && b.count == 3, "those that are there, %zu", b.count);
    CHECK(b.all[0].uid == 1 && b.all[1].uid == 3 && b.all[2].uid == 5,
          "in order; the large one is left out");
    CHECK(span_is(buf_span(&b.bytes), "Subject: a\r\n\r\nA\r\n"
                                      "Subject: c\r\n\r\nC\r\n"
                                      "Subject: e\r\n\r\nE\r\n"),
          "with CR LF: %s", buf_text(&b.bytes));
    forget(&b);
    numset_clear(&uids);
    numset_add(&uids, 4, 4);
    numset_add(&uids, 1000, 1000);
    ask(r, x, &uids, &b);
    CHECK(!b.a.failed && b.count == 0, "nothing");
    forget(&b);
    numset_free(&uids);
}

static void
test_limits(struct rig *r, struct store_session *x)
{
    struct numset uids = { 0 };
    struct bundle b;
    size_t size = 0;

    numset_add(&uids, 6, UINT32_MAX);
    ask(r, x, &uids, &b);
    for (size_t i = 0; i < b.count; i++)
        size += b.all[i].size;
    CHECK(!b.a.failed && size <= STORE_BUNDLE_BYTES && b.count > 5,
          "%zu octets of %zu", size, b.count);
    CHECK(b.count < 12, "not all of them fit");
    forget(&b);
    numset_free(&uids);
}

/* Its file is away: that is for store_message() to find out. */
static void
test_missing(struct rig *r, struct store_session *x)
{
    struct numset uids = { 0 };
    struct rig_seen seen;
    struct bundle b;
    char name[300];
    char path[1024];
    struct error e;

    rig_file(r, HOME "/cur", ",U=3:", name);
    snprintf(path, sizeof path, "%s/" HOME "/cur/%s", r->mail, name);
    CHECK(fs_unlink(AT_FDCWD, path, &e), "%s", path);
    numset_add(&uids, 1, 3);
    ask(r, x, &uids, &b);
    CHECK(!b.a.failed && b.count == 2 && b.all[1].uid == 2, "the others come");
    forget(&b);
    store_close(x);
    ask(r, x, &uids, &b);
    CHECK(b.a.failed && b.a.e.kind == FAIL_NOT_FOUND, "nothing is open");
    forget(&b);
    rig_open(r, x, "INBOX", 0, &seen);
    rig_seen_free(&seen);
    numset_free(&uids);
}

static void
drop_all(struct rig *r, struct rig_seen *seen)
{
    struct buf large = { 0 };
    char name[32];

    drop(r, seen, "1b.one:2,", "Subject: b\r\n\r\nB\r\n");
    drop(r, seen, "2c.one:2,S", "Subject: c\n\nC\n");
    while (large.n < STORE_BUNDLED_MAX)
        buf_put_text(&large, "0123456789abcdef");
    for (int i = 0; i < 12; i++) {
        if (i == 1)
            drop(r, seen, "4e.one:2,", "Subject: e\n\nE\n");
        snprintf(name, sizeof name, "5%02d.one:2,", i);
        if (i == 0)
            buf_put_ch(&large, 'x');
        drop(r, seen, name, buf_text(&large));
        if (i == 0)
            large.n--;
    }
    buf_free(&large);
}

int
main(void)
{
    struct rig r;
    struct store_session *x;
    struct rig_seen seen;

    rig_init(&r);
    x = rig_login(&r, ANNA);
    rig_deliver(&r, ANNA, "Subject: a\r\n\r\nA\r\n");
    rig_open(&r, x, "INBOX", 0, &seen);
    drop_all(&r, &seen);
    test_some(&r, x);
    test_limits(&r, x);
    test_missing(&r, x);
    store_logout(&x);
    rig_seen_free(&seen);
    rig_free(&r);
    return check_report();
}
