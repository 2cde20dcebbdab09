/* Requests about what was, and bringing it back. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "mail/mailbox_name.h"
#include "mailstore/dispose.h"
#include "mailstore/gone.h"
#include "mailstore/history.h"
#include "mailstore/kept.h"
#include "mailstore/maildir.h"
#include "mailstore/session.h"
#include "mailstore/undelete.h"
#include "mailstore/wire_history.h"

#include <stdlib.h>
#include <unistd.h>

#define SLICE    64
#define HEAD_MAX 4096
#define HEADS    5000 /* so many rows come with a head */
#define ADMIN    "admin - local"

/* --- kept_list ------------------------------------------------------------------ */

struct listing {
    struct pool_job job;
    struct reply *reply;
    struct core *core;
    struct home *home;
    struct buf user, mailbox;
    struct kept_list list;
    size_t at;
    struct buf rows[SLICE];
    size_t count;
    bool failed;
    struct error e;
};

static void
end_listing(struct listing *l)
{
    reply_end(l->reply, l->failed ? &l->e : NULL);
    kept_list_free(&l->list);
    buf_free(&l->user);
    buf_free(&l->mailbox);
    free(l);
}

static void
read_item(int dir, const struct kept_item *item, bool with_head,
          struct store_kept *row, char head[HEAD_MAX])
{
    struct error e;
    struct stat st;
    size_t n = 0;
    int fd;

    if (item->is_mailbox || !maildir_open_file(dir, item->path, &fd, &st, &e))
        return;
    row->size = (uint64_t)st.st_size;
    row->date = st.st_mtime;
    if (with_head && fs_read_at(fd, 0, head, HEAD_MAX, &n, &e))
        row->head = span_from(head, n);
    close(fd);
}

static void
run_slice(struct pool_job *job)
{
    struct listing *l = (struct listing *)job;
    struct error e;
    char head[HEAD_MAX];
    int dir;

    l->count = 0;
    if (!fs_open_dir(l->core->root, l->home->path, &dir, &e))
        return;
    for (; l->at < l->list.count && l->count < SLICE; l->at++) {
        const struct kept_item *item = &l->list.items[l->at];
        struct store_kept row = { .uid = item->uid,
                                  .time = item->time,
                                  .flags = item->flags,
                                  .is_mailbox = item->is_mailbox };

        row.mailbox = span_of(l->list.boxes[item->box].name);
        if (l->mailbox.n > 0 && !span_eq(row.mailbox, buf_span(&l->mailbox)))
            continue;
        read_item(dir, item, l->at < HEADS, &row, head);
        wire_put_kept(&l->rows[l->count++], &row);
    }
    close(dir);
}

static void
slice_done(struct pool_job *job)
{
    struct listing *l = (struct listing *)job;
    bool any = l->count > 0;

    for (size_t i = 0; i < l->count; i++) {
        reply_row(l->reply, &l->rows[i]);
        buf_free(&l->rows[i]);
    }
    if (any && l->at < l->list.count && l->reply->line->peer != NULL)
        pool_add(l->core->pool, &l->job);
    else
        end_listing(l);
}

/* The names that mailboxes have now, in place of those that they had. */
static bool
rename_box(void *arg, const struct index_folder *f)
{
    struct kept_list *list = arg;
    struct kept_box now;

    if (dispose_is_disposed(f))
        return true;
    kept_describe(f, &now);
    for (size_t i = 0; i < list->box_count; i++)
        if (span_eq(span_of(list->boxes[i].id), span_of(now.id)))
            list->boxes[i] = now;
    return true;
}

static void
listed(struct pool_job *job)
{
    struct listing *l = (struct listing *)job;
    struct index_txn *t = core_begin(l->core);
    struct error e;

    if (!index_each_folder(t, l->home->record.id, rename_box, &l->list, &e))
        core_abort(l->core, &t, &e);
    index_abort(&t);
    if (l->failed) {
        end_listing(l);
        return;
    }
    l->job = (struct pool_job){ .run = run_slice, .done = slice_done };
    pool_add(l->core->pool, &l->job);
}

