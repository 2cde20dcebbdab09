/* Requests about messages of the open mailbox. */
#include "base/mem.h"
#include "mail/flags.h"
#include "mailstore/bundle.h"
#include "mailstore/copy.h"
#include "mailstore/expunge.h"
#include "mailstore/flag.h"
#include "mailstore/history.h"
#include "mailstore/message.h"
#include "mailstore/session.h"

#include <stdlib.h>
#include <unistd.h>

/* Summaries on their way out: as many in one row as fit. */
struct packing {
    struct reply *reply;
    struct buf entries;
    size_t count;
};

static void
send_packed(struct packing *p)
{
    struct wire_summaries x = { p->count, buf_span(&p->entries) };
    struct buf body = { 0 };

    if (p->count == 0)
        return;
    wire_put_summaries(&body, &x);
    reply_row(p->reply, &body);
    buf_free(&body);
    buf_clear(&p->entries);
    p->count = 0;
}

static void
pack_summary(void *arg, uint32_t uid, struct span blob)
{
    struct packing *p = arg;

    wire_add_summary(&p->entries, &(struct store_summary){ uid, blob });
    p->count++;
    if (p->entries.n >= WIRE_SUMMARIES_FULL)
        send_packed(p);
}

static void
give_summaries(struct reply *r, const struct numset *uids)
{
    struct packing p = { .reply = r };
    struct error e;

    if (message_summaries(r->session->view->folder, uids, pack_summary, &p,
                          &e)) {
        send_packed(&p);
        reply_done(r, NULL);
    } else {
        reply_failed(r, &e);
    }
    buf_free(&p.entries);
}

void
request_summaries(struct reply *r, struct span body)
{
    struct wire_uids x = { 0 };

    if (!wire_get_uids(&body, &x))
        reply_invalid(r, "summaries");
    else if (reply_take_view(r, x.session, false))
        give_summaries(r, &x.uids);
    numset_free(&x.uids);
}

void
request_put_summaries(struct reply *r, struct span body)
{
    struct wire_new_summaries x;
    struct error e;

    if (!wire_get_new_summaries(&body, &x))
        reply_invalid(r, "put_summaries");
    else if (!reply_take_view(r, x.session, false))
        return;
    else if (message_put_summaries(r->session->view->folder, &x.all, &e))
        reply_done(r, NULL);
    else
        reply_failed(r, &e);
}

static void
message_opened(void *arg, int fd, uint64_t size, const struct error *e)
{
    struct reply *r = arg;
    struct wire_size x = { .size = size };
    struct buf body = { 0 };

    if (e != NULL) {
        reply_failed(r, e);
        return;
    }
    wire_put_size(&body, &x);
    reply_done_fd(r, &body, fd);
    buf_free(&body);
    close(fd);
}

/* POP3 has no flag for it before QUIT, and a client may never get that far. */
static void
note_read(struct reply *r, uint32_t uid)
{
    const struct history_note note = { .kind = HISTORY_READ,
                                       .who = span_of(r->session->who) };
    struct folder *f = r->session->view->folder;

    if (r->line->service == SERVER_POP3 && folder_find(f, uid) != NULL)
        history_note(f, &note, uid);
}

void
request_message(struct reply *r, struct span body)
{
    struct wire_message x;

    if (!wire_get_message(&body, &x))
        reply_invalid(r, "message");
    else if (reply_take_view(r, x.session, false)) {
        note_read(r, x.uid);
        message_open(r->session->view->folder, x.uid, message_opened, r);
    }
}

static void
bundle_read(void *arg, int fd, const struct store_bundled *all, size_t count,
            const struct error *e)
{
    struct reply *r = arg;
    struct wire_bundle x = { .count = count };
    struct buf body = { 0 };

    if (e != NULL) {
        reply_failed(r, e);
        return;
    }
    for (size_t i = 0; i < count; i++)
        x.all[i] = all[i];
    wire_put_bundle(&body, &x);
    reply_done_fd(r, &body, fd);
    buf_free(&body);
    if (fd != -1)
        close(fd);
}

