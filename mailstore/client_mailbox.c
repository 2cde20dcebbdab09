#include "mailstore/client_private.h"
#include "mailstore/wire_quota.h"

static void
row_mailbox(const struct store_request *r, struct span body)
{
    struct store_mailbox m;

    if (wire_get_mailbox(&body, &m))
        r->row.mailbox(r->arg, &m);
}

static void
end_done(struct store_session *x, const struct store_request *r,
         struct span body, int fd, const struct error *e)
{
    (void)x;
    (void)body;
    (void)fd;
    r->end.done(r->arg, e);
}

static const struct store_kind list_kind = {
    .op = WIRE_LIST, .only_reads = true, .row = row_mailbox, .end = end_done
};
static const struct store_kind status_kind = {
    .op = WIRE_STATUS, .only_reads = true, .row = row_mailbox, .end = end_done
};
static const struct store_kind create_kind = { .op = WIRE_CREATE,
                                               .end = end_done };
static const struct store_kind delete_kind = { .op = WIRE_DELETE,
                                               .end = end_done };
static const struct store_kind rename_kind = { .op = WIRE_RENAME,
                                               .end = end_done };
static const struct store_kind subscribe_kind = { .op = WIRE_SUBSCRIBE,
                                                  .end = end_done };

void
store_list(struct store_session *x, store_mailbox_fn *row, store_done_fn *done,
           void *arg)
{
    struct store_request r = {
        .kind = &list_kind, .row.mailbox = row, .end.done = done, .arg = arg
    };

    wire_put_session(&r.body, &(struct wire_session){ x->number });
    store_ask(x, &r);
}

void
store_status(struct store_session *x, struct span name, store_mailbox_fn *row,
             store_done_fn *done, void *arg)
{
    struct store_request r = {
        .kind = &status_kind, .row.mailbox = row, .end.done = done, .arg = arg
    };

    wire_put_name(&r.body, &(struct wire_name){ x->number, name });
    store_ask(x, &r);
}

void
store_create(struct store_session *x, struct span name, uint32_t special_use,
             store_done_fn *done, void *arg)
{
    struct store_request r = { .kind = &create_kind,
                               .end.done = done,
                               .arg = arg };

    wire_put_create(&r.body,
                    &(struct wire_create){ x->number, name, special_use });
    store_ask(x, &r);
}

void
store_delete(struct store_session *x, struct span name, store_done_fn *done,
             void *arg)
{
    struct store_request r = { .kind = &delete_kind,
                               .end.done = done,
                               .arg = arg };

    wire_put_name(&r.body, &(struct wire_name){ x->number, name });
    store_ask(x, &r);
}

void
store_rename(struct store_session *x, struct span from, struct span to,
             store_done_fn *done, void *arg)
{
    struct store_request r = { .kind = &rename_kind,
                               .end.done = done,
                               .arg = arg };

    wire_put_rename(&r.body, &(struct wire_rename){ x->number, from, to });
    store_ask(x, &r);
}

void
store_subscribe(struct store_session *x, struct span name, bool on,
                store_done_fn *done, void *arg)
{
    struct store_request r = { .kind = &subscribe_kind,
                               .end.done = done,
                               .arg = arg };

    wire_put_subscribe(&r.body,
                       &(struct wire_subscribe){ x->number, name, on });
    store_ask(x, &r);
}

static void
end_quota(struct store_session *x, const struct store_request *r,
          struct span body, int fd, const struct error *e)
{
    struct store_quota q;
    struct error mine;

    (void)x;
    (void)fd;
    if (e == NULL && !wire_get_quota(&body, &q))
        e = store_malformed(&mine);
    r->end.quota(r->arg, e == NULL ? &q : NULL, e);
}

static const struct store_kind quota_kind = { .op = WIRE_QUOTA,
                                              .only_reads = true,
                                              .end = end_quota };

void
store_get_quota(struct store_session *x, store_quota_fn *fn, void *arg)
{
    struct store_request r = { .kind = &quota_kind,
                               .end.quota = fn,
                               .arg = arg };

    wire_put_session(&r.body, &(struct wire_session){ x->number });
    store_ask(x, &r);
}
