/*
 * Stand-ins for authd and mailstored: the functions of auth/client.h and
 * mailstore/client.h that imapd-lite calls, defined here, so that the linker
 * takes none from the library. Included by one .c file of a program; the other
 * half is fake_store.h.
 *
 * anna@example.org has INBOX, Drafts, Sent, Junk, Trash and Archive, in memory.
 * A request waits until fake_answer(), which does it, pushes what the open
 * mailbox sees of it, and answers.
 */
#ifndef TESTS_IMAPD_LITE_FAKE_H
#define TESTS_IMAPD_LITE_FAKE_H

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

#define FAKE_BOXES_MAX    40
#define FAKE_MESSAGES_MAX 300
#define FAKE_KEYWORDS_MAX 26
#define FAKE_NAME_MAX     260

struct auth_exchange {
    auth_result_fn *fn;
    void *arg;
};

struct store_session {
    int unused;
};

struct store_delivery {
    int fd;
};

struct fake_message {
    struct store_row row;
    struct buf text, summary;
};

struct fake_box {
    char name[FAKE_NAME_MAX]; /* "": free */
    uint32_t flags;
    uint32_t uid_validity, uid_next;
    struct fake_message messages[FAKE_MESSAGES_MAX];
    size_t count;
    char keyword_names[FAKE_KEYWORDS_MAX][80];
    const char *keywords[FAKE_KEYWORDS_MAX + 1];
    size_t keyword_count;
};

typedef void fake_due_fn(void);

/* What the outstanding request asks for. */
struct fake_request {
    fake_due_fn *due; /* NULL: there is none */
    char name[FAKE_NAME_MAX], to[FAKE_NAME_MAX];
    struct numset uids;
    bool yes;     /* subscribe, only_deleted, move */
    unsigned how; /* of open, special use, flag mode */
    uint16_t flags;
    char keywords[FAKE_KEYWORDS_MAX * 2][80];
    size_t keyword_count;
    struct store_new new;
    struct buf summary;
    void *arg;
    store_done_fn *done;
    store_mailbox_fn *row;
    store_quota_fn *quota;
    store_opened_fn *opened;
    store_summary_fn *summary_row;
    store_message_fn *message;
    store_bundle_fn *bundle;
    store_flagged_fn *flagged;
    store_copied_fn *copied;
    store_begun_fn *begun;
    store_committed_fn *committed;
};

static struct {
    struct fake_request ask;

    struct auth_exchange exchange;
    enum auth_outcome outcome; /* what authd says */
    bool hang_up;
    unsigned asked_authd;

    struct store_session session;
    bool is_in;        /* a session of the store is there */
    unsigned fullness; /* store_fullness() */
    struct store_delivery delivery;
    bool delivering;
    struct fake_box boxes[FAKE_BOXES_MAX];
    struct fake_box *open; /* what the session has open */
    struct store_view view;
    const struct store_view_calls *calls;
    void *calls_arg;
    enum fail fail_next; /* the next request fails like this; 0: it does not */
    struct store_quota quota;
    uint64_t promised;  /* size told of every message; 0: the true one */
    uint32_t unbundled; /* this UID comes in no bundle; 0: none        */
    unsigned bundles;   /* that were asked for                         */
} fake;

static void
fake_answer(void)
{
    fake_due_fn *due = fake.ask.due;

    fake.ask.due = NULL;
    if (due != NULL)
        due();
}

/* --- authd ------------------------------------------------------------------ */

static void
fake_outcome_due(void)
{
    struct auth_result r = {
        .outcome = fake.outcome,
        .user = span_of("anna@example.org"),
        .ticket = span_of("ticket"),
        .hang_up = fake.hang_up,
    };

    fake.exchange.fn(fake.exchange.arg, &r);
}

/* anna's PLAIN response, with and without an authorization identity. */
static enum auth_outcome
fake_judge(struct span line)
{
    if (span_is(line, "AGFubmFAZXhhbXBsZS5vcmcAYW5uYS1zZWNyZXQ="))
        return AUTH_OK;
    if (span_is(line, "*"))
        return AUTH_CANCELLED;
    return line.n % 4 == 0 ? AUTH_FAILED : AUTH_BAD_BASE64;
}

struct auth_exchange *
auth_exchange_begin(struct auth *a, const struct auth_who *who,
                    struct span mechanism, struct span initial,
                    auth_result_fn *fn, void *arg)
{
    (void)a;
    (void)who;
    fake.asked_authd++;
    fake.exchange = (struct auth_exchange){ fn, arg };
    if (!span_is_nocase(mechanism, "PLAIN"))
        fake.outcome = AUTH_NO_MECH;
    else if (initial.p == NULL)
        fake.outcome = AUTH_CONTINUE;
    else
        fake.outcome = fake_judge(initial);
    fake.ask.due = fake_outcome_due;
    return &fake.exchange;
}

void
auth_exchange_line(struct auth_exchange *x, struct span line)
{
    (void)x;
    fake.outcome = fake_judge(line);
    fake.ask.due = fake_outcome_due;
}

void
auth_exchange_abort(struct auth_exchange **x)
{
    if (*x != NULL)
        fake.ask.due = NULL;
    *x = NULL;
}

struct auth_exchange *
auth_password(struct auth *a, const struct auth_who *who, struct span user,
              struct span password, auth_result_fn *fn, void *arg)
{
    bool right =
        span_is(user, "anna@example.org") && span_is(password, "anna-secret");

    (void)a;
    (void)who;
    fake.asked_authd++;
    fake.exchange = (struct auth_exchange){ fn, arg };
    fake.outcome = right ? AUTH_OK : AUTH_FAILED;
    fake.ask.due = fake_outcome_due;
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

#include "tests/imapd-lite/fake_store.h"

#endif
