/* Moving in and out: the client's side of request_import.c. */
#include "mailstore/client_private.h"
#include "mailstore/wire_import.h"

/* --- answers -------------------------------------------------------------- */

static void
end_done(struct store_session *x, const struct store_request *r,
         struct span body, int fd, const struct error *e)
{
    (void)x;
    (void)body;
    (void)fd;
    r->end.done(r->arg, e);
}

static void
end_uidls(struct store_session *x, const struct store_request *r,
          struct span body, int fd, const struct error *e)
{
    struct wire_uidls w = { 0 };
    struct store_uidl u;
    struct error mine;

    (void)x;
    (void)fd;
    if (e == NULL && !wire_get_uidls(&body, &w))
        e = store_malformed(&mine);
    while (e == NULL && wire_next_uidl(&w.uidls, &u))
        r->row.uidl(r->arg, &u);
    r->end.done(r->arg, e);
}

static void
row_marks(const struct store_request *r, struct span body)
{
    struct wire_mark m;

    while (wire_next_mark(&body, &m))
        r->row.mark(r->arg, m.uid, m.mark);
}

static void
end_importing(struct store_session *x, const struct store_request *r,
              struct span body, int fd, const struct error *e)
{
    struct wire_import_state w = { 0 };
    struct store_import_state st;
    struct error mine;

    (void)x;
    (void)fd;
    if (e == NULL && !wire_get_import_state(&body, &w))
        e = store_malformed(&mine);
    st = (struct store_import_state){ w.uid_validity, w.uid_next };
    r->end.importing(r->arg, e == NULL ? &st : NULL, e);
}

static const struct store_kind uidls_kind = {
    .op = WIRE_UIDLS, .of_mailbox = true, .only_reads = true, .end = end_uidls
};
static const struct store_kind put_uidls_kind = { .op = WIRE_PUT_UIDLS,
                                                  .end = end_done };
static const struct store_kind begin_kind = { .op = WIRE_IMPORT_BEGIN,
                                              .row = row_marks,
                                              .end = end_importing };
static const struct store_kind end_kind = { .op = WIRE_IMPORT_END,
                                            .end = end_done };

/* --- asking --------------------------------------------------------------- */

void
store_uidls(struct store_session *x, store_uidl_fn *row, store_done_fn *done,
            void *arg)
{
    struct store_request r = {
        .kind = &uidls_kind, .row.uidl = row, .end.done = done, .arg = arg
    };

    wire_put_session(&r.body, &(struct wire_session){ x->number });
    store_ask(x, &r);
}

void
store_put_uidls(struct store_session *x, struct span mailbox,
                const struct store_uidl *uidls, size_t count,
                store_done_fn *done, void *arg)
{
    struct store_request r = { .kind = &put_uidls_kind,
                               .end.done = done,
                               .arg = arg };
    struct buf list = { 0 };

    for (size_t i = 0; i < count; i++)
        wire_put_uidl(&list, &uidls[i]);
    wire_put_put_uidls(&r.body, &(struct wire_put_uidls){ x->number, mailbox,
                                                          buf_span(&list) });
    r.body.full |= list.full;
    buf_free(&list);
    store_ask(x, &r);
}

void
store_import_begin(struct store_session *x, struct span mailbox,
                   uint32_t uid_validity, store_mark_fn *row,
                   store_importing_fn *fn, void *arg)
{
    struct store_request r = {
        .kind = &begin_kind, .row.mark = row, .end.importing = fn, .arg = arg
    };

    wire_put_import_begin(&r.body, &(struct wire_import_begin){
                                       x->number, mailbox, uid_validity });
    store_ask(x, &r);
}

void
store_import_end(struct store_session *x, struct span mailbox,
                 uint32_t uid_next, store_done_fn *done, void *arg)
{
    struct store_request r = { .kind = &end_kind,
                               .end.done = done,
                               .arg = arg };

    wire_put_import_end(
        &r.body, &(struct wire_import_end){ x->number, mailbox, uid_next });
    store_ask(x, &r);
}
