/*
 *   account -> what is kept (pool) -> box by box:
 *     mailbox found, or made -> CHUNK messages at a time:
 *       opened (pool) -> committed as deliveries of those very files
 *         -> their kept names removed (pool)
 *
 * A crash leaves a message kept, or back and kept: never neither.
 */
#include "mailstore/undelete.h"

#include "base/fs.h"
#include "base/mem.h"
#include "mail/flags.h"
#include "mailstore/deliver.h"
#include "mailstore/gone.h"
#include "mailstore/kept.h"
#include "mailstore/mailboxes.h"
#include "mailstore/maildir.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK 64

struct undelete;

struct one {
    struct undelete *undelete;
    const struct kept_item *item;
    int fd;
    uint64_t size, wire_size; /* wire_size 0: the same */
    int64_t date;
    uint32_t uid; /* that it got */
    bool failed;
    struct error e;
};

struct undelete {
    struct pool_job job;
    struct core *core;
    struct home *home;
    struct buf user, mailbox, who;
    int64_t since;
    struct numset uids;
    struct kept_list list;
    size_t at, end; /* of the present box's items: at is the next */
    size_t left;    /* messages of deleted mailboxes that stay kept */
    size_t first;   /* of the box; before all: the box looked at */
    char target[MAILBOX_NAME_MAX + 1];
    struct folder *folder; /* held */
    struct one ones[CHUNK];
    size_t count, pending;
    bool failed;
    struct error e;
    struct undelete_calls calls;
    void *arg;
};

/* --- the end ------------------------------------------------------------------------ */

static void
note_failure(struct undelete *u, const struct error *e)
{
    if (!u->failed)
        u->e = *e;
    u->failed = true;
}

static void
end(struct undelete *u)
{
    if (u->home != NULL)
        u->home->undeleting = false;
    u->calls.done(u->arg, u->failed ? &u->e : NULL);
    kept_list_free(&u->list);
    numset_free(&u->uids);
    buf_free(&u->user);
    buf_free(&u->mailbox);
    buf_free(&u->who);
    free(u);
}

/* --- which ----------------------------------------------------------------------------- */

static bool
is_chosen(const struct undelete *u, const struct kept_item *item)
{
    if (item->time < u->since ||
        (u->mailbox.n > 0 && !span_is(buf_span(&u->mailbox), u->target)))
        return false;
    return u->uids.n == 0 ||
           (!item->is_mailbox && numset_has(&u->uids, item->uid));
}

static bool
any_chosen(const struct undelete *u)
{
    for (size_t i = u->at; i < u->end; i++)
        if (is_chosen(u, &u->list.items[i]))
            return true;
    return false;
}

/* "expunged/<id>/deleted,<time>/cur/NAME" */
static bool
is_inside(const struct kept_item *item)
{
    return !item->is_mailbox && strstr(item->path, "/deleted,") != NULL;
}

static void next_box(void *arg);
static void next_chunk(struct undelete *u);

/* --- the box is through ------------------------------------------------------------------ */

static void
run_remove(struct pool_job *job)
{
    struct undelete *u = (struct undelete *)job;
    struct error e;
    int dir;

    if (!fs_open_dir(u->core->root, u->home->path, &dir, &e))
        return;
    for (size_t i = u->first; i < u->end; i++)
        if (u->list.items[i].is_mailbox && is_chosen(u, &u->list.items[i]))
            maildir_remove(dir, u->list.items[i].path, &e);
    close(dir);
}

static void
box_done(struct pool_job *job)
{
    struct undelete *u = (struct undelete *)job;

    for (size_t i = u->first; i < u->end; i++) {
        const struct kept_item *item = &u->list.items[i];
        struct store_undeleted row = { .mailbox = span_of(u->target),
                                       .is_mailbox = true };

        if (item->is_mailbox && is_chosen(u, item))
            u->calls.row(u->arg, &row);
    }
    folder_release(u->folder);
    u->folder = NULL;
    u->at = u->end;
    core_defer(u->core, next_box, u);
}

/* What is left of deleted mailboxes goes, once nothing is in them. */
static void
finish_box(struct undelete *u)
{
    u->job = (struct pool_job){ .run = run_remove, .done = box_done };
    if (u->left == 0)
        pool_add(u->core->pool, &u->job);
    else
        box_done(&u->job);
}

/* --- a chunk -------------------------------------------------------------------------------- */

