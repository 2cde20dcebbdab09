/*
 * Stand-ins for authd and mailstored: the functions of auth/client.h and
 * mailstore/client.h that smtpd calls, defined here, so that the linker takes
 * none from the library. Included by one .c file of a program.
 *
 * An answer waits until fake_answer(); what the store got is in fake.stored.
 */
#ifndef TESTS_SMTPD_FAKE_H
#define TESTS_SMTPD_FAKE_H

#include "auth/client.h"
#include "base/arena.h"
#include "base/buf.h"
#include "mailstore/client.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct auth_exchange {
    auth_result_fn *fn;
    void *arg;
};

struct store_delivery {
    int fd;
};

typedef void fake_due_fn(void);

static struct {
    fake_due_fn *due; /* the answer that is outstanding */

    struct auth_exchange exchange;
    enum auth_outcome outcome;
    bool hang_up;

    auth_resolved_fn *resolved;
    void *resolved_arg;
    enum auth_address what;
    struct arena memory;
    struct auth_target targets[8];
    size_t count;

    struct store_delivery delivery;
    store_begun_fn *begun;
    store_committed_fn *committed;
    void *store_arg;
    enum fail fail_begin, fail_commit, fail_check; /* 0: fine */
    store_done_fn *checked;
    uint64_t check_size;
    struct buf check_users; /* "user " each */
    bool disk_full;
    int deliveries; /* open ones */
    unsigned messages;
    struct buf stored;     /* the last message */
    struct buf recipients; /* "user/mailbox " each */
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
    arena_clear(&fake.memory);
    buf_free(&fake.stored);
    buf_free(&fake.recipients);
    buf_free(&fake.check_users);
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
        .hang_up = fake.hang_up,
    };

    fake.exchange.fn(fake.exchange.arg, &r);
}

/* PLAIN's response, as the dialogues send it. */
static enum auth_outcome
fake_judge(struct span line)
{
    if (span_is(line, "AGFubmFAZXhhbXBsZS5vcmcAYW5uYS1zZWNyZXQ="))
        return AUTH_OK;
    if (span_is(line, "*"))
        return AUTH_CANCELLED;
    if (span_has(line, '!'))
        return AUTH_BAD_BASE64;
    if (span_is(line, "=") || line.n < 8)
        return AUTH_BAD_PROTOCOL;
    return AUTH_FAILED;
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

static void
fake_resolved_due(void)
{
    struct auth_resolved r = { fake.what, fake.targets, fake.count };

    fake.resolved(fake.resolved_arg, &r);
}

static void
fake_target(const char *user, struct span detail)
{
    fake.targets[fake.count++] =
        (struct auth_target){ span_of(user), arena_copy(&fake.memory, detail) };
}

/* The dialogues' world. */
static enum auth_address
fake_look_up(struct span address)
{
    struct span rest = address;
    struct span local, detail;

    fake.count = 0;
    if (!span_cut(&rest, '@', &local) ||
        (rest.n > 0 && !span_is(rest, "example.org")))
        return AUTH_NOT_OURS;
    detail = local;
    span_cut(&detail, '+', &local);
    if (span_is(local, "away"))
        return AUTH_UNDECIDED;
    if (span_is(local, "anna") || span_is(local, "info") ||
        span_is(local, "postmaster"))
        fake_target("anna@example.org", detail);
    if (span_is(local, "ben") || span_is(local, "info"))
        fake_target("ben@example.org", detail);
    return fake.count > 0 ? AUTH_LOCAL : AUTH_UNKNOWN;
}

uint32_t
auth_resolve(struct auth *a, struct span address, auth_resolved_fn *fn,
             void *arg)
{
    (void)a;
    fake.what = fake_look_up(address);
    fake.resolved = fn;
    fake.resolved_arg = arg;
    fake.due = fake_resolved_due;
    return 1;
}

uint32_t
auth_may_send_as(struct auth *a, struct span user, struct span address,
                 auth_resolved_fn *fn, void *arg)
{
    (void)user;
    auth_resolve(a, address, fn, arg);
    if (fake.what == AUTH_LOCAL &&
        !span_is(fake.targets[0].user, "anna@example.org"))
        fake.what = AUTH_UNKNOWN;
    if (fake.what == AUTH_NOT_OURS)
        fake.what = AUTH_UNKNOWN;
    return 1;
}

void
auth_forget(struct auth *a, uint32_t request)
{
    (void)a;
    (void)request;
    fake.due = NULL;
}

/* --- mailstored -------------------------------------------------------------- */

static void
fake_checked_due(void)
{
    struct error e = { fake.fail_check, "as the test wants it" };

    fake.checked(fake.store_arg, fake.fail_check != 0 ? &e : NULL);
}

uint32_t
store_check_quota(struct store *s, uint64_t size,
                  const struct store_recipient *recipients, size_t count,
                  store_done_fn *done, void *arg)
{
    (void)s;
    fake.check_size = size;
    buf_clear(&fake.check_users);
    for (size_t i = 0; i < count; i++)
        buf_printf(&fake.check_users, "%.*s ", SPAN(recipients[i].user));
    fake.checked = done;
    fake.store_arg = arg;
    fake.due = fake_checked_due;
    return 1;
}

void
store_forget_check(struct store *s, uint32_t check)
{
    (void)s;
    (void)check;
    fake.due = NULL;
}

static void
fake_begun_due(void)
{
    struct error e = { fake.fail_begin, "as the test wants it" };

    if (fake.fail_begin != 0) {
        fake.begun(fake.store_arg, -1, &e);
        return;
    }
    fake.delivery.fd = fake.disk_full ? open("/dev/full", O_WRONLY | O_CLOEXEC)
                                      : memfd_create("message", MFD_CLOEXEC);
    fake.begun(fake.store_arg, fake.delivery.fd, NULL);
}

struct store_delivery *
store_delivery_begin(struct store *s, uint64_t size, store_begun_fn *fn,
                     void *arg)
{
    (void)s;
    (void)size;
    fake.delivery.fd = -1;
    fake.begun = fn;
    fake.store_arg = arg;
    fake.due = fake_begun_due;
    fake.deliveries++;
    return &fake.delivery;
}

static void
fake_committed_due(void)
{
    struct error e = { fake.fail_commit, "as the test wants it" };

    if (fake.fail_commit != 0) {
        fake.committed(fake.store_arg, 0, 0, &e);
        return;
    }
    fake.messages++;
    fake.committed(fake.store_arg, 7, fake.messages, NULL);
}

static void
fake_keep(int fd, uint64_t size)
{
    char *room;

    buf_clear(&fake.stored);
    room = buf_room(&fake.stored, size);
    if (room == NULL || pread(fd, room, size, 0) != (ssize_t)size)
        abort();
    fake.stored.n = size;
}

void
store_delivery_commit(struct store_delivery *d, const struct store_new *n,
                      const struct store_recipient *recipients, size_t count,
                      store_committed_fn *fn, void *arg)
{
    fake_keep(d->fd, n->size);
    buf_clear(&fake.recipients);
    for (size_t i = 0; i < count; i++)
        buf_printf(&fake.recipients, "%.*s/%.*s ", SPAN(recipients[i].user),
                   SPAN(recipients[i].mailbox));
    fake.committed = fn;
    fake.store_arg = arg;
    fake.due = fake_committed_due;
}

void
store_delivery_abort(struct store_delivery **d)
{
    if (*d == NULL)
        return;
    if ((*d)->fd != -1)
        close((*d)->fd);
    fake.deliveries--;
    fake.due = NULL;
    *d = NULL;
}

#endif
