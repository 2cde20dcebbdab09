/*
 * Stand-ins for authd and mailstored: the functions of auth/client.h and
 * mailstore/client.h that pop3d calls, defined here, so that the linker takes
 * none from the library. Included by one .c file of a program.
 *
 * An answer waits until fake_answer().
 */
#ifndef TESTS_POP3D_FAKE_H
#define TESTS_POP3D_FAKE_H

#include "auth/client.h"
#include "base/buf.h"
#include "base/numset.h"
#include "mail/flags.h"
#include "mailstore/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FAKE_MESSAGES_MAX 5000

struct auth_exchange {
    auth_result_fn *fn;
    void *arg;
};

struct store_session {
    int unused;
};

typedef void fake_due_fn(void);

static struct {
    fake_due_fn *due; /* the answer that is outstanding */

    struct auth_exchange exchange;
    enum auth_outcome outcome;

    struct store_session session;
    bool is_in; /* logged in */
    store_done_fn *done;
    store_opened_fn *opened;
    store_message_fn *message;
    store_flagged_fn *flagged;
    store_uidl_fn *uidl;
    void *arg;

    struct store_view view;
    struct store_row rows[FAKE_MESSAGES_MAX];
    unsigned mails;
    const char *text;        /* of every message; NULL: the dialogues' */
    uint32_t asked;          /* UID */
    unsigned how;            /* of store_open */
    const char *second_uidl; /* of the second message; NULL: ours */
    enum fail fail_uidls;
    enum fail fail_open, fail_message, fail_seen, fail_remove; /* 0: fine */
    uint64_t promised; /* size told; 0: the true one */
    struct buf log;    /* "seen 1:3", "expunge 2", "deleted 2" */
} fake;

static void
fake_answer(void)
{
    fake_due_fn *due = fake.due;

    fake.due = NULL;
    if (due != NULL)
        due();
}

static void
fake_reset(void)
{
    buf_free(&fake.log);
    memset(&fake, 0, sizeof fake);
}

/* --- authd ------------------------------------------------------------------ */

static void
fake_outcome_due(void)
{
    struct auth_result r = {
        .outcome = fake.outcome,
        .user = span_of("anna@example.org"),
        .ticket = span_of("ticket"),
    };

    fake.exchange.fn(fake.exchange.arg, &r);
}

static enum auth_outcome
fake_judge(struct span line)
{
    if (span_is(line, "AGFubmFAZXhhbXBsZS5vcmcAYW5uYS1zZWNyZXQ="))
        return AUTH_OK;
    return span_is(line, "*") ? AUTH_CANCELLED : AUTH_FAILED;
}

struct auth_exchange *
auth_exchange_begin(struct auth *a, const struct auth_who *who,
                    struct span mechanism, struct span initial,
                    auth_result_fn *fn, void *arg)
{
    (void)a;
    (void)who;
    fake.exchange = (struct auth_exchange){ fn, arg };
    if (!span_is_nocase(mechanism, "PLAIN"))
        fake.outcome = AUTH_NO_MECH;
    else if (initial.p == NULL)
        fake.outcome = AUTH_CONTINUE;
    else
        fake.outcome = fake_judge(initial);
    fake.due = fake_outcome_due;
    return &fake.exchange;
}

void
auth_exchange_line(struct auth_exchange *x, struct span line)
{
    (void)x;
    fake.outcome = fake_judge(line);
    fake.due = fake_outcome_due;
}

void
auth_exchange_abort(struct auth_exchange **x)
{
    if (*x != NULL)
        fake.due = NULL;
    *x = NULL;
}

struct auth_exchange *
auth_password(struct auth *a, const struct auth_who *who, struct span user,
              struct span password, auth_result_fn *fn, void *arg)
{
    (void)a;
    (void)who;
    fake.exchange = (struct auth_exchange){ fn, arg };
    fake.outcome =
        span_is(user, "anna@example.org") && span_is(password, "anna-secret")
            ? AUTH_OK
            : AUTH_FAILED;
    fake.due = fake_outcome_due;
    return &fake.exchange;
}

const char *
auth_mechanisms(bool tls)
{
    return tls ? "SCRAM-SHA-256 PLAIN LOGIN" : "";
}

const char *
auth_outcome_name(enum auth_outcome o)
{
    return o == AUTH_OK ? "ok" : "failed";
}

/* --- mailstored -------------------------------------------------------------- */

/* The answer that `kind` wants; NULL: none. */
static const struct error *
fake_error(enum fail kind, struct error *e)
{
    *e = (struct error){ kind, "as the test wants it" };
    return kind == 0 ? NULL : e;
}

