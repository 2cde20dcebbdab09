/*
 * A round every few minutes: all accounts in turn, PIECE files at a time.
 *
 *   timer -> accounts listed (pool) -> of each: pieces (pool) -> timer
 *
 * Where the disk is nearly full each round lets go of younger things, until
 * there is room: what was deleted does not keep new mail out.
 */
#include "mailstore/purge.h"

#include "base/fs.h"
#include "base/mem.h"
#include "mail/account.h"
#include "mailstore/age.h"
#include "mailstore/events.h"
#include "mailstore/history.h"
#include "mailstore/home.h"
#include "mailstore/kept.h"
#include "mailstore/sweep.h"

#include <stdlib.h>
#include <unistd.h>

#define PIECE           500
#define ROUND_MS        300000
#define SHORT_ROUND_MS  10000 /* while the disk is nearly full */
#define FIRST_MS        2000
#define SOONEST_SECONDS 4

struct purge {
    struct pool_job job;
    struct core *core;
    struct timer *timer;
    struct sweep_accounts accounts;
    size_t at;
    int64_t now;      /* of the round */
    unsigned shorter; /* rounds with too little room in a row */
    bool more, busy;
    struct error e;
    bool failed;
};

static void next_account(struct purge *p);

static int64_t
pause_of(const struct purge *p)
{
    unsigned keep = p->core->options->keep_deleted;

    if (p->shorter > 0)
        return SHORT_ROUND_MS;
    /* Short times are for tests: then a round is short, too. */
    if (keep > 0 && keep < ROUND_MS / 1000 * SOONEST_SECONDS)
        return (int64_t)keep * 1000 / SOONEST_SECONDS;
    return ROUND_MS;
}

static void
end_round(struct purge *p)
{
    sweep_accounts_free(&p->accounts);
    p->busy = false;
    if (!p->core->stopping)
        timer_start(p->timer, pause_of(p));
}

/* Each account may have its own time. */
static bool
before_what(const struct purge *p, const char *home, int64_t *before,
            struct error *e)
{
    struct account_file file = { 0 };
    bool known;
    int dir;

    if (!fs_open_dir(p->core->root, home, &dir, e))
        return false;
    known = account_file_read(dir, &file, e);
    close(dir);
    if (known)
        *before =
            p->now - (int64_t)(home_keep_by_file(p->core, &file) >> p->shorter);
    return known;
}

static void
run_piece(struct pool_job *job)
{
    struct purge *p = (struct purge *)job;
    struct buf home = { 0 };
    int64_t before;

    account_name_to_path(span_of(p->accounts.names[p->at]), &home);
    p->more = false;
    p->failed =
        !before_what(p, buf_text(&home), &before, &p->e) ||
        !kept_purge(p->core, buf_text(&home), before, PIECE, &p->more, &p->e);
    buf_free(&home);
}

static void
piece_done(struct pool_job *job)
{
    struct purge *p = (struct purge *)job;

    if (p->failed)
        event_unlink_failed(&p->e);
    if (p->failed || !p->more)
        p->at++;
    next_account(p);
}

static void
next_account(struct purge *p)
{
    if (p->core->stopping || p->at >= p->accounts.count) {
        end_round(p);
        return;
    }
    p->job = (struct pool_job){ .run = run_piece, .done = piece_done };
    pool_add(p->core->pool, &p->job);
}

static void
run_list(struct pool_job *job)
{
    struct purge *p = (struct purge *)job;

    sweep_list_accounts(p->core, &p->accounts);
}

static void
listed(struct pool_job *job)
{
    struct purge *p = (struct purge *)job;

    p->at = 0;
    next_account(p);
}

static void
begin_round(void *arg)
{
    struct purge *p = arg;
    struct error e;
    bool known;

    if (p->busy || p->core->stopping)
        return;
    p->busy = true;
    known = age_known(p->core->age, &p->now);
    if (known)
        history_prune(p->core);
    if (core_has_room(p->core, 0, &e))
        p->shorter = 0;
    else if (p->shorter < 30)
        p->shorter++;
    if (p->shorter == 0 && !known) {
        end_round(p); /* what time it is, the next one may know */
        return;
    }
    p->job = (struct pool_job){ .run = run_list, .done = listed };
    pool_add(p->core->pool, &p->job);
}

struct purge *
purge_new(struct core *c)
{
    struct purge *p = mem_take(sizeof *p);

    p->core = c;
    p->timer = timer_new(c->loop, begin_round, p);
    timer_start(p->timer, FIRST_MS);
    return p;
}

void
purge_free(struct purge **purge)
{
    struct purge *p = *purge;

    if (p == NULL)
        return;
    timer_free(&p->timer);
    sweep_accounts_free(&p->accounts);
    free(p);
    *purge = NULL;
}
