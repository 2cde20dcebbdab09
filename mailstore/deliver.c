/*
 * The promises of this daemon, cited by number elsewhere:
 *
 * S1  A message answered for has its bytes, its name and its directory entry
 *     flushed, for every recipient.
 * S2  A UID is given once: no later message of the same UIDVALIDITY ever gets
 *     it, whatever crashed. (The control file holds a floor: UIDs at or above
 *     it were never given; it is durable before they are.)
 * S3  A client is told of nothing that a crash can take back.
 * S4  A file in new/ or cur/ that the index does not know is adopted; after an
 *     unclean stop, with the UID in its name if the folder's tag matches. One
 *     whose length differs from its S= is torn, was never acknowledged, and
 *     goes to quarantine/. Nothing is deleted for being unknown.
 * S5  Index and files may disagree after a crash only in ways that S4 and the
 *     intents repair, by themselves, before the folder is used.
 *
 * A delivery, and what a crash leaves at each point:
 *
 *   begin     a file without a name                      nothing
 *   commit    written, checked, dated and fsynced        nothing
 *             (a small one in the same step as the next, its UID given before)
 *   link      UID given, name in new/ of every recipient, directories
 *             fsynced (committer.c)                      S4: adopted with its UID
 *   index     one transaction for many deliveries        S4: likewise
 *   flush     the index is durable                       all of it
 *   publish   views are told, then the peer is answered
 *
 * Whatever fails before the index takes all names away again: all recipients
 * have it or none.
 */
#include "mailstore/deliver.h"

#include "base/fs.h"
#include "base/mem.h"
#include "mail/flags.h"
#include "mail/mailbox_name.h"
#include "mailstore/committer.h"
#include "mailstore/events.h"
#include "mailstore/maildir.h"
#include "mailstore/reconcile.h"
#include "mailstore/spare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- begin -------------------------------------------------------------------- */

static bool
make_file(struct delivery *d, struct error *e)
{
    int root = d->core->root;

    if (fs_create_unnamed(root, MAILDIR_TMP, 0600, &d->fd, e)) {
        d->tmp[0] = '\0';
        return true;
    }
    if (e->kind != FAIL_INVALID)
        return false;
    return fs_create(root, d->tmp, 0600, &d->fd, e);
}

/* Where tmp/ was removed it is made again; where all of the mail was, that says
 * nothing about the recipient. */
static void
run_begin(struct pool_job *job)
{
    struct delivery *d = (struct delivery *)job;
    struct error e;

    d->failed = !make_file(d, &d->e);
    if (!d->failed || d->e.kind != FAIL_NOT_FOUND)
        return;
    if (fs_mkdir(d->core->root, MAILDIR_TMP, 0700, &e))
        d->failed = !make_file(d, &d->e);
    if (d->failed && d->e.kind == FAIL_NOT_FOUND)
        d->e.kind = FAIL_UNAVAILABLE;
}

static void
begin_done(struct pool_job *job)
{
    struct delivery *d = (struct delivery *)job;

    if (!d->failed) {
        d->begun(d->begun_arg, d, d->fd, NULL);
        return;
    }
    d->begun(d->begun_arg, NULL, -1, &d->e);
    deliver_abort(&d);
}

void
deliver_begin(struct core *c, uint64_t size, struct folder *to,
              deliver_begun_fn *fn, void *arg)
{
    struct delivery *d;
    struct error e;
    bool fits =
        c->options->message_size == 0 || size <= c->options->message_size;

    if (!fits)
        fail(&e, FAIL_LIMIT, "larger than limits.message_size");
    if (!fits || !core_has_room(c, size, &e) ||
        (to != NULL && !quota_has_room(to->home, size, 1, &e))) {
        fn(arg, NULL, -1, &e);
        if (to != NULL)
            folder_release(to);
        return;
    }
    d = mem_take(sizeof *d);
    *d = (struct delivery){ .job = { .run = run_begin, .done = begin_done },
                            .core = c,
                            .fd = -1,
                            .announced = size,
                            .to = to,
                            .begun = fn,
                            .begun_arg = arg };
    if (spare_take(c->spare, &d->fd)) {
        fn(arg, d, d->fd, NULL);
        return;
    }
    /* The comma keeps it from ever being an account's directory. */
    snprintf(d->tmp, sizeof d->tmp, MAILDIR_TMP "/delivery,%u,%llu",
             (unsigned)getpid(), (unsigned long long)++c->file_number);
    pool_add(c->pool, &d->job);
}

static void
free_texts(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
}

