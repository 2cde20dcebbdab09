/* The control file, and what must stand in it before something is given out:
 * the floor of UIDs (S2) and the keywords' letters. */
#include "base/mem.h"
#include "mailstore/events.h"
#include "mailstore/folder.h"

#include <stdlib.h>
#include <string.h>

struct control_job {
    struct pool_job job;
    struct folder *folder;
    struct control control;
    bool keywords; /* write them for Dovecot too */
    bool failed;
    struct error e;
};

void
folder_control(const struct index_folder *record, struct control *c)
{
    *c = (struct control){ .uid_validity = record->uid_validity,
                           .uid_floor = record->uid_next_floor,
                           .special_use = record->flags & STORE_ALL_SPECIAL };
    memcpy(c->id, record->mailbox_id, sizeof c->id);
    c->keyword_count = record->keyword_count;
    for (unsigned i = 0; i < c->keyword_count; i++)
        memcpy(c->keywords[i], record->keywords[i], KEYWORD_MAX + 1);
}

static void
run_control(struct pool_job *job)
{
    struct control_job *j = (struct control_job *)job;

    j->failed = !control_write(j->folder->dir, &j->control, &j->e) ||
                (j->keywords &&
                 !control_write_keywords(j->folder->dir, &j->control, &j->e));
}

static void start_control(struct folder *f);

static void
control_done(struct pool_job *job)
{
    struct control_job *j = (struct control_job *)job;
    struct folder *f = j->folder;

    f->control_writing = false;
    if (!j->failed && f->record.uid_next_floor < j->control.uid_floor)
        f->record.uid_next_floor = j->control.uid_floor;
    if (j->failed) {
        event_file_failed(f, &j->e);
        f->keywords_changed |= j->keywords;
    }
    waiters_call(&f->control_now, j->failed ? &j->e : NULL);
    if (f->control_next.first != NULL && !f->control_writing)
        start_control(f);
    folder_release(f);
    free(j);
}

static void
start_control(struct folder *f)
{
    struct control_job *j = mem_take(sizeof *j);

    j->job = (struct pool_job){ .run = run_control, .done = control_done };
    j->folder = f;
    folder_control(&f->record, &j->control);
    if (j->control.uid_floor < f->floor_wanted)
        j->control.uid_floor = f->floor_wanted;
    j->keywords = f->keywords_changed;
    f->keywords_changed = false;
    f->control_writing = true;
    f->control_now = f->control_next;
    f->control_next = (struct waiters){ 0 };
    folder_hold(f);
    pool_add(f->core->pool, &j->job);
}

static void
nobody_waits(void *arg, const struct error *e)
{
    (void)arg;
    (void)e;
}

void
folder_write_control(struct folder *f, core_done_fn *fn, void *arg)
{
    waiters_add(&f->control_next, fn != NULL ? fn : nobody_waits, arg);
    if (!f->control_writing)
        start_control(f);
}

bool
folder_may_give(struct folder *f, uint32_t n, core_done_fn *fn, void *arg)
{
    uint64_t needed = (uint64_t)f->next_uid + n;
    uint64_t floor = f->record.uid_next_floor;
    uint64_t wanted = needed + STORE_FLOOR_BLOCK;

    if (wanted > UINT32_MAX)
        wanted = UINT32_MAX;
    if (needed <= floor) {
        /* Soon: so that nobody has to wait for it. */
        if (floor - needed < STORE_FLOOR_BLOCK / 4 && !f->control_writing &&
            f->floor_wanted < wanted) {
            f->floor_wanted = (uint32_t)wanted;
            folder_write_control(f, NULL, NULL);
        }
        return true;
    }
    if (f->floor_wanted < wanted)
        f->floor_wanted = (uint32_t)wanted;
    folder_write_control(f, fn, arg);
    return false;
}

static bool
find_keyword(const struct index_folder *record, struct span name, uint64_t *bit)
{
    for (uint32_t i = 0; i < record->keyword_count; i++)
        if (span_is_nocase(name, record->keywords[i])) {
            *bit = UINT64_C(1) << i;
            return true;
        }
    return false;
}

static bool
add_keyword(struct index_folder *draft, struct span name, uint64_t *bit,
            struct error *e)
{
    if (draft->keyword_count == STORE_KEYWORDS_MAX)
        return fail(e, FAIL_LIMIT, "more than %d keywords", STORE_KEYWORDS_MAX);
    *bit = UINT64_C(1) << draft->keyword_count;
    memset(draft->keywords[draft->keyword_count], 0, KEYWORD_MAX + 1);
    memcpy(draft->keywords[draft->keyword_count++], name.p, name.n);
    return true;
}

uint64_t
folder_known_keywords(const struct folder *f, const struct span *names,
                      size_t count)
{
    uint64_t bits = 0;
    uint64_t bit;

    for (size_t i = 0; i < count; i++)
        if (find_keyword(&f->record, names[i], &bit))
            bits |= bit;
    return bits;
}

bool
folder_keywords(struct folder *f, const struct span *names, size_t count,
                uint64_t *bits, struct error *e)
{
    struct index_folder *draft = folder_edit(f);
    struct index_txn *t;
    uint64_t found = 0;
    uint64_t bit = 0;

    for (size_t i = 0; i < count; i++) {
        if (!find_keyword(draft, names[i], &bit) &&
            !add_keyword(draft, names[i], &bit, e)) {
            folder_drop(f);
            return false;
        }
        found |= bit;
    }
    *bits = found;
    if (draft->keyword_count == f->record.keyword_count) {
        folder_drop(f);
        return true;
    }
    t = core_begin(f->core);
    if (!folder_commit(f, &t, false, e))
        return false;
    f->keywords_changed = true;
    folder_write_control(f, NULL, NULL);
    return true;
}
