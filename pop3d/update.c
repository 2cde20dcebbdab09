/*
 * DELE, RSET and QUIT: what is to go, and its going.
 *
 *  QUIT --> \Seen on what was read --> remove what DELE marked --> "+OK" or
 *           "-ERR", hang up
 *
 * RFC 1939 knows no \Seen; who reads the same mailbox over IMAP expects it. It
 * is set at QUIT only, in one step for all messages, and its failure is not the
 * client's concern.
 */
#include "mail/flags.h"
#include "pop3d/commands.h"
#include "pop3d/events.h"

/* DELE msg                                      RFC 1939 section 5 */
const struct pop3_reply *
pop3_run_dele(struct pop3 *s, struct cursor *c)
{
    struct pop3_message *m;
    enum pop3_found found = pop3_take_message(&s->drop, c, &m);

    if (found != POP3_FOUND)
        return pop3_not_found(found);
    if (!take_spaces(c) || !take_end(c))
        return pop3_say(SAY_BAD_SYNTAX);
    pop3_drop_delete(&s->drop, m);
    return pop3_say(SAY_DELETED);
}

/* RSET                                          RFC 1939 section 5 */
const struct pop3_reply *
pop3_run_rset(struct pop3 *s, struct cursor *c)
{
    if (!take_spaces(c) || !take_end(c))
        return pop3_say(SAY_BAD_SYNTAX);
    pop3_drop_reset(&s->drop);
    return pop3_say(SAY_OK);
}

/* RFC 1939 section 6: +OK only when every message marked is gone. */
static void
end(struct pop3 *s, const struct error *e)
{
    if (e != NULL)
        pop3_event_store_failed(s, "remove", e);
    else
        pop3_event_removed(s);
    pop3_resume(s, pop3_say(e == NULL ? SAY_BYE : SAY_NOT_REMOVED));
}

static void
removed(void *arg, const struct error *e)
{
    end(arg, e);
}

static void
flagged_deleted(void *arg, const struct numset *modified, const struct error *e)
{
    (void)modified;
    end(arg, e);
}

/* pop3.delete = keep: \Deleted only, and such messages are not listed again. */
static void
remove_deleted(struct pop3 *s)
{
    const struct store_flags flags = { .flags = MAIL_DELETED };
    struct numset uids = { 0 };

    pop3_drop_deleted(&s->drop, &uids);
    if (uids.n == 0)
        end(s, NULL);
    else if (s->service->settings->pop3.remove == POP3_DELETE_KEEP)
        store_set_flags(s->store, &uids, STORE_FLAGS_ADD, &flags, 0,
                        flagged_deleted, s);
    else
        store_expunge(s->store, &uids, false, removed, s);
    numset_free(&uids);
}

static void
flagged_seen(void *arg, const struct numset *modified, const struct error *e)
{
    struct pop3 *s = arg;

    (void)modified;
    if (e != NULL)
        pop3_event_store_failed(s, "seen", e);
    remove_deleted(s);
}

/* QUIT                                   RFC 1939 sections 4, 5 and 6 */
const struct pop3_reply *
pop3_run_quit(struct pop3 *s, struct cursor *c)
{
    const struct store_flags flags = { .flags = MAIL_SEEN };
    struct numset uids = { 0 };

    if (!take_spaces(c) || !take_end(c))
        return pop3_say(SAY_BAD_SYNTAX);
    if (s->state != POP3_TRANSACTION)
        return pop3_say(SAY_BYE);
    pop3_enter(s, POP3_UPDATE);
    pop3_drop_read(&s->drop, &uids);
    pop3_wait(s);
    if (uids.n > 0)
        store_set_flags(s->store, &uids, STORE_FLAGS_ADD, &flags, 0,
                        flagged_seen, s);
    else
        remove_deleted(s);
    numset_free(&uids);
    return NULL;
}