void
deliver_abort(struct delivery **delivery)
{
    struct delivery *d = *delivery;

    if (d == NULL)
        return;
    if (d->fd != -1)
        close(d->fd);
    if (d->fd != -1 && d->tmp[0] != '\0')
        unlinkat(d->core->root, d->tmp, 0);
    if (d->to != NULL)
        folder_release(d->to);
    for (size_t i = 0; i < d->count; i++) {
        quota_give_back(&d->targets[i].claim);
        folder_release(d->targets[i].folder);
    }
    free(d->targets);
    free_texts(d->keywords, d->keyword_count);
    free(d->keyword_spans);
    free_texts(d->users, d->recipient_count);
    free_texts(d->mailboxes, d->recipient_count);
    buf_free(&d->summary);
    buf_free(&d->session);
    history_text_free(&d->note);
    free(d);
    *delivery = NULL;
}

bool
deliver_has_flags(const struct delivery *d)
{
    return d->flags != 0 || d->keyword_count > 0 || d->is_old;
}

/* --- the end -------------------------------------------------------------------- */

void
deliver_fail(struct delivery *d, const struct error *e)
{
    if (!d->failed)
        d->e = *e;
    d->failed = true;
}

void
deliver_end(struct delivery *d)
{
    const struct deliver_target *first = d->targets;

    if (d->failed) {
        event_delivery_failed(buf_span(&d->session), &d->e);
        d->done(d->done_arg, 0, 0, &d->e);
    } else {
        d->core->delivered += d->count;
        for (size_t i = 0; i < d->count; i++) {
            struct deliver_target *t = &d->targets[i];
            struct event_delivered ev = { .session = buf_span(&d->session),
                                          .user =
                                              span_of(t->folder->home->name),
                                          .mailbox = folder_name(t->folder),
                                          .uid = t->uid,
                                          .size = d->size };

            event_delivered(&ev);
        }
        d->done(d->done_arg, first->folder->record.uid_validity, first->uid,
                NULL);
    }
    deliver_abort(&d);
}

/* --- commit ---------------------------------------------------------------------- */

static void
run_file(struct pool_job *job)
{
    struct delivery *d = (struct delivery *)job;

    d->failed = !deliver_settle(d, &d->e);
}

static void resolve_next(struct delivery *d);

/* Takes f, which is held. */
static void
add_target(struct delivery *d, struct folder *f)
{
    struct deliver_target *t;

    for (size_t i = 0; i < d->count; i++)
        if (d->targets[i].folder == f) {
            folder_release(f); /* a copy for each mailbox, not each address */
            return;
        }
    d->targets = mem_grow(d->targets, (d->count + 1) * sizeof *d->targets);
    t = &d->targets[d->count++];
    *t = (struct deliver_target){ .folder = f };
}

static void
keywords_durable(void *arg, const struct error *e)
{
    struct delivery *d = arg;
    struct error gone;

    fail(&gone, FAIL_NOT_FOUND, "the mailbox is gone");
    if (e != NULL)
        deliver_fail(d, e);
    else if (d->targets[d->count - 1].folder->deleted)
        deliver_fail(d, &gone);
    resolve_next(d);
}

/* A name with a keyword's letter comes after the file that says what the letter
 * means: else a crash in between leaves a message without its keyword. */
static void
wait_for_keywords(struct delivery *d, struct folder *f)
{
    bool wait = d->keyword_count > 0 && !d->failed &&
                (f->keywords_changed || f->control_writing);

    if (wait)
        folder_write_control(f, keywords_durable, d);
    else
        resolve_next(d);
}

static void
target_ready(void *arg, const struct error *e)
{
    struct delivery *d = arg;
    struct deliver_target *t = &d->targets[d->count - 1];
    struct error mine;

    fail(&mine, FAIL_NOT_FOUND, "the mailbox is gone");
    if (e != NULL)
        deliver_fail(d, e);
    else if (t->folder->deleted)
        deliver_fail(d, &mine);
    else if (!folder_keywords(t->folder, d->keyword_spans, d->keyword_count,
                              &t->keywords, &mine))
        deliver_fail(d, &mine);
    wait_for_keywords(d, t->folder);
}

/* Mailboxes that are not there, or cannot be, are INBOX. */
static bool
find_target(struct home *h, const char *mailbox, struct folder **f,
            struct error *e)
{
    struct buf name = { 0 };
    bool found = false;

    if (mailbox_name_is_valid(span_of(mailbox))) {
        mailbox_name_canonical(span_of(mailbox), &name);
        found = folder_use(h, buf_span(&name), f, e);
    }
    buf_free(&name);
    return found || folder_use(h, span_of("INBOX"), f, e);
}

