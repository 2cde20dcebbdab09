/* Requests of those who move in or out, and POP3's unique-ids. */
#include "base/mem.h"
#include "mail/flags.h"
#include "mailstore/import.h"
#include "mailstore/session.h"
#include "mailstore/uidl.h"
#include "mailstore/wire_import.h"

#include <stdlib.h>

static struct span
key_of(const uint32_t *number)
{
    return span_from(number, sizeof *number);
}

void
request_login_as(struct reply *r, struct span body)
{
    struct wire_login_as x;
    struct wire_login login = { .peer = span_of("") };
    struct error e;

    if (!wire_get_login_as(&body, &x) ||
        map_get(r->line->sessions, key_of(&x.session)) != NULL) {
        reply_invalid(r, "login_as");
        return;
    }
    if (map_count(r->line->sessions) >= STORE_SESSIONS_MAX) {
        fail(&e, FAIL_BUSY, "too many sessions");
        reply_failed(r, &e);
        return;
    }
    login.session = x.session;
    login.session_id = x.session_id;
    session_begin(r, &login, x.user);
}

/* The mailbox of a request of a session, held. NULL, and answered: none. */
static struct folder *
take_folder(struct reply *r, uint32_t session, struct span name)
{
    struct folder *f;
    struct error e;

    if (!reply_take_session(r, session) || !reply_check_name(r, name))
        return NULL;
    if (folder_use(r->session->home, name, &f, &e))
        return f;
    reply_failed(r, &e);
    return NULL;
}

/* --- beginning ---------------------------------------------------------------- */

struct marking {
    struct reply *reply;
    struct folder *folder; /* held */
    struct buf marks;
    size_t count;
};

static void
send_marks(struct marking *m)
{
    if (m->count > 0)
        reply_row(m->reply, &m->marks);
    buf_clear(&m->marks);
    m->count = 0;
}

static void
put_mark(void *arg, uint32_t uid, uint64_t mark)
{
    struct marking *m = arg;

    wire_put_mark(&m->marks, &(struct wire_mark){ uid, mark });
    if (++m->count == WIRE_MARKS_MAX)
        send_marks(m);
}

static void
may_import(void *arg, uint32_t uid_next, const struct error *e)
{
    struct marking *m = arg;
    struct wire_import_state x = { m->folder->record.uid_validity, uid_next };
    struct buf body = { 0 };

    send_marks(m);
    if (e != NULL) {
        reply_failed(m->reply, e);
    } else {
        wire_put_import_state(&body, &x);
        reply_done(m->reply, &body);
    }
    buf_free(&body);
    buf_free(&m->marks);
    folder_release(m->folder);
    free(m);
}

void
request_import_begin(struct reply *r, struct span body)
{
    struct wire_import_begin x;
    struct marking *m;
    struct folder *f;

    if (!wire_get_import_begin(&body, &x)) {
        reply_invalid(r, "import_begin");
        return;
    }
    f = take_folder(r, x.session, x.mailbox);
    if (f == NULL)
        return;
    m = mem_take(sizeof *m);
    *m = (struct marking){ .reply = r, .folder = f };
    import_begin(f, x.uid_validity, put_mark, may_import, m);
}

/* --- messages ------------------------------------------------------------------ */

static bool
is_good(const struct wire_import *x)
{
    for (size_t i = 0; i < x->flags.keyword_count; i++)
        if (!mail_keyword_is_valid(x->flags.keywords[i]))
            return false;
    return x->summary.n <= STORE_SUMMARY_MAX && x->mark != 0 &&
           x->uid <= IMPORT_UID_MAX;
}

