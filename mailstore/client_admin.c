#include "mailstore/client_private.h"
#include "mailstore/wire_check.h"
#include "mailstore/wire_quota.h"

#include "base/mem.h"

#include <stdlib.h>
#include <unistd.h>

struct store_admin *
store_admin_new(struct store *s, void *arg)
{
    struct store_admin *a = mem_take(sizeof *a);

    a->store = s;
    a->arg = arg;
    a->next = s->admins;
    if (a->next != NULL)
        a->next->prev = a;
    s->admins = a;
    return a;
}

void
store_admin_free(struct store_admin *a)
{
    if (a->prev != NULL)
        a->prev->next = a->next;
    else
        a->store->admins = a->next;
    if (a->next != NULL)
        a->next->prev = a->prev;
    free(a);
}

void
store_admins_free(struct store *s)
{
    while (s->admins != NULL)
        store_admin_free(s->admins);
}

static void
on_report(void *arg, struct span body, int fd)
{
    struct store_admin *a = arg;
    struct buf room = { 0 };
    struct store_report w;
    struct error e;

    if (wire_unpack(&body, fd, &room, &e) && wire_get_report(&body, &w))
        a->row(a->arg, &w);
    buf_free(&room);
}

static void
on_reported(void *arg, struct span body, int fd, const struct error *e)
{
    struct store_admin a = *(struct store_admin *)arg;

    (void)body;
    if (fd != -1)
        close(fd);
    store_admin_free(arg);
    a.done(a.arg, e);
}

static void
on_stats(void *arg, struct span body, int fd, const struct error *e)
{
    struct store_admin a = *(struct store_admin *)arg;
    struct store_stats st;
    struct error mine;

    if (fd != -1)
        close(fd);
    if (e == NULL && !wire_get_stats(&body, &st))
        e = store_malformed(&mine);
    store_admin_free(arg);
    a.stats(a.arg, e == NULL ? &st : NULL, e);
}

static const struct ipc_answer report_answer = { on_report, on_reported };
static const struct ipc_answer stats_answer = { NULL, on_stats };

static void
ask_user(struct store_admin *a, uint16_t op, struct span user,
         const struct ipc_answer *answer)
{
    struct buf b = { 0 };

    wire_put_user(&b, &(struct wire_user){ user });
    ipc_request(a->store->ipc, op, buf_span(&b), -1, answer, a);
    buf_free(&b);
}

void
store_index_check(struct store *s, struct span user, unsigned how,
                  store_report_fn *row, store_done_fn *done, void *arg)
{
    struct store_admin *a = store_admin_new(s, arg);
    struct buf b = { 0 };

    a->row = row;
    a->done = done;
    wire_put_check(&b, &(struct wire_check){ user, how });
    ipc_request(s->ipc, WIRE_INDEX_CHECK, buf_span(&b), -1, &report_answer, a);
    buf_free(&b);
}

void
store_index_rebuild(struct store *s, struct span user, store_report_fn *row,
                    store_done_fn *done, void *arg)
{
    struct store_admin *a = store_admin_new(s, arg);

    a->row = row;
    a->done = done;
    ask_user(a, WIRE_INDEX_REBUILD, user, &report_answer);
}

void
store_get_stats(struct store *s, store_stats_fn *fn, void *arg)
{
    struct store_admin *a = store_admin_new(s, arg);

    a->stats = fn;
    ipc_request(s->ipc, WIRE_STATS, (struct span){ 0 }, -1, &stats_answer, a);
}

/* --- quota ------------------------------------------------------------------ */

static void
on_quota(void *arg, struct span body, int fd)
{
    struct store_admin *a = arg;
    struct buf room = { 0 };
    struct store_quota q;
    struct error e;

    if (wire_unpack(&body, fd, &room, &e) && wire_get_quota(&body, &q))
        a->quota(a->arg, &q);
    buf_free(&room);
}

static void
on_recount(void *arg, struct span body, int fd)
{
    struct store_admin *a = arg;
    struct buf room = { 0 };
    struct store_recount r;
    struct error e;

    if (wire_unpack(&body, fd, &room, &e) && wire_get_recount(&body, &r))
        a->recount(a->arg, &r);
    buf_free(&room);
}

static const struct ipc_answer quota_answer = { on_quota, on_reported };
static const struct ipc_answer recount_answer = { on_recount, on_reported };
static const struct ipc_answer done_answer = { NULL, on_reported };

void
store_list_quota(struct store *s, struct span user, store_quota_row_fn *row,
                 store_done_fn *done, void *arg)
{
    struct store_admin *a = store_admin_new(s, arg);

    a->quota = row;
    a->done = done;
    ask_user(a, WIRE_QUOTA_LIST, user, &quota_answer);
}

void
store_recount_quota(struct store *s, struct span user, store_recount_fn *row,
                    store_done_fn *done, void *arg)
{
    struct store_admin *a = store_admin_new(s, arg);

    a->recount = row;
    a->done = done;
    ask_user(a, WIRE_QUOTA_RECOUNT, user, &recount_answer);
}

static void
set_own(struct store *s, const struct wire_quota_set *own, store_done_fn *done,
        void *arg)
{
    struct store_admin *a = store_admin_new(s, arg);
    struct buf b = { 0 };

    a->done = done;
    wire_put_quota_set(&b, own);
    ipc_request(s->ipc, WIRE_QUOTA_SET, buf_span(&b), -1, &done_answer, a);
    buf_free(&b);
}

void
store_set_quota(struct store *s, struct span user, uint64_t limit_bytes,
                uint64_t limit_messages, store_done_fn *done, void *arg)
{
    const struct wire_quota_set own = { user, limit_bytes, limit_messages,
                                        STORE_QUOTA_KEEP };

    set_own(s, &own, done, arg);
}

void
store_set_keep(struct store *s, struct span user, uint64_t seconds,
               store_done_fn *done, void *arg)
{
    const struct wire_quota_set own = { user, STORE_QUOTA_KEEP,
                                        STORE_QUOTA_KEEP, seconds };

    set_own(s, &own, done, arg);
}

uint32_t
store_check_quota(struct store *s, uint64_t size,
                  const struct store_recipient *recipients, size_t count,
                  store_done_fn *done, void *arg)
{
    struct store_admin *a = store_admin_new(s, arg);
    struct wire_quota_check w = { .size = size,
                                  .recipient_count = (uint32_t)count };
    struct buf to = { 0 };
    struct buf b = { 0 };

    a->done = done;
    for (size_t i = 0; i < count; i++)
        wire_put_recipient(&to, &recipients[i]);
    w.recipients = buf_span(&to);
    wire_put_quota_check(&b, &w);
    a->request = ipc_request(s->ipc, WIRE_QUOTA_CHECK, buf_span(&b), -1,
                             &done_answer, a);
    buf_free(&to);
    buf_free(&b);
    return a->request;
}

void
store_forget_check(struct store *s, uint32_t check)
{
    struct store_admin *a = s->admins;

    while (a != NULL && a->request != check)
        a = a->next;
    if (a == NULL)
        return;
    ipc_forget(s->ipc, check);
    store_admin_free(a);
}
