/*
 * One mailbox:
 *
 *   create, subscribe -> begin (which messages are there?) -> unique-ids
 *     -> messages that keep their UIDs, ascending -> UIDNEXT
 *     -> the others, and those whose UIDs were taken -> unique-ids
 *
 * Messages go in windows: all are begun, written and committed, then all are
 * waited for.
 */
#include "pillarbox/importing.h"

#include "base/fs.h"
#include "base/map.h"
#include "base/mem.h"
#include "mail/summary.h"
#include "pillarbox/importing_uidl.h"
#include "pillarbox/moving.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct slot {
    struct mailbox *of;
    struct store_delivery *delivery;
    const struct source_message *message;
    int fd;
    bool failed;
    struct error e;
    struct summary_maker *summary;
    uint64_t size;
    char last;
    uint32_t uid;
};

struct mailbox {
    struct importing *im;
    const struct source *source;
    struct map *marks; /* mark -> (void *)(uid) */
    struct numset expunged;
    struct store_import_state state;
    bool keeps; /* UIDs */
    struct importing_uidls uidls;
    const struct source_message **later; /* get the next UIDs */
    size_t later_count;
    struct slot slots[IMPORTING_WINDOW];
    unsigned used, pending;
    struct error e; /* why it cannot go on */
    bool over;
};

static struct span
key_of(const uint64_t *mark)
{
    return span_from(mark, sizeof *mark);
}

bool
importing_begin(struct importing *im, struct cli *c, const char *user,
                const char *what, struct error *e)
{
    struct cli_wait w = { .cli = c };
    struct store *store = cli_store(c);

    *im = (struct importing){ .cli = c };
    moving_hold_interrupts();
    progress_begin(&im->progress, what);
    im->session = store_login_as(store, span_of(user), what, cli_done, &w);
    return moving_wait(&w, e);
}

void
importing_end(struct importing *im)
{
    progress_clear(&im->progress);
    store_logout(&im->session);
}

/* --- one message -------------------------------------------------------------- */

static bool
put(struct slot *slot, struct span s, struct error *e)
{
    slot->size += s.n;
    summary_feed(slot->summary, s);
    return fs_write(slot->fd, s, e);
}

/* A LF without a CR before it gets one. */
static bool
put_text(void *arg, struct span in, struct error *e)
{
    struct slot *slot = arg;
    struct buf out = { 0 };
    bool done;

    while (in.n > 0) {
        size_t n = span_find(in, '\n');
        struct span line = span_sub(in, 0, n);

        buf_put(&out, line);
        if (n > 0)
            slot->last = in.p[n - 1];
        if (n < in.n) {
            buf_put_text(&out, slot->last == '\r' ? "\n" : "\r\n");
            slot->last = '\n';
        }
        in = span_after(in, n + 1);
    }
    done = put(slot, buf_span(&out), e);
    buf_free(&out);
    return done;
}

static void
slot_done(struct slot *slot, const struct error *e)
{
    struct mailbox *b = slot->of;

    if (e != NULL) {
        slot->failed = true;
        slot->e = *e;
    }
    if (--b->pending == 0)
        loop_stop(b->im->cli->loop);
}

static void
on_begun(void *arg, int fd, const struct error *e)
{
    struct slot *slot = arg;

    slot->fd = fd;
    slot_done(slot, e);
}

static void
on_committed(void *arg, uint32_t uid_validity, uint32_t uid,
             const struct error *e)
{
    struct slot *slot = arg;

    (void)uid_validity;
    slot->uid = uid;
    slot_done(slot, e);
}

static void
wait_all(struct mailbox *b)
{
    while (b->pending > 0)
        loop_run(b->im->cli->loop);
}

static size_t
keywords_of(const struct source *s, uint32_t bits, struct span *names)
{
    size_t n = 0;

    for (int i = 0; i < FOREIGN_KEYWORDS; i++)
        if ((bits & UINT32_C(1) << i) != 0 && s->keywords.names[i].n > 0)
            names[n++] = s->keywords.names[i];
    return n;
}

