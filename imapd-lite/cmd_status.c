#include "imapd-lite/command.h"
#include "imapd-lite/status.h"

static void
got_status(void *arg, const struct store_mailbox *m)
{
    struct imap *s = arg;
    const unsigned *items = s->run.own;

    imap_put_status(&s->out, *items, m,
                    s->shared->settings->limits.message_size);
}

static enum run
put_answer(struct imap *s, struct error *e)
{
    imap_flush(s);
    return imap_outcome(s, e);
}

/* status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"
 *                                                  RFC 3501 section 6.3.10 */
enum run
imap_cmd_status(struct imap *s, struct cursor *c, struct error *e)
{
    unsigned *items = arena_take(&s->run.arena, sizeof *items);
    struct span name;

    if (!take(c, ' ') || !imap_take_mailbox(c, &s->run.arena, &name) ||
        !take(c, ' ') || !imap_take_status_items(c, items) || !take_end(c))
        return RUN_BAD;
    if (!imap_name_is_usable(name, e))
        return RUN_NO;
    s->run.own = items;
    store_status(s->store, name, got_status, imap_answered, s);
    return imap_wait(s, IMAP_FOR_ANSWER, put_answer);
}
