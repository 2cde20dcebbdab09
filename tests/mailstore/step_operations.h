/* What step_help.h does to a store, one operation at a time. */
#ifndef TESTS_MAILSTORE_STEP_OPERATIONS_H
#define TESTS_MAILSTORE_STEP_OPERATIONS_H

#include "tests/mailstore/store_rig.h"

#define ANNA "anna@example.org"
#define BERT "bert@example.org"

static const char *const texts[] = {
    "Subject: a\r\n\r\none\r\n",
    "Subject: b\r\n\r\ntwo, a little longer\r\n",
    "Subject: c\r\n\r\nthree\r\n",
};

typedef bool step_fn(struct rig *r, struct store_session *x);

static bool
answered(struct rig *r, struct rig_answer *a)
{
    rig_wait(r, &a->done);
    rig_answer_free(a);
    return !a->failed;
}

static bool
deliver_to_two(struct rig *r, struct store_session *x)
{
    const struct store_recipient to[] = { { span_of(ANNA), span_of("") },
                                          { span_of(BERT), span_of("") } };
    struct store_new n = { .size = strlen(texts[1]),
                           .date = 1700000001,
                           .session = "s1" };
    struct rig_answer a = rig_ask(r);
    struct error e;

    (void)x;
    a.delivery = store_delivery_begin(r->smtp, n.size, rig_begun, &a);
    rig_wait(r, &a.done);
    if (!a.failed && fs_write(a.fd, span_of(texts[1]), &e)) {
        a.done = false;
        store_delivery_commit(a.delivery, &n, to, 2, rig_committed, &a);
        rig_wait(r, &a.done);
    } else {
        a.failed = true;
    }
    store_delivery_abort(&a.delivery);
    return answered(r, &a);
}

static bool
append(struct rig *r, struct store_session *x)
{
    struct rig_mail m = { .mailbox = "Archive",
                          .text = texts[2],
                          .date = 1700000002,
                          .flags = MAIL_SEEN,
                          .append = x };
    struct error e;

    return rig_put(r, &m, &e) != 0;
}

static bool
transfer(struct rig *r, struct store_session *x, bool move)
{
    struct rig_answer a = rig_ask(r);
    struct numset uids = { 0 };
    bool done;

    numset_add(&uids, 1, 2);
    store_copy(x, &uids, span_of("Archive"), move, rig_copied, &a);
    done = answered(r, &a);
    numset_free(&uids);
    return done;
}

static bool
copy(struct rig *r, struct store_session *x)
{
    return transfer(r, x, false);
}

static bool
move(struct rig *r, struct store_session *x)
{
    return transfer(r, x, true);
}

static bool
set_flags(struct rig *r, struct store_session *x)
{
    return rig_flag(r, x, 1, 3, STORE_FLAGS_ADD, MAIL_FLAGGED, "todo");
}

static bool
expunge(struct rig *r, struct store_session *x)
{
    return rig_expunge(r, x, 1, 2, false);
}

static bool
create(struct rig *r, struct store_session *x)
{
    struct rig_answer a = rig_ask(r);

    store_create(x, span_of("New/Box"), 0, rig_done, &a);
    return answered(r, &a);
}

static bool
rename_tree(struct rig *r, struct store_session *x)
{
    struct rig_answer a = rig_ask(r);

    store_rename(x, span_of("Old"), span_of("Young"), rig_done, &a);
    return answered(r, &a);
}

static bool
delete_one(struct rig *r, struct store_session *x)
{
    struct rig_answer a = rig_ask(r);

    store_delete(x, span_of("Old/Sub"), rig_done, &a);
    return answered(r, &a);
}

static bool
subscribe(struct rig *r, struct store_session *x)
{
    struct rig_answer a = rig_ask(r);

    store_subscribe(x, span_of("Old"), true, rig_done, &a);
    return answered(r, &a);
}

/* strict: refused means that nobody has it, or ever gets it. */
static const struct operation {
    const char *name;
    step_fn *run;
    bool strict;
} operations[] = {
    { "deliver to two", deliver_to_two, true },
    { "append", append, true },
    { "copy", copy, false },
    { "move", move, false },
    { "set flags", set_flags, false },
    { "expunge", expunge, false },
    { "create", create, false },
    { "rename", rename_tree, false },
    { "delete", delete_one, false },
    { "subscribe", subscribe, false },
};

#endif