static void
commit(struct slot *slot, bool keep, struct span blob)
{
    struct mailbox *b = slot->of;
    const struct source_message *m = slot->message;
    struct span names[FOREIGN_KEYWORDS];
    const struct store_import import = { .mailbox = span_of(b->source->mailbox),
                                         .uid = keep ? m->uid : 0,
                                         .mark = m->mark,
                                         .is_old = m->is_old };
    const struct store_new new = { .size = slot->size,
                                   .date = m->date,
                                   .flags = { m->flags, names,
                                              keywords_of(b->source,
                                                          m->keywords, names) },
                                   .summary = blob,
                                   .session = "import" };

    b->pending++;
    store_import_commit(slot->delivery, b->im->session, &import, &new,
                        on_committed, slot);
}

static void
fill(struct slot *slot, bool keep)
{
    struct mailbox *b = slot->of;
    struct buf blob = { 0 };
    struct error e;

    slot->summary = summary_begin();
    if (b->source->copy(b->source, slot->message, put_text, slot, &e)) {
        summary_finish(&slot->summary, &blob);
        commit(slot, keep, buf_span(&blob));
    } else {
        slot->failed = true;
        slot->e = e;
        summary_abort(&slot->summary);
    }
    buf_free(&blob);
}

/* --- a window ------------------------------------------------------------------ */

static void
remember(struct mailbox *b, const struct source_message *m, uint32_t uid)
{
    map_put(b->marks, key_of(&m->mark), (void *)(uintptr_t)uid);
    importing_uidls_add(&b->uidls, m, uid);
}

static bool
is_fatal(const struct error *e)
{
    return e->kind == FAIL_UNAVAILABLE || e->kind == FAIL_FULL ||
           e->kind == FAIL_BUSY || e->kind == FAIL_CORRUPT;
}

static void
complain(struct mailbox *b, const struct source_message *m,
         const struct error *e)
{
    progress_clear(&b->im->progress);
    if (m->path != NULL)
        fprintf(stderr, "pillarbox: %s: %s: %s\n", b->source->mailbox, m->path,
                e->text);
    else
        fprintf(stderr, "pillarbox: %s: message at offset %" PRIu64 ": %s\n",
                b->source->mailbox, m->in.start, e->text);
    b->im->failed++;
}

static void
judge(struct mailbox *b, struct slot *slot, bool keep)
{
    struct importing *im = b->im;

    if (slot->failed && keep && slot->e.kind == FAIL_EXISTS) {
        b->later[b->later_count++] = slot->message;
        return;
    }
    im->passed++;
    if (!slot->failed) {
        im->imported++;
        if (b->keeps && slot->message->uid != 0 && !keep)
            im->renumbered++;
        remember(b, slot->message, slot->uid);
    } else if (is_fatal(&slot->e)) {
        b->over = true;
        b->e = slot->e;
    } else {
        complain(b, slot->message, &slot->e);
    }
}

/* keep: with their UIDs. */
static bool
flush(struct mailbox *b, bool keep)
{
    struct store *store = cli_store(b->im->cli);

    for (unsigned i = 0; i < b->used; i++) {
        b->pending++;
        b->slots[i].delivery =
            store_delivery_begin(store, 0, on_begun, &b->slots[i]);
    }
    wait_all(b);
    for (unsigned i = 0; i < b->used; i++)
        if (!b->slots[i].failed)
            fill(&b->slots[i], keep);
    wait_all(b);
    for (unsigned i = 0; i < b->used; i++) {
        store_delivery_abort(&b->slots[i].delivery);
        judge(b, &b->slots[i], keep);
    }
    b->used = 0;
    progress_step(&b->im->progress, b->im->passed, b->im->total);
    if (!b->over && moving_is_interrupted()) {
        b->im->interrupted = b->over = true;
        fail(&b->e, FAIL_BUSY, "interrupted");
    }
    return !b->over;
}

static bool
add(struct mailbox *b, const struct source_message *m, bool keep)
{
    b->slots[b->used++] = (struct slot){ .of = b, .message = m, .fd = -1 };
    return b->used < IMPORTING_WINDOW || flush(b, keep);
}

/* Was it imported before? */
static bool
is_there(struct mailbox *b, const struct source_message *m)
{
    uintptr_t uid = (uintptr_t)map_get(b->marks, key_of(&m->mark));
    bool gone = b->keeps && m->uid != 0 && !b->source->is_wanted_again &&
                numset_has(&b->expunged, m->uid);

    if (uid == 0 && !gone)
        return false;
    if (uid != 0)
        importing_uidls_add(&b->uidls, m, (uint32_t)uid);
    b->im->there++;
    b->im->passed++;
    return true;
}