void
request_import_commit(struct reply *r, struct span body)
{
    struct wire_import x;
    struct deliver_new n;
    struct delivery *d;
    struct folder *f;

    if (!wire_get_import(&body, &x) || !is_good(&x)) {
        reply_invalid(r, "import_commit");
        return;
    }
    f = take_folder(r, x.session, x.mailbox);
    if (f == NULL)
        return;
    d = slot_take(r, 0, x.delivery);
    if (d == NULL) {
        folder_release(f);
        return;
    }
    n = (struct deliver_new){ .size = x.size,
                              .date = request_bounded_date(x.date),
                              .flags = x.flags.flags,
                              .keywords = x.flags.keywords,
                              .keyword_count = x.flags.keyword_count,
                              .summary = x.summary,
                              .session = span_of("import"),
                              .uid = x.uid,
                              .mark = x.mark,
                              .is_old = x.is_old };
    deliver_into(d, f);
    deliver_commit(d, &n, reply_committed, r);
}

void
request_import_end(struct reply *r, struct span body)
{
    struct wire_import_end x;
    struct folder *f;

    if (!wire_get_import_end(&body, &x) || x.uid_next > IMPORT_UID_MAX) {
        reply_invalid(r, "import_end");
        return;
    }
    f = take_folder(r, x.session, x.mailbox);
    if (f == NULL)
        return;
    import_end(f, x.uid_next, reply_end, r);
    folder_release(f);
}

/* --- unique-ids ------------------------------------------------------------------ */

struct uidl_job {
    struct pool_job job;
    struct reply *reply;
    struct folder *folder; /* held; to add: locked */
    uint32_t uid_validity;
    struct buf pairs;
    bool failed;
    struct error e;
};

static struct uidl_job *
new_job(struct reply *r, struct folder *f)
{
    struct uidl_job *j = mem_take(sizeof *j);

    j->reply = r;
    j->folder = f;
    j->uid_validity = f->record.uid_validity;
    return j;
}

static void
free_job(struct uidl_job *j)
{
    folder_release(j->folder);
    buf_free(&j->pairs);
    free(j);
}

static void
run_read(struct pool_job *job)
{
    struct uidl_job *j = (struct uidl_job *)job;

    j->failed = !uidl_read(j->folder->dir, j->uid_validity, &j->pairs, &j->e);
}

static void
read_done(struct pool_job *job)
{
    struct uidl_job *j = (struct uidl_job *)job;

    if (j->failed)
        reply_failed(j->reply, &j->e);
    else
        reply_done(j->reply, &j->pairs);
    free_job(j);
}

void
request_uidls(struct reply *r, struct span body)
{
    struct wire_session x;
    struct uidl_job *j;

    if (!wire_get_session(&body, &x)) {
        reply_invalid(r, "uidls");
        return;
    }
    if (!reply_take_view(r, x.session, false))
        return;
    j = new_job(r, r->session->view->folder);
    folder_hold(j->folder);
    j->job = (struct pool_job){ .run = run_read, .done = read_done };
    pool_add(r->line->core->pool, &j->job);
}

static void
run_add(struct pool_job *job)
{
    struct uidl_job *j = (struct uidl_job *)job;

    j->failed =
        !uidl_add(j->folder->dir, j->uid_validity, buf_span(&j->pairs), &j->e);
}

static void
add_done(struct pool_job *job)
{
    struct uidl_job *j = (struct uidl_job *)job;

    folder_unlock(j->folder);
    reply_end(j->reply, j->failed ? &j->e : NULL);
    free_job(j);
}

static void
add_locked(void *arg, const struct error *e)
{
    struct uidl_job *j = arg;

    (void)e;
    j->job = (struct pool_job){ .run = run_add, .done = add_done };
    pool_add(j->folder->core->pool, &j->job);
}

static bool
are_good(struct span pairs)
{
    struct store_uidl u;

    while (wire_next_uidl(&pairs, &u))
        if (u.uid == 0 || !uidl_is_valid(u.text))
            return false;
    return true;
}

void
request_put_uidls(struct reply *r, struct span body)
{
    struct wire_put_uidls x;
    struct uidl_job *j;
    struct folder *f;

    if (!wire_get_put_uidls(&body, &x) || !are_good(x.uidls)) {
        reply_invalid(r, "put_uidls");
        return;
    }
    f = take_folder(r, x.session, x.mailbox);
    if (f == NULL)
        return;
    j = new_job(r, f);
    buf_put(&j->pairs, x.uidls);
    folder_lock(f, add_locked, j);
}