static void
run_list(struct pool_job *job)
{
    struct listing *l = (struct listing *)job;

    l->failed = !kept_list(l->core->root, l->home->path, &l->list, &l->e);
}

static void
all_kept(void *arg, const struct error *e)
{
    struct listing *l = arg;

    (void)e;
    l->job = (struct pool_job){ .run = run_list, .done = listed };
    pool_add(l->core->pool, &l->job);
}

static void
home_found(void *arg, struct home *h, const struct error *e)
{
    struct listing *l = arg;

    if (e != NULL) {
        l->failed = true;
        l->e = *e;
        end_listing(l);
        return;
    }
    l->home = h;
    gone_wait(h, all_kept, l);
}

void
request_kept_list(struct reply *r, struct span body)
{
    struct wire_kept_list x;
    struct listing *l;

    if (!wire_get_kept_list(&body, &x)) {
        reply_invalid(r, "kept_list");
        return;
    }
    l = mem_take(sizeof *l);
    *l = (struct listing){ .reply = r, .core = r->line->core };
    buf_put(&l->user, x.user);
    buf_put(&l->mailbox, x.mailbox);
    home_use(l->core, buf_span(&l->user), 0, home_found, l);
}

/* --- undelete --------------------------------------------------------------------- */

static void
put_undeleted(void *arg, const struct store_undeleted *u)
{
    struct buf body = { 0 };

    wire_put_undeleted(&body, u);
    reply_row(arg, &body);
    buf_free(&body);
}

void
request_undelete(struct reply *r, struct span body)
{
    static const struct undelete_calls calls = { put_undeleted, reply_end };
    struct wire_undelete x = { 0 };

    if (wire_get_undelete(&body, &x)) {
        const struct undelete_request q = { .user = x.user,
                                            .mailbox = x.mailbox,
                                            .since = x.since,
                                            .uids = &x.uids,
                                            .who = span_of(ADMIN) };

        undelete_begin(r->line->core, &q, &calls, r);
    } else {
        reply_invalid(r, "undelete");
    }
    numset_free(&x.uids);
}

/* --- history ----------------------------------------------------------------------- */

struct telling {
    struct reply *reply;
    struct index_txn *txn;
    struct index_account user; /* id 0: everybody's */
    struct index_account last; /* whose event was told last */
    unsigned count;
};

static bool
tell(void *arg, const struct index_event *ev)
{
    struct telling *w = arg;
    struct buf body = { 0 };
    struct error e;

    if (w->user.id != 0 && ev->account != w->user.id)
        return true;
    if (w->last.id != ev->account &&
        !index_get_account(w->txn, ev->account, &w->last, &e))
        w->last = (struct index_account){ .id = ev->account };
    wire_put_event(&body, &(struct wire_event){ .seq = ev->seq,
                                                .time = ev->time,
                                                .kind = ev->kind,
                                                .user = span_of(w->last.name),
                                                .folder = ev->folder,
                                                .to_folder = ev->to_folder,
                                                .mailbox = ev->mailbox,
                                                .to_mailbox = ev->to_mailbox,
                                                .who = ev->who,
                                                .detail = ev->detail,
                                                .message_id = ev->message_id,
                                                .uids = *ev->uids,
                                                .to_uids = *ev->to_uids });
    reply_row(w->reply, &body);
    buf_free(&body);
    return ++w->count < STORE_HISTORY_MAX;
}

void
request_history(struct reply *r, struct span body)
{
    struct core *c = r->line->core;
    struct telling w = { .reply = r };
    struct wire_history x;
    struct error e;
    bool done = true;

    if (!wire_get_history(&body, &x)) {
        reply_invalid(r, "history");
        return;
    }
    w.txn = core_begin(c);
    if (x.user.n > 0)
        done = index_find_account(w.txn, x.user, &w.user, &e);
    done = done && index_each_event(w.txn, x.after, tell, &w, &e);
    if (done) {
        index_abort(&w.txn);
        reply_done(r, NULL);
        return;
    }
    core_abort(c, &w.txn, &e);
    reply_failed(r, &e);
}