/* --- a mailbox ------------------------------------------------------------------- */

static void
on_mark(void *arg, uint32_t uid, uint64_t mark)
{
    struct mailbox *b = arg;

    if (mark == 0)
        numset_add(&b->expunged, uid, uid);
    else
        map_put(b->marks, key_of(&mark), (void *)(uintptr_t)uid);
}

struct beginning {
    struct cli_wait wait;
    struct mailbox *of;
};

static void
on_row(void *arg, uint32_t uid, uint64_t mark)
{
    struct beginning *x = arg;

    on_mark(x->of, uid, mark);
}

static void
on_ready(void *arg, const struct store_import_state *st, const struct error *e)
{
    struct beginning *x = arg;

    if (e == NULL)
        x->of->state = *st;
    cli_done(&x->wait, e);
}

static bool
prepare(struct mailbox *b, struct error *e)
{
    struct store_session *session = b->im->session;
    const struct source *s = b->source;
    struct span name = span_of(s->mailbox);
    struct cli_wait w = { .cli = b->im->cli };
    struct beginning x = { .wait = w, .of = b };

    store_create(session, name, 0, cli_done, &w);
    if (!moving_wait(&w, e) && e->kind != FAIL_EXISTS)
        return false;
    if (s->is_subscribed) {
        store_subscribe(session, name, true, cli_done, &w);
        if (!moving_wait(&w, e))
            return false;
    }
    store_import_begin(session, name, s->uid_validity, on_row, on_ready, &x);
    if (!moving_wait(&x.wait, e))
        return false;
    b->keeps = s->uid_validity != 0 && b->state.uid_validity == s->uid_validity;
    if (s->uid_validity != 0 && !b->keeps) {
        progress_clear(&b->im->progress);
        fprintf(stderr,
                "pillarbox: %s: is not empty: messages get new UIDs, mail "
                "programs fetch them again\n",
                s->mailbox);
    }
    return true;
}

static bool
raise_uid_next(struct mailbox *b)
{
    struct cli_wait w = { .cli = b->im->cli };
    uint32_t to = b->state.uid_next;

    if (!b->keeps)
        return true;
    if (to < b->source->uid_next)
        to = b->source->uid_next;
    store_import_end(b->im->session, span_of(b->source->mailbox), to, cli_done,
                     &w);
    return moving_wait(&w, &b->e);
}

static bool
put_uidls(struct mailbox *b)
{
    struct cli_wait w = { .cli = b->im->cli };

    if (b->uidls.count == 0)
        return true;
    store_put_uidls(b->im->session, span_of(b->source->mailbox), b->uidls.items,
                    b->uidls.count, cli_done, &w);
    return moving_wait(&w, &b->e);
}

static bool
import_all(struct mailbox *b)
{
    const struct source *s = b->source;

    for (size_t i = 0; i < s->count; i++) {
        const struct source_message *m = &s->messages[i];

        if (is_there(b, m))
            continue;
        if (!b->keeps || m->uid == 0)
            b->later[b->later_count++] = m;
        else if (!add(b, m, true))
            return false;
    }
    if (!flush(b, true) || !raise_uid_next(b))
        return false;
    for (size_t i = 0; i < b->later_count; i++)
        if (!is_there(b, b->later[i]) && !add(b, b->later[i], false))
            return false;
    return flush(b, false) && put_uidls(b);
}

bool
importing_run(struct importing *im, const struct source *s, struct error *e)
{
    struct mailbox *b = mem_take(sizeof *b);
    bool done;

    *b = (struct mailbox){ .im = im, .source = s, .marks = map_new() };
    b->later = mem_take_array(s->count + 1, sizeof *b->later);
    done = prepare(b, &b->e);
    if (done) {
        importing_uidls_begin(&b->uidls, s, b->keeps);
        done = put_uidls(b) && import_all(b);
    }
    if (!done)
        *e = b->e;
    importing_uidls_free(&b->uidls);
    map_free(&b->marks);
    numset_free(&b->expunged);
    free(b->later);
    free(b);
    return done;
}