static void
run_unlink(struct pool_job *job)
{
    struct undelete *u = (struct undelete *)job;
    struct error e;
    int dir;

    if (!fs_open_dir(u->core->root, u->home->path, &dir, &e))
        return;
    for (size_t i = 0; i < u->count; i++)
        if (!u->ones[i].failed)
            fs_unlink(dir, u->ones[i].item->path, &e);
    close(dir);
}

static void
unlinked(struct pool_job *job)
{
    struct undelete *u = (struct undelete *)job;

    for (size_t i = 0; i < u->count; i++) {
        const struct one *o = &u->ones[i];
        struct store_undeleted row = { .mailbox = span_of(u->target),
                                       .from_uid = o->item->uid,
                                       .uid = o->uid };

        if (!o->failed)
            u->calls.row(u->arg, &row);
        else if (is_inside(o->item))
            u->left++;
    }
    next_chunk(u);
}

/* With the last one the chunk goes on. */
static void
count_down(struct undelete *u)
{
    if (--u->pending > 0)
        return;
    u->job = (struct pool_job){ .run = run_unlink, .done = unlinked };
    pool_add(u->core->pool, &u->job);
}

static void
one_done(struct one *o)
{
    /* Purged, or brought back, just now: nothing to complain of. */
    if (o->failed && o->e.kind != FAIL_NOT_FOUND)
        note_failure(o->undelete, &o->e);
    count_down(o->undelete);
}

static void
committed(void *arg, uint32_t uid_validity, uint32_t uid, const struct error *e)
{
    struct one *o = arg;

    (void)uid_validity;
    o->uid = uid;
    o->failed = e != NULL;
    if (e != NULL)
        o->e = *e;
    one_done(o);
}

static size_t
name_keywords(const struct one *o, struct span names[STORE_KEYWORDS_MAX])
{
    const struct kept_list *l = &o->undelete->list;
    const struct control *c = &l->boxes[o->item->box].control;
    size_t n = 0;

    for (unsigned k = 0; k < c->keyword_count; k++)
        if ((o->item->keywords >> k & 1) != 0 &&
            mail_keyword_is_valid(span_of(c->keywords[k])))
            names[n++] = span_of(c->keywords[k]);
    return n;
}

static uint32_t
folder_before(const struct undelete *u, const struct kept_item *item)
{
    struct kept_box now;

    kept_describe(&u->folder->record, &now);
    return strcmp(now.id, u->list.boxes[item->box].id) == 0
               ? u->folder->record.id
               : 0;
}

/* The file itself gets its name in the mailbox: nothing is copied. */
static void
deliver(struct one *o)
{
    struct undelete *u = o->undelete;
    struct span keywords[STORE_KEYWORDS_MAX];
    struct delivery *d = mem_take(sizeof *d);
    struct deliver_new n = { .size = o->size,
                             .wire_size = o->wire_size,
                             .date = o->date,
                             .flags = o->item->flags & (uint16_t)~MAIL_DELETED,
                             .keywords = keywords,
                             .session = span_of("undelete"),
                             .is_old = true };

    n.keyword_count = name_keywords(o, keywords);
    n.note = (struct history_note){ .kind = HISTORY_UNDELETED,
                                    .who = buf_span(&u->who),
                                    .from_uid = o->item->uid,
                                    .from_folder = folder_before(u, o->item) };
    folder_hold(u->folder);
    *d = (struct delivery){ .core = u->core, .fd = o->fd, .to = u->folder };
    o->fd = -1;
    deliver_commit(d, &n, committed, o);
}

static void
opened(struct pool_job *job)
{
    struct undelete *u = (struct undelete *)job;

    u->pending = u->count + 1; /* not before all have begun */
    for (size_t i = 0; i < u->count; i++) {
        if (u->ones[i].failed)
            one_done(&u->ones[i]);
        else
            deliver(&u->ones[i]);
    }
    count_down(u);
}

static bool
open_one(int dir, struct one *o, struct error *e)
{
    struct stat st;
    uint64_t size;
    bool bare;

    if (!maildir_open_file(dir, o->item->path, &o->fd, &st, e))
        return false;
    if (!maildir_wire_size(o->fd, &size, &bare, e)) {
        close(o->fd);
        o->fd = -1;
        return false;
    }
    o->size = (uint64_t)st.st_size;
    o->wire_size = bare ? size : 0;
    o->date = st.st_mtime;
    return true;
}

