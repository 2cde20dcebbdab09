#include "mailstore/client_private.h"

#include "base/mem.h"

#include <stdlib.h>
#include <unistd.h>

/* One request of the command line. */
struct store_admin {
    struct store *store;
    struct store_admin *prev, *next;
    store_report_fn *row;
    store_done_fn *done;
    store_stats_fn *stats;
    void *arg;
};

static struct store_admin *
new_admin(struct store *s, void *arg)
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

static void
free_admin(struct store_admin *a)
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
        free_admin(s->admins);
}

static void
on_report(void *arg, struct span body, int fd)
{
    struct store_admin *a = arg;
    struct buf room = { 0 };
    struct wire_report w;
    struct error e;

    if (wire_unpack(&body, fd, &room, &e) && wire_get_report(&body, &w))
        a->row(a->arg, w.path, w.text);
    buf_free(&room);
}

static void
on_reported(void *arg, struct span body, int fd, const struct error *e)
{
    struct store_admin a = *(struct store_admin *)arg;

    (void)body;
    if (fd != -1)
        close(fd);
    free_admin(arg);
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
    free_admin(arg);
    a.stats(a.arg, e == NULL ? &st : NULL, e);
}

static const struct ipc_answer report_answer = { on_report, on_reported };
static const struct ipc_answer stats_answer = { NULL, on_stats };

static void
ask_report(struct store_admin *a, uint16_t op, struct span user)
{
    struct buf b = { 0 };

    wire_put_user(&b, &(struct wire_user){ user });
    ipc_request(a->store->ipc, op, buf_span(&b), -1, &report_answer, a);
    buf_free(&b);
}

void
store_index_check(struct store *s, struct span user, store_report_fn *row,
                  store_done_fn *done, void *arg)
{
    struct store_admin *a = new_admin(s, arg);

    a->row = row;
    a->done = done;
    ask_report(a, WIRE_INDEX_CHECK, user);
}

void
store_index_rebuild(struct store *s, struct span user, store_report_fn *row,
                    store_done_fn *done, void *arg)
{
    struct store_admin *a = new_admin(s, arg);

    a->row = row;
    a->done = done;
    ask_report(a, WIRE_INDEX_REBUILD, user);
}

void
store_get_stats(struct store *s, store_stats_fn *fn, void *arg)
{
    struct store_admin *a = new_admin(s, arg);

    a->stats = fn;
    ipc_request(s->ipc, WIRE_STATS, (struct span){ 0 }, -1, &stats_answer, a);
}
