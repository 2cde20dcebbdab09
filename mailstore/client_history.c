#include "mailstore/client_private.h"

#include "base/mem.h"
#include "mail/header.h"
#include "mail/summary.h"
#include "mailstore/history_kind.h"
#include "mailstore/wire_history.h"

#include <stdlib.h>
#include <unistd.h>

void
store_message_id(struct span blob, struct buf *out)
{
    struct summary s;
    struct header_field f;

    if (summary_open(blob, &s) && header_find(s.fields, "Message-ID", &f))
        header_unfold(f.value, out);
}

/* --- answers ------------------------------------------------------------------ */

static void
on_kept(void *arg, struct span body, int fd)
{
    struct store_admin *a = arg;
    struct buf room = { 0 };
    struct store_kept k;
    struct error e;

    if (wire_unpack(&body, fd, &room, &e) && wire_get_kept(&body, &k))
        a->kept(a->arg, &k);
    buf_free(&room);
}

static void
on_undeleted(void *arg, struct span body, int fd)
{
    struct store_admin *a = arg;
    struct buf room = { 0 };
    struct store_undeleted u;
    struct error e;

    if (wire_unpack(&body, fd, &room, &e) && wire_get_undeleted(&body, &u))
        a->undeleted(a->arg, &u);
    buf_free(&room);
}

static void
tell_event(struct store_admin *a, const struct wire_event *w)
{
    const struct store_event ev = { .seq = w->seq,
                                    .time = w->time,
                                    .kind = history_kind_name(w->kind),
                                    .user = w->user,
                                    .folder = w->folder,
                                    .to_folder = w->to_folder,
                                    .mailbox = w->mailbox,
                                    .to_mailbox = w->to_mailbox,
                                    .who = w->who,
                                    .detail = w->detail,
                                    .message_id = w->message_id,
                                    .uids = &w->uids,
                                    .to_uids = &w->to_uids };

    a->event(a->arg, &ev);
}

static void
on_event(void *arg, struct span body, int fd)
{
    struct buf room = { 0 };
    struct wire_event w = { 0 };
    struct error e;

    if (wire_unpack(&body, fd, &room, &e) && wire_get_event(&body, &w))
        tell_event(arg, &w);
    numset_free(&w.uids);
    numset_free(&w.to_uids);
    buf_free(&room);
}

static void
on_end(void *arg, struct span body, int fd, const struct error *e)
{
    struct store_admin a = *(struct store_admin *)arg;

    (void)body;
    if (fd != -1)
        close(fd);
    store_admin_free(arg);
    a.done(a.arg, e);
}

static const struct ipc_answer kept_answer = { on_kept, on_end };
static const struct ipc_answer undeleted_answer = { on_undeleted, on_end };
static const struct ipc_answer event_answer = { on_event, on_end };

/* --- questions ------------------------------------------------------------------ */

static void
ask(struct store_admin *a, uint16_t op, struct buf *body,
    const struct ipc_answer *answer)
{
    ipc_request(a->store->ipc, op, buf_span(body), -1, answer, a);
    buf_free(body);
}

void
store_list_kept(struct store *s, struct span user, struct span mailbox,
                store_kept_fn *row, store_done_fn *done, void *arg)
{
    struct store_admin *a = store_admin_new(s, arg);
    struct buf b = { 0 };

    a->kept = row;
    a->done = done;
    wire_put_kept_list(&b, &(struct wire_kept_list){ user, mailbox });
    ask(a, WIRE_KEPT_LIST, &b, &kept_answer);
}

void
store_undelete(struct store *s, const struct store_undelete *what,
               store_undeleted_fn *row, store_done_fn *done, void *arg)
{
    struct store_admin *a = store_admin_new(s, arg);
    struct wire_undelete w = { .user = what->user,
                               .mailbox = what->mailbox,
                               .since = what->since };
    struct buf b = { 0 };

    a->undeleted = row;
    a->done = done;
    numset_add_set(&w.uids, what->uids);
    wire_put_undelete(&b, &w);
    ask(a, WIRE_UNDELETE, &b, &undeleted_answer);
    numset_free(&w.uids);
}

void
store_history(struct store *s, struct span user, uint64_t after,
              store_event_fn *row, store_done_fn *done, void *arg)
{
    struct store_admin *a = store_admin_new(s, arg);
    struct buf b = { 0 };

    a->event = row;
    a->done = done;
    wire_put_history(&b, &(struct wire_history){ user, after });
    ask(a, WIRE_HISTORY, &b, &event_answer);
}
