/*
 * The open mailbox changes: the view keeps it until the client may be told
 * (imap_report_news); a session in IDLE is woken to tell it at once.
 */
#include "imapd-lite/command.h"

static void
wake_idler(struct imap *s)
{
    if (s->idling)
        conn_wake(s->conn);
}

static void
added(void *arg, const struct store_row *rows, size_t count)
{
    struct imap *s = arg;

    if (s->view == NULL)
        return;
    imap_view_added(s->view, rows, count);
    wake_idler(s);
}

static void
expunged(void *arg, const struct numset *uids)
{
    struct imap *s = arg;

    if (s->view == NULL)
        return;
    imap_view_expunged(s->view, uids);
    wake_idler(s);
}

static void
flagged(void *arg, const struct store_row *rows, size_t count)
{
    struct imap *s = arg;

    if (s->view == NULL)
        return;
    imap_view_flagged(s->view, rows, count);
    wake_idler(s);
}

/* Nothing can be said about a mailbox that is gone (RFC 2180 section 3): the
 * session says BYE as soon as no command is running. */
static void
gone(void *arg)
{
    struct imap *s = arg;

    if (s->view == NULL)
        return;
    s->mailbox_gone = true;
    conn_wake(s->conn);
}

/* What changed meanwhile follows as ordinary news. */
static void
resync(void *arg)
{
    (void)arg;
}

static const struct store_view_calls calls = {
    .added = added,
    .expunged = expunged,
    .flagged = flagged,
    .gone = gone,
    .resync = resync,
};

const struct store_view_calls *
imap_news_calls(void)
{
    return &calls;
}