void
request_messages(struct reply *r, struct span body)
{
    struct wire_uids x = { 0 };
    struct numset_walk at = { 0 };
    uint32_t uid;

    if (!wire_get_uids(&body, &x)) {
        reply_invalid(r, "messages");
    } else if (reply_take_view(r, x.session, false)) {
        for (int i = 0; i < STORE_BUNDLE_MAX && numset_next(&x.uids, &at, &uid);
             i++)
            note_read(r, uid);
        bundle_open(r->session->view->folder, &x.uids, bundle_read, r);
    }
    numset_free(&x.uids);
}

static void
flags_set(void *arg, const struct numset *modified, const struct error *e)
{
    struct reply *r = arg;
    struct wire_modified x = { 0 };
    struct buf body = { 0 };

    if (e != NULL) {
        reply_failed(r, e);
        return;
    }
    x.uids = *modified;
    wire_put_modified(&body, &x);
    reply_done(r, &body);
    buf_free(&body);
}

static bool
are_keywords(const struct wire_flags *f)
{
    for (size_t i = 0; i < f->keyword_count; i++)
        if (!mail_keyword_is_valid(f->keywords[i]))
            return false;
    return true;
}

static void
set_flags(struct reply *r, const struct wire_set_flags *x)
{
    struct flag_request q = { .folder = r->session->view->folder,
                              .uids = &x->uids,
                              .mode = x->mode,
                              .flags = x->flags.flags,
                              .keywords = x->flags.keywords,
                              .keyword_count = x->flags.keyword_count,
                              .unchanged_since = x->unchanged_since,
                              .who = span_of(r->session->who) };

    flag_messages(&q, flags_set, r);
}

void
request_set_flags(struct reply *r, struct span body)
{
    struct wire_set_flags x = { 0 };

    if (!wire_get_set_flags(&body, &x) || !are_keywords(&x.flags))
        reply_invalid(r, "set_flags");
    else if (reply_take_view(r, x.session, true))
        set_flags(r, &x);
    numset_free(&x.uids);
}

void
request_expunge(struct reply *r, struct span body)
{
    struct wire_expunge x = { 0 };
    struct expunge_request q = { 0 };

    if (!wire_get_expunge(&body, &x)) {
        reply_invalid(r, "expunge");
    } else if (reply_take_view(r, x.session, true)) {
        q.folder = r->session->view->folder;
        q.uids = &x.uids;
        q.only_deleted = x.only_deleted;
        q.actor = r->session->view->id;
        q.who = span_of(r->session->who);
        expunge_messages(&q, reply_end, r);
    }
    numset_free(&x.uids);
}

/* --- copies ---------------------------------------------------------------------------- */

static void
copied(void *arg, const struct store_copied *c, const struct error *e)
{
    struct reply *r = arg;
    struct wire_copied x = { 0 };
    struct buf body = { 0 };

    if (e != NULL) {
        reply_failed(r, e);
        return;
    }
    x.uid_validity = c->uid_validity;
    x.from = *c->from;
    x.to = *c->to;
    wire_put_copied(&body, &x);
    reply_done(r, &body);
    buf_free(&body);
}

static void
copy(struct reply *r, const struct wire_copy *x)
{
    struct copy_request q = { .from = r->session->view->folder,
                              .uids = &x->uids,
                              .move = x->move,
                              .actor = r->session->view->id,
                              .who = span_of(r->session->who) };
    struct error e;

    if (!core_has_room(r->line->core, 0, &e) ||
        !folder_use(r->session->home, x->to, &q.to, &e)) {
        reply_failed(r, &e);
        return;
    }
    copy_messages(&q, copied, r);
    folder_release(q.to);
}

void
request_copy(struct reply *r, struct span body)
{
    struct wire_copy x = { 0 };

    if (!wire_get_copy(&body, &x))
        reply_invalid(r, "copy");
    else if (reply_take_view(r, x.session, x.move) && reply_check_name(r, x.to))
        copy(r, &x);
    numset_free(&x.uids);
}
