/*
 * Mending, a step after the other, each only where something asks for it:
 *
 *   gone rows forgotten -> reconciled -> rebuilt -> counted -> control file
 */
#include "base/mem.h"
#include "mailstore/check_inside.h"
#include "mailstore/reconcile.h"

#include <stdlib.h>

static void next_step(struct check *c);

static void
settle(struct check *c, enum check_what what, bool mended)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->findings[i].what == what)
            c->findings[i].mended = mended;
}

/* --- reconciled --------------------------------------------------------------------- */

/* Too much at once, or changed by others meanwhile, is not believed. */
static void
settle_missing(struct check *c)
{
    struct index_txn *t = core_begin(c->folder->core);
    struct index_message m;
    struct error e;

    for (size_t i = 0; i < c->count; i++)
        if (c->findings[i].what == CHECK_FILE_MISSING)
            c->findings[i].mended =
                !index_get_message(t, c->folder->record.id, c->findings[i].uid,
                                   &m, &e) &&
                e.kind == FAIL_NOT_FOUND;
    index_abort(&t);
}

static void
reconciled(void *arg, const struct error *e)
{
    struct check *c = arg;
    bool done = e == NULL && !c->folder->guarded;

    settle_missing(c);
    settle(c, CHECK_FILE_UNKNOWN, done);
    settle(c, CHECK_FLAGS, done);
    next_step(c);
}

static bool
reconcile(struct check *c)
{
    if (!check_has(c, CHECK_FILE_MISSING) &&
        !check_has(c, CHECK_FILE_UNKNOWN) && !check_has(c, CHECK_FLAGS))
        return false;
    c->folder->stale = true;
    reconcile_ready(c->folder, RECONCILE_FRESH, reconciled, c);
    return true;
}

/* --- rebuilt --------------------------------------------------------------------------- */

static void
rebuilt(void *arg, const struct error *e)
{
    struct check *c = arg;

    settle(c, CHECK_ROW, e == NULL);
    settle(c, CHECK_ROW_LOST, e == NULL);
    next_step(c);
}

/* Not where so much is missing that a disk may be. */
static bool
rebuild(struct check *c)
{
    if (c->folder->guarded ||
        (!check_has(c, CHECK_ROW) && !check_has(c, CHECK_ROW_LOST)))
        return false;
    reconcile_rebuild(c->folder, rebuilt, c);
    return true;
}

/* --- counted ----------------------------------------------------------------------------- */

static void
counted(void *arg, const struct error *e)
{
    struct check *c = arg;

    settle(c, CHECK_COUNT, e == NULL);
    next_step(c);
}

static bool
count(struct check *c)
{
    if (!check_has(c, CHECK_COUNT))
        return false;
    quota_recount_folder(c->folder, &c->off, counted, c);
    return true;
}

/* --- the control file --------------------------------------------------------------------- */

static void
written(void *arg, const struct error *e)
{
    struct check *c = arg;

    settle(c, CHECK_CONTROL, e == NULL);
    next_step(c);
}

static bool
write_control(struct check *c)
{
    if (!check_has(c, CHECK_CONTROL))
        return false;
    folder_write_control(c->folder, written, c);
    return true;
}

/* --- gone rows ------------------------------------------------------------------------------ */

static bool
forget_gone(struct check *c)
{
    struct core *core = c->folder->core;
    struct index_txn *t;
    struct error e;
    bool done = true;

    if (!check_has(c, CHECK_GONE))
        return false;
    t = core_begin(core);
    for (size_t i = 0; done && i < c->gone_count; i++)
        if (c->gone[i].lost)
            done =
                index_delete_gone(t, c->folder->record.id, c->gone[i].uid, &e);
    if (done)
        done = core_commit(core, &t, &e);
    else
        core_abort(core, &t, &e);
    settle(c, CHECK_GONE, done);
    return false; /* it is over already */
}

typedef bool step_fn(struct check *c); /* true: next_step() will be called */

static void
next_step(struct check *c)
{
    static step_fn *const steps[] = { forget_gone, reconcile, rebuild, count,
                                      write_control };

    while (c->mending < sizeof steps / sizeof *steps)
        if (steps[c->mending++](c))
            return;
    settle(c, CHECK_UNHASHED, true);
    check_tell(c);
}

void
check_mend(struct check *c)
{
    if (c->unhashed > 0)
        check_find(c, CHECK_UNHASHED, 0, NULL,
                   arena_printf(&c->arena,
                                "%zu messages have no content hash to be "
                                "compared with",
                                c->unhashed));
    if (check_fixes(c) && !tour_is_over(c->tour))
        next_step(c);
    else
        check_tell(c);
}
