#include "mailstore/client_private.h"

#include <unistd.h>

/* --- what messages are ---------------------------------------------------- */

static void
row_summary(const struct store_request *r, struct span body)
{
    struct wire_summaries w;
    struct store_summary one;

    if (!wire_get_summaries(&body, &w))
        return;
    while (wire_next_summary(&w.entries, &one))
        r->row.summary(r->arg, one.uid, one.blob);
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

static const struct store_kind summaries_kind = { .op = WIRE_SUMMARIES,
                                                  .only_reads = true,
                                                  .of_mailbox = true,
                                                  .row = row_summary,
                                                  .end = end_done };

void
store_summaries(struct store_session *x, const struct numset *uids,
                store_summary_fn *row, store_done_fn *done, void *arg)
{
    struct store_request r = { .kind = &summaries_kind,
                               .row.summary = row,
                               .end.done = done,
                               .arg = arg };

    wire_put_uids(&r.body, &(struct wire_uids){ x->number, *uids });
    store_ask(x, &r);
}

void
store_put_summaries(struct store_session *x, const struct store_summary *all,
                    size_t count)
{
    struct buf entries = { 0 };
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        struct wire_new_summaries w = { .session = x->number };
        struct buf b = { 0 };

        wire_add_summary(&entries, &all[i]);
        n++;
        if (entries.n < WIRE_SUMMARIES_FULL && i + 1 < count)
            continue;
        w.all = (struct wire_summaries){ n, buf_span(&entries) };
        wire_put_new_summaries(&b, &w);
        store_tell(x, WIRE_PUT_SUMMARIES, &b);
        buf_clear(&entries);
        n = 0;
    }
    buf_free(&entries);
}

static void
end_message(struct store_session *x, const struct store_request *r,
            struct span body, int fd, const struct error *e)
{
    struct wire_size w = { 0 };
    struct error mine;

    (void)x;
    if (e == NULL && (fd == -1 || !wire_get_size(&body, &w)))
        e = store_malformed(&mine);
    if (e != NULL && fd != -1) {
        close(fd);
        fd = -1;
    }
    r->end.message(r->arg, fd, e == NULL ? w.size : 0, e);
}

static const struct store_kind message_kind = { .op = WIRE_MESSAGE,
                                                .only_reads = true,
                                                .of_mailbox = true,
                                                .has_descriptor = true,
                                                .end = end_message };

void
store_message(struct store_session *x, uint32_t uid, store_message_fn *fn,
              void *arg)
{
    struct store_request r = { .kind = &message_kind,
                               .end.message = fn,
                               .arg = arg };

    wire_put_message(&r.body, &(struct wire_message){ x->number, uid });
    store_ask(x, &r);
}

static void
end_messages(struct store_session *x, const struct store_request *r,
             struct span body, int fd, const struct error *e)
{
    struct wire_bundle w = { 0 };
    struct error mine;

    (void)x;
    if (e == NULL &&
        (!wire_get_bundle(&body, &w) || (w.count > 0) != (fd != -1)))
        e = store_malformed(&mine);
    if (e != NULL && fd != -1) {
        close(fd);
        fd = -1;
    }
    r->end.bundle(r->arg, fd, w.all, e == NULL ? w.count : 0, e);
}

static const struct store_kind messages_kind = { .op = WIRE_MESSAGES,
                                                 .only_reads = true,
                                                 .of_mailbox = true,
                                                 .has_descriptor = true,
                                                 .end = end_messages };

void
store_messages(struct store_session *x, const struct numset *uids,
               store_bundle_fn *fn, void *arg)
{
    struct store_request r = { .kind = &messages_kind,
                               .end.bundle = fn,
                               .arg = arg };

    wire_put_uids(&r.body, &(struct wire_uids){ x->number, *uids });
    store_ask(x, &r);
}

/* --- changing them -------------------------------------------------------- */

static void
end_set_flags(struct store_session *x, const struct store_request *r,
              struct span body, int fd, const struct error *e)
{
    struct wire_modified w = { 0 };
    struct error mine;

    (void)x;
    (void)fd;
    if (e == NULL && !wire_get_modified(&body, &w))
        e = store_malformed(&mine);
    r->end.flagged(r->arg, e == NULL ? &w.uids : NULL, e);
    numset_free(&w.uids);
}

static const struct store_kind set_flags_kind = { .op = WIRE_SET_FLAGS,
                                                  .of_mailbox = true,
                                                  .end = end_set_flags };

void
store_set_flags(struct store_session *x, const struct numset *uids,
                enum store_flag_mode mode, const struct store_flags *f,
                uint64_t unchanged_since, store_flagged_fn *fn, void *arg)
{
    struct store_request r = { .kind = &set_flags_kind,
                               .end.flagged = fn,
                               .arg = arg };
    struct wire_set_flags w = { .session = x->number,
                                .uids = *uids,
                                .mode = mode,
                                .unchanged_since = unchanged_since };

    if (wire_take_flags(&w.flags, f))
        wire_put_set_flags(&r.body, &w);
    else
        r.body.full = true;
    store_ask(x, &r);
}

static const struct store_kind expunge_kind = { .op = WIRE_EXPUNGE,
                                                .of_mailbox = true,
                                                .end = end_done };

void
store_expunge(struct store_session *x, const struct numset *uids,
              bool only_deleted, store_done_fn *done, void *arg)
{
    struct store_request r = { .kind = &expunge_kind,
                               .end.done = done,
                               .arg = arg };

    wire_put_expunge(&r.body,
                     &(struct wire_expunge){ x->number, *uids, only_deleted });
    store_ask(x, &r);
}

static void
end_copy(struct store_session *x, const struct store_request *r,
         struct span body, int fd, const struct error *e)
{
    struct wire_copied w = { 0 };
    struct store_copied c;
    struct error mine;

    (void)x;
    (void)fd;
    if (e == NULL && !wire_get_copied(&body, &w))
        e = store_malformed(&mine);
    c = (struct store_copied){ w.uid_validity, &w.from, &w.to };
    r->end.copied(r->arg, e == NULL ? &c : NULL, e);
    numset_free(&w.from);
    numset_free(&w.to);
}

static const struct store_kind copy_kind = { .op = WIRE_COPY,
                                             .of_mailbox = true,
                                             .end = end_copy };

void
store_copy(struct store_session *x, const struct numset *uids, struct span to,
           bool move, store_copied_fn *fn, void *arg)
{
    struct store_request r = { .kind = &copy_kind,
                               .end.copied = fn,
                               .arg = arg };

    wire_put_copy(&r.body, &(struct wire_copy){ x->number, *uids, to, move });
    store_ask(x, &r);
}