static void
run_open(struct pool_job *job)
{
    struct undelete *u = (struct undelete *)job;
    struct error e;
    int dir = -1;
    bool there = fs_open_dir(u->core->root, u->home->path, &dir, &e);

    for (size_t i = 0; i < u->count; i++) {
        struct one *o = &u->ones[i];

        o->failed = !there || !open_one(dir, o, &o->e);
        if (!there)
            o->e = e;
    }
    if (there)
        close(dir);
}

static void
next_chunk(struct undelete *u)
{
    u->count = 0;
    for (; u->at < u->end && u->count < CHUNK; u->at++) {
        const struct kept_item *item = &u->list.items[u->at];

        if (item->is_mailbox)
            continue;
        if (is_chosen(u, item))
            u->ones[u->count++] =
                (struct one){ .undelete = u, .item = item, .fd = -1 };
        else if (is_inside(item))
            u->left++;
    }
    if (u->count == 0 || u->core->stopping) {
        finish_box(u);
        return;
    }
    u->job = (struct pool_job){ .run = run_open, .done = opened };
    pool_add(u->core->pool, &u->job);
}

/* --- a box -------------------------------------------------------------------------------------- */

static void
target_there(void *arg, const struct error *e)
{
    struct undelete *u = arg;
    struct error mine;

    if ((e != NULL && e->kind != FAIL_EXISTS) ||
        !folder_use(u->home, span_of(u->target), &u->folder, &mine)) {
        note_failure(u, e != NULL && e->kind != FAIL_EXISTS ? e : &mine);
        u->at = u->end;
        core_defer(u->core, next_box, u);
        return;
    }
    next_chunk(u);
}

static void
begin_box(struct undelete *u, const struct kept_box *box)
{
    struct index_folder record;
    struct error e;

    if (mailboxes_find(u->home, span_of(u->target), &record, &e))
        target_there(u, NULL);
    else if (e.kind != FAIL_NOT_FOUND)
        target_there(u, &e);
    else
        mailboxes_create(u->home, span_of(u->target), box->control.special_use,
                         target_there, u);
}

static void
next_box(void *arg)
{
    struct undelete *u = arg;

    while (u->at < u->list.count && !u->core->stopping) {
        size_t box = u->list.items[u->at].box;

        u->first = u->end = u->at;
        u->left = 0;
        while (u->end < u->list.count && u->list.items[u->end].box == box)
            u->end++;
        kept_target(u->home, &u->list.boxes[box], u->target);
        if (any_chosen(u)) {
            begin_box(u, &u->list.boxes[box]);
            return;
        }
        u->at = u->end;
    }
    end(u);
}

/* --- the beginning ------------------------------------------------------------------------------- */

static void
run_list(struct pool_job *job)
{
    struct undelete *u = (struct undelete *)job;

    u->failed = !kept_list(u->core->root, u->home->path, &u->list, &u->e);
}

static bool
is_asked_for(void *arg, const struct kept_item *item)
{
    struct undelete *u = arg;

    if (item->box != u->first) {
        u->first = item->box;
        kept_target(u->home, &u->list.boxes[item->box], u->target);
    }
    return is_chosen(u, item);
}

static void
listed(struct pool_job *job)
{
    struct undelete *u = (struct undelete *)job;
    struct error e;

    u->first = SIZE_MAX;
    if (!u->failed && !kept_has_room(u->home, &u->list, is_asked_for, u, &e)) {
        note_failure(u, &e);
        end(u);
        return;
    }
    next_box(u);
}

static void
all_kept(void *arg, const struct error *e)
{
    struct undelete *u = arg;

    (void)e;
    u->job = (struct pool_job){ .run = run_list, .done = listed };
    pool_add(u->core->pool, &u->job);
}

static void
home_found(void *arg, struct home *h, const struct error *e)
{
    struct undelete *u = arg;
    struct error busy;

    if (e == NULL && h->undeleting) {
        fail(&busy, FAIL_BUSY, "it is being done already");
        e = &busy;
    }
    if (e != NULL) {
        note_failure(u, e);
        end(u);
        return;
    }
    u->home = h;
    h->undeleting = true;
    gone_wait(h, all_kept, u);
}

void
undelete_begin(struct core *c, const struct undelete_request *r,
               const struct undelete_calls *calls, void *arg)
{
    struct undelete *u = mem_take(sizeof *u);

    *u = (struct undelete){
        .core = c, .since = r->since, .calls = *calls, .arg = arg
    };
    buf_put(&u->user, r->user);
    buf_put(&u->mailbox, r->mailbox);
    buf_put(&u->who, r->who);
    numset_add_set(&u->uids, r->uids);
    home_use(c, buf_span(&u->user), 0, home_found, u);
}
