/*
 * QUOTA (RFC 9208): GETQUOTA, GETQUOTAROOT, SETQUOTA. All mailboxes of a user
 * share one quota root; it is there where there is a limit.
 */
#include "imapd-lite/command.h"

#define ROOT "user"

struct quota {
    bool with_root;      /* GETQUOTAROOT */
    struct span mailbox; /* as it was asked for */
    struct store_quota got;
};

/* Section 5.1: in units of 1024 octets. */
static uint64_t
units(uint64_t bytes)
{
    return bytes / 1024 + (bytes % 1024 > 0 ? 1 : 0);
}

static bool
has_limit(const struct store_quota *q)
{
    return q->limit_bytes != 0 || q->limit_messages != 0;
}

static void
put_resource(struct buf *out, const char *name, uint64_t used, uint64_t limit)
{
    buf_put_text(out, name);
    buf_put_ch(out, ' ');
    buf_put_number(out, used);
    buf_put_ch(out, ' ');
    buf_put_number(out, limit);
}

/* quota-response = "QUOTA" SP quota-root-name SP quota-list
 *                                                  RFC 9208 section 7 */
static void
put_quota(struct buf *out, const struct store_quota *q)
{
    buf_put_text(out, "* QUOTA " ROOT " (");
    if (q->limit_bytes != 0)
        put_resource(out, "STORAGE", units(q->bytes), units(q->limit_bytes));
    if (q->limit_bytes != 0 && q->limit_messages != 0)
        buf_put_ch(out, ' ');
    if (q->limit_messages != 0)
        put_resource(out, "MESSAGE", q->messages, q->limit_messages);
    buf_put_text(out, ")\r\n");
}

/* quotaroot-response = "QUOTAROOT" SP mailbox *(SP quota-root-name) */
static void
put_root(struct buf *out, const struct quota *a)
{
    buf_put_text(out, "* QUOTAROOT ");
    imap_put_mailbox(out, a->mailbox);
    if (has_limit(&a->got))
        buf_put_text(out, " " ROOT);
    buf_put_text(out, "\r\n");
}

static enum run
no_such_root(struct imap *s, struct error *e)
{
    (void)fail(e, FAIL_NOT_FOUND, "no such quota root");
    s->run.text = "There is no such quota root";
    return RUN_NO;
}

static void
store_quota_known(void *arg, const struct store_quota *q, const struct error *e)
{
    struct imap *s = arg;
    struct quota *a = s->run.own;

    if (e == NULL)
        a->got = *q;
    imap_answer(s, e);
}

static enum run
put_answer(struct imap *s, struct error *e)
{
    const struct quota *a = s->run.own;

    if (imap_outcome(s, e) != RUN_OK)
        return RUN_NO;
    if (!a->with_root && !has_limit(&a->got))
        return no_such_root(s, e);
    if (a->with_root)
        put_root(&s->out, a);
    if (has_limit(&a->got))
        put_quota(&s->out, &a->got);
    imap_flush(s);
    return RUN_OK;
}

static enum run
ask(struct imap *s, struct quota *a)
{
    s->run.own = a;
    store_get_quota(s->store, store_quota_known, s);
    return imap_wait(s, IMAP_FOR_ANSWER, put_answer);
}

/* getquota = "GETQUOTA" SP quota-root-name         RFC 9208 section 7 */
enum run
imap_cmd_getquota(struct imap *s, struct cursor *c, struct error *e)
{
    struct quota *a = arena_take(&s->run.arena, sizeof *a);
    struct span root;

    if (!take(c, ' ') || !imap_take_astring(c, &s->run.arena, &root) ||
        !take_end(c))
        return RUN_BAD;
    if (!span_is(root, ROOT))
        return no_such_root(s, e);
    return ask(s, a);
}

/* getquotaroot = "GETQUOTAROOT" SP mailbox         RFC 9208 section 7
 *
 * It need not be one that exists (section 4.1.2). */
enum run
imap_cmd_getquotaroot(struct imap *s, struct cursor *c, struct error *e)
{
    struct quota *a = arena_take(&s->run.arena, sizeof *a);

    if (!take(c, ' ') || !imap_take_mailbox(c, &s->run.arena, &a->mailbox) ||
        !take_end(c))
        return RUN_BAD;
    if (!imap_name_is_usable(a->mailbox, e))
        return RUN_NO;
    a->with_root = true;
    return ask(s, a);
}

/* setquota-list = "(" [setquota-resource *(SP setquota-resource)] ")"
 * setquota-resource = resource-name SP resource-limit */
static bool
take_limits(struct cursor *c)
{
    struct span name;
    uint64_t limit;

    if (!take(c, '('))
        return false;
    for (bool first = true; !take(c, ')'); first = false)
        if ((!first && !take(c, ' ')) || !imap_take_atom(c, &name) ||
            !take(c, ' ') || !take_number64(c, &limit))
            return false;
    return true;
}

/* setquota = "SETQUOTA" SP quota-root-name SP setquota-list
 *                                                  RFC 9208 section 7
 *
 * Limits are the administrator's to set, at the command line: QUOTASET is not
 * announced (section 4.1.3). */
enum run
imap_cmd_setquota(struct imap *s, struct cursor *c, struct error *e)
{
    struct span root;

    if (!take(c, ' ') || !imap_take_astring(c, &s->run.arena, &root) ||
        !take(c, ' ') || !take_limits(c) || !take_end(c))
        return RUN_BAD;
    (void)fail(e, FAIL_DENIED, "SETQUOTA");
    s->run.text = "Only the administrator can do this";
    return RUN_NO;
}