static void
fake_text_of(uint32_t uid, struct buf *out)
{
    if (fake.text != NULL)
        buf_put_text(out, fake.text);
    else
        buf_printf(out,
                   "From: Carl <carl@client.example>\r\n"
                   "Subject: message %u\r\n\r\nline 1\r\n"
                   ".line 2 starts with a dot\r\nline 3\r\n",
                   uid);
}

static void
fake_done_due(void)
{
    fake.done(fake.arg, NULL);
}

struct store_session *
store_login(struct store *s, struct span ticket, const char *session_id,
            const char *peer, store_done_fn *done, void *arg)
{
    (void)s;
    (void)ticket;
    (void)session_id;
    (void)peer;
    fake.done = done;
    fake.arg = arg;
    fake.is_in = true;
    fake.due = fake_done_due;
    return &fake.session;
}

void
store_logout(struct store_session **x)
{
    if (*x == NULL)
        return;
    fake.is_in = false;
    fake.due = NULL;
    *x = NULL;
}

static void
fake_opened_due(void)
{
    struct error e;

    if (fake_error(fake.fail_open, &e) != NULL) {
        fake.opened(fake.arg, NULL, &e);
        return;
    }
    for (uint32_t i = 0; i < fake.mails; i++) {
        struct buf text = { 0 };

        fake_text_of(i + 1, &text);
        fake.rows[i].uid = i + 1;
        fake.rows[i].size = text.n;
        buf_free(&text);
    }
    fake.view = (struct store_view){ .rows = fake.rows,
                                     .count = fake.mails,
                                     .uid_validity = 0x1234 };
    fake.opened(fake.arg, &fake.view, NULL);
}

void
store_open(struct store_session *x, struct span name, unsigned how,
           const struct store_view_calls *calls, store_opened_fn *fn, void *arg)
{
    (void)x;
    (void)calls;
    fake.how = span_is(name, "INBOX") ? how : 0;
    fake.opened = fn;
    fake.arg = arg;
    fake.due = fake_opened_due;
}

static void
fake_uidls_due(void)
{
    struct error e;

    if (fake.second_uidl != NULL)
        fake.uidl(fake.arg,
                  &(struct store_uidl){ 2, span_of(fake.second_uidl) });
    fake.done(fake.arg, fake_error(fake.fail_uidls, &e));
}

void
store_uidls(struct store_session *x, store_uidl_fn *row, store_done_fn *done,
            void *arg)
{
    (void)x;
    fake.uidl = row;
    fake.done = done;
    fake.arg = arg;
    fake.due = fake_uidls_due;
}

static void
fake_message_due(void)
{
    struct buf text = { 0 };
    struct error e;
    int fd;

    if (fake_error(fake.fail_message, &e) != NULL) {
        fake.message(fake.arg, -1, 0, &e);
        return;
    }
    fake_text_of(fake.asked, &text);
    fd = memfd_create("message", MFD_CLOEXEC);
    if (write(fd, text.p, text.n) != (ssize_t)text.n)
        abort();
    fake.message(fake.arg, fd, fake.promised > 0 ? fake.promised : text.n,
                 NULL);
    buf_free(&text);
}

void
store_message(struct store_session *x, uint32_t uid, store_message_fn *fn,
              void *arg)
{
    (void)x;
    fake.asked = uid;
    fake.message = fn;
    fake.arg = arg;
    fake.due = fake_message_due;
}

static void
fake_note(const char *what, const struct numset *uids)
{
    buf_printf(&fake.log, "%s ", what);
    numset_print(uids, &fake.log);
    buf_put_ch(&fake.log, ';');
}

static void
fake_seen_due(void)
{
    struct numset none = { 0 };
    struct error e;

    fake.flagged(fake.arg, &none, fake_error(fake.fail_seen, &e));
}

static void
fake_deleted_due(void)
{
    struct numset none = { 0 };
    struct error e;

    fake.flagged(fake.arg, &none, fake_error(fake.fail_remove, &e));
}

void
store_set_flags(struct store_session *x, const struct numset *uids,
                enum store_flag_mode mode, const struct store_flags *f,
                uint64_t unchanged_since, store_flagged_fn *fn, void *arg)
{
    bool seen = mode == STORE_FLAGS_ADD && f->flags == MAIL_SEEN;

    (void)x;
    (void)unchanged_since;
    fake_note(seen ? "seen" : "deleted", uids);
    fake.flagged = fn;
    fake.arg = arg;
    fake.due = seen ? fake_seen_due : fake_deleted_due;
}

static void
fake_expunged_due(void)
{
    struct error e;

    fake.done(fake.arg, fake_error(fake.fail_remove, &e));
}

void
store_expunge(struct store_session *x, const struct numset *uids,
              bool only_deleted, store_done_fn *done, void *arg)
{
    (void)x;
    fake_note(only_deleted ? "expunge-deleted" : "expunge", uids);
    fake.done = done;
    fake.arg = arg;
    fake.due = fake_expunged_due;
}

#endif
