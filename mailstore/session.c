/*
 * A session: made by login, ended by logout or with its line. Requests that
 * are under way then go on; their answers are for nobody, and the session's
 * memory goes with the last of them.
 */
#include "mailstore/session.h"

#include "auth/ticket.h"
#include "base/clock.h"
#include "base/mem.h"
#include "mail/mailbox_name.h"
#include "mailstore/events.h"
#include "mailstore/quota_warning.h"
#include "mailstore/wire_quota.h"

#include <stdlib.h>
#include <string.h>

#define SESSION_REQUESTS_MAX 64

static struct span
key_of(const uint32_t *number)
{
    return span_from(number, sizeof *number);
}

static void
session_free(struct session *s)
{
    s->line->core->sessions--;
    free(s->id);
    free(s->who);
    free(s);
}

void
session_close_view(struct session *s)
{
    view_close(&s->view);
    s->view_gone = false;
}

void
session_end(struct session *s)
{
    struct line *l = s->line;
    struct span key;
    void *value;

    if (!s->alive)
        return;
    s->alive = false;
    map_remove(l->sessions, key_of(&s->number));
    session_close_view(s);
    /* Not while line_closed() walks over them: it has ended them all. */
    for (size_t at = 0; map_next(l->slots, &at, &key, &value);) {
        struct slot *slot = value;

        if (slot->session == s->number)
            slot_end(slot);
    }
    if (s->requests == 0)
        session_free(s);
}

void
session_forget(struct session *s)
{
    if (--s->requests == 0 && !s->alive)
        session_free(s);
}

bool
reply_take_session(struct reply *r, uint32_t number)
{
    struct session *s = map_get(r->line->sessions, key_of(&number));
    struct error e;

    if (s == NULL || s->home == NULL) {
        reply_invalid(r, "no such session");
        return false;
    }
    if (s->requests >= SESSION_REQUESTS_MAX) {
        fail(&e, FAIL_BUSY, "too many requests of one session");
        reply_failed(r, &e);
        return false;
    }
    r->session = s;
    s->requests++;
    return true;
}

bool
reply_take_view(struct reply *r, uint32_t number, bool writing)
{
    struct session *s;
    struct error e;

    if (!reply_take_session(r, number))
        return false;
    s = r->session;
    if (s->view == NULL || s->view_gone)
        fail(&e, FAIL_NOT_FOUND, "no mailbox is open");
    else if (writing && (s->view->how & STORE_EXAMINE) != 0)
        fail(&e, FAIL_DENIED, "the mailbox is open for reading only");
    else if (writing && s->view->folder->guarded)
        fail(&e, FAIL_DENIED, "files are missing: see the log");
    else
        return true;
    reply_failed(r, &e);
    return false;
}

bool
reply_check_name(struct reply *r, struct span name)
{
    struct buf canonical = { 0 };
    bool good = mailbox_name_is_valid(name);

    if (good) {
        mailbox_name_canonical(name, &canonical);
        good = span_eq(buf_span(&canonical), name);
    }
    buf_free(&canonical);
    if (!good)
        reply_invalid(r, "no name of a mailbox");
    return good;
}

/* --- login and logout --------------------------------------------------------------- */

static void
home_found(void *arg, struct home *h, const struct error *e)
{
    struct reply *r = arg;
    struct session *s = r->session;
    struct wire_fullness x;
    struct buf body = { 0 };

    if (e != NULL) {
        session_end(s);
        reply_failed(r, e);
        return;
    }
    s->home = h;
    x.percent = (uint8_t)quota_warning_now(h);
    if (x.percent != 0)
        wire_put_fullness(&body, &x);
    reply_done(r, &body);
    buf_free(&body);
}

static char *
copy_text(struct span s)
{
    char *p = mem_take(s.n + 1);

    if (s.n > 0)
        memcpy(p, s.p, s.n);
    return p;
}

static char *
who_of(const struct line *l, const struct wire_login *x)
{
    struct buf text = { 0 };
    char *who;

    buf_printf(&text, "%s %.*s %.*s", server_service_name(l->service),
               SPAN(x->session_id), SPAN(x->peer));
    who = copy_text(buf_span(&text));
    buf_free(&text);
    return who;
}

void
session_begin(struct reply *r, const struct wire_login *x, struct span user)
{
    struct line *l = r->line;
    struct session *s = mem_take(sizeof *s);

    s->line = l;
    s->number = x->session;
    s->alive = true;
    s->requests = 1;
    s->id = copy_text(x->session_id);
    s->who = who_of(l, x);
    l->core->sessions++;
    map_put(l->sessions, key_of(&s->number), s);
    r->session = s;
    event_login(x->session_id, user, span_of(server_service_name(l->service)),
                x->peer);
    home_use(l->core, user, HOME_CREATE | HOME_FRESH, home_found, r);
}

void
request_login(struct reply *r, struct span body)
{
    const char *service = server_service_name(r->line->service);
    struct wire_login x;
    struct span user;
    struct error e;

    if (!wire_get_login(&body, &x) || x.session == 0 ||
        map_get(r->line->sessions, key_of(&x.session)) != NULL) {
        reply_invalid(r, "login");
    } else if (map_count(r->line->sessions) >= STORE_SESSIONS_MAX) {
        fail(&e, FAIL_BUSY, "too many sessions");
        reply_failed(r, &e);
    } else if (!ticket_check(server_key(r->line->server), x.ticket,
                             span_of(service), clock_seconds(), &user)) {
        event_login_refused(x.session_id, span_of(service), x.peer);
        fail(&e, FAIL_DENIED, "the ticket was not taken");
        reply_failed(r, &e);
    } else {
        session_begin(r, &x, user);
    }
}

void
request_logout(struct reply *r, struct span body)
{
    struct wire_session x;
    struct session *s;

    if (!wire_get_session(&body, &x)) {
        reply_invalid(r, "logout");
        return;
    }
    s = map_get(r->line->sessions, key_of(&x.session));
    if (s != NULL)
        session_end(s);
    reply_done(r, NULL);
}

void
request_close(struct reply *r, struct span body)
{
    struct wire_session x;

    if (!wire_get_session(&body, &x)) {
        reply_invalid(r, "close");
        return;
    }
    if (!reply_take_session(r, x.session))
        return;
    session_close_view(r->session);
    reply_done(r, NULL);
}
