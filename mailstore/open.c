/*
 * Opening a mailbox:
 *
 *   view_open -> reconcile_ready -> opening -> (durable) answer
 *
 * Rows at or above first_recent are new to everybody. A session that may
 * change the mailbox takes them (RFC 3501 section 2.3.2).
 */
#include "base/mem.h"
#include "mailstore/names.h"
#include "mailstore/reconcile.h"
#include "mailstore/watch.h"

#include <stdlib.h>

struct opening {
    struct folder *folder; /* held */
    unsigned how;
    const struct view_calls *calls;
    void *view_arg;
    struct opened opened;
    opened_fn *fn;
    void *arg;
};

/* \Recent is this session's from now on, and the files leave new/. */
static bool
take_recent(struct folder *f, struct error *e)
{
    struct index_txn *t;

    if (f->record.first_recent >= f->record.uid_next)
        return true;
    names_add(f, f->record.first_recent, f->record.uid_next - 1);
    folder_edit(f)->first_recent = f->record.uid_next;
    t = core_begin(f->core);
    return folder_commit(f, &t, false, e);
}

static struct view *
join(struct opening *o)
{
    struct view *v = mem_take(sizeof *v);
    struct folder *f = o->folder;

    *v = (struct view){ .id = ++f->core->next_view,
                        .folder = f,
                        .how = o->how,
                        .joined = f->event,
                        .keywords_told = f->record.keyword_count,
                        .calls = o->calls,
                        .arg = o->view_arg,
                        .next = f->views };
    f->views = v;
    f->core->views++;
    if ((o->how & STORE_EXCLUSIVE) != 0)
        f->exclusive = v;
    folder_hold(f);
    return v;
}

static bool
open_now(struct opening *o, struct error *e)
{
    struct folder *f = o->folder;
    uint32_t first_recent = f->record.first_recent;

    if (f->deleted)
        return fail(e, FAIL_NOT_FOUND, "the mailbox is gone");
    if ((o->how & STORE_EXCLUSIVE) != 0 && f->exclusive != NULL)
        return fail(e, FAIL_BUSY, "another session has the mailbox");
    if (!folder_load_rows(f, e))
        return false;
    if (!snapshot_take(f, first_recent, &o->opened.rows, e))
        return false;
    o->opened.recent =
        (uint32_t)(f->count - folder_find_index(f, first_recent));
    if ((o->how & STORE_EXAMINE) == 0 && !take_recent(f, e)) {
        snapshot_free(&o->opened.rows);
        return false;
    }
    o->opened.first_unseen = folder_first_unseen(f);
    o->opened.uid_next = f->record.uid_next;
    o->opened.modseq = f->record.modseq;
    o->opened.view = join(o);
    return true;
}

static void
answer(void *arg)
{
    struct opening *o = arg;

    o->fn(o->arg, &o->opened, NULL);
    snapshot_free(&o->opened.rows);
    folder_release(o->folder);
    free(o);
}

static void
refuse(struct opening *o, const struct error *e)
{
    o->fn(o->arg, NULL, e);
    folder_release(o->folder);
    free(o);
}

static void
is_ready(void *arg, const struct error *e)
{
    struct opening *o = arg;
    struct error mine;

    if (e != NULL)
        refuse(o, e);
    else if (!open_now(o, &mine))
        refuse(o, &mine);
    else
        core_flushed(o->folder->core, answer, o);
}

void
view_open(const struct open_request *r, opened_fn *fn, void *arg)
{
    struct opening *o = mem_take(sizeof *o);
    struct error e;

    *o = (struct opening){ .how = r->how,
                           .calls = r->calls,
                           .view_arg = r->view_arg,
                           .fn = fn,
                           .arg = arg };
    if (!folder_use(r->home, r->name, &o->folder, &e)) {
        fn(arg, NULL, &e);
        free(o);
        return;
    }
    reconcile_ready(o->folder, RECONCILE_FRESH, is_ready, o);
}