static void
home_found(void *arg, struct home *h, const struct error *e)
{
    struct delivery *d = arg;
    size_t before = d->count;
    struct folder *f;
    struct error mine;

    if (e == NULL && !find_target(h, d->mailboxes[d->resolved - 1], &f, &mine))
        e = &mine;
    if (e != NULL) {
        deliver_fail(d, e);
        resolve_next(d);
        return;
    }
    add_target(d, f);
    if (d->count > before)
        reconcile_ready(f, RECONCILE_VERIFIED, target_ready, d);
    else
        resolve_next(d);
}

/* One recipient after the other; a later one may find all at once. */
static void
resolve_later(void *arg)
{
    struct delivery *d = arg;

    home_use(d->core, span_of(d->users[d->resolved - 1]), HOME_CREATE,
             home_found, d);
}

/* A copy for each mailbox: each counts. */
static void
claim_room(struct delivery *d)
{
    struct error e;

    for (size_t i = 0; i < d->count && !d->failed; i++) {
        struct deliver_target *t = &d->targets[i];

        if (!quota_take(t->folder->home, d->size, 1, &t->claim, &e))
            deliver_fail(d, &e);
    }
}

static void
end_later(void *arg)
{
    deliver_end(arg);
}

void
deliver_end_later(struct delivery *d)
{
    core_defer(d->core, end_later, d);
}

static void
resolve_next(struct delivery *d)
{
    bool all = d->resolved == d->recipient_count;

    if (all && !d->failed)
        claim_room(d);
    if (d->mark != 0 && (all || d->failed)) {
        deliver_import_resolved(d);
        return;
    }
    if (d->failed) { /* never from inside deliver_commit() */
        deliver_end_later(d);
        return;
    }
    if (all) {
        committer_add(d->core->committer, d);
        return;
    }
    /* Not deeper and deeper into the stack with a thousand recipients. */
    if (d->resolved++ == 0)
        resolve_later(d);
    else
        core_defer(d->core, resolve_later, d);
}

void
deliver_find_targets(struct delivery *d)
{
    if (d->failed || d->to == NULL) {
        resolve_next(d);
        return;
    }
    folder_hold(d->to);
    add_target(d, d->to);
    reconcile_ready(d->to, RECONCILE_VERIFIED, target_ready, d);
}

static void
file_done(struct pool_job *job)
{
    struct delivery *d = (struct delivery *)job;

    d->settled = true;
    if (d->mark == 0)
        deliver_find_targets(d);
    else
        deliver_imports_go_on(d->core);
}

void
deliver_into(struct delivery *d, struct folder *f)
{
    d->to = f;
}

static char *
copy_text(struct span s)
{
    char *p = mem_take(s.n + 1);

    if (s.n > 0)
        memcpy(p, s.p, s.n);
    return p;
}

static void
copy_new(struct delivery *d, const struct deliver_new *n)
{
    d->size = n->size;
    d->date = n->date;
    d->flags = n->flags;
    d->uid = n->uid;
    d->mark = n->mark;
    d->is_old = n->is_old;
    d->keyword_count = n->keyword_count;
    d->keywords = mem_take_array(n->keyword_count, sizeof *d->keywords);
    d->keyword_spans =
        mem_take_array(n->keyword_count, sizeof *d->keyword_spans);
    for (size_t i = 0; i < n->keyword_count; i++) {
        d->keywords[i] = copy_text(n->keywords[i]);
        d->keyword_spans[i] = span_of(d->keywords[i]);
    }
    buf_put(&d->summary, n->summary);
    buf_put(&d->session, n->session);
    d->wire_size = n->wire_size;
    history_text_take(&d->note, &n->note);
    d->recipient_count = n->recipient_count;
    d->users = mem_take_array(n->recipient_count, sizeof *d->users);
    d->mailboxes = mem_take_array(n->recipient_count, sizeof *d->mailboxes);
    for (size_t i = 0; i < n->recipient_count; i++) {
        d->users[i] = copy_text(n->recipients[i].user);
        d->mailboxes[i] = copy_text(n->recipients[i].mailbox);
    }
}

void
deliver_commit(struct delivery *d, const struct deliver_new *n,
               deliver_done_fn *fn, void *arg)
{
    copy_new(d, n);
    d->done = fn;
    d->done_arg = arg;
    if (d->mark != 0)
        deliver_import_queue(d);
    /* A small file is settled by the committer, with others of its batch. */
    if (d->mark == 0 && d->size <= STORE_SMALL_FILE) {
        deliver_find_targets(d);
        return;
    }
    d->job = (struct pool_job){ .run = run_file, .done = file_done };
    pool_add(d->core->pool, &d->job);
}
