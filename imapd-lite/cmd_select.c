/* Opening and closing a mailbox: SELECT, EXAMINE, CLOSE, UNSELECT, CHECK. */
#include "base/mem.h"
#include "imapd-lite/command.h"

static void
store_opened(void *arg, struct store_view *view, const struct error *e)
{
    struct imap *s = arg;

    if (e == NULL)
        s->view = imap_view_new(view);
    imap_answer(s, e);
}

/* Answers in the order of RFC 3501 section 6.3.1. */
static void
describe(struct imap *s)
{
    const struct store_view *sv = imap_view_store(s->view);

    imap_view_print_known_flags(s->view, &s->out);
    buf_printf(&s->out, "* %u EXISTS\r\n* %u RECENT\r\n",
               imap_view_exists(s->view), imap_view_recent(s->view));
    if (sv->first_unseen != 0)
        buf_printf(&s->out, "* OK [UNSEEN %u] The first unseen message\r\n",
                   sv->first_unseen);
    buf_printf(&s->out, "* OK [UIDVALIDITY %u] UIDs are valid\r\n",
               sv->uid_validity);
    buf_printf(&s->out, "* OK [UIDNEXT %u] The next UID\r\n", sv->uid_next);
    imap_flush(s);
}

static enum run
selected(struct imap *s, struct error *e)
{
    if (imap_outcome(s, e) != RUN_OK)
        return RUN_NO;
    s->mailbox = mem_text(s->run.own);
    imap_enter(s, IMAP_SELECTED);
    describe(s);
    s->run.code =
        imap_view_store(s->view)->read_only ? "READ-ONLY" : "READ-WRITE";
    return RUN_OK;
}

/* The mailbox that was open is closed first, and stays so when the new one
 * cannot be opened. */
static enum run
open_mailbox(struct imap *s, struct cursor *c, unsigned how, struct error *e)
{
    struct span name;

    if (!take(c, ' ') || !imap_take_mailbox(c, &s->run.arena, &name) ||
        !take_end(c))
        return RUN_BAD;
    imap_enter(s, IMAP_LOGGED);
    if (!imap_name_is_usable(name, e))
        return RUN_NO;
    s->run.own = arena_text(&s->run.arena, name);
    store_open(s->store, name, how, imap_news_calls(), store_opened, s);
    return imap_wait(s, IMAP_FOR_ANSWER, selected);
}

/* select = "SELECT" SP mailbox                     RFC 3501 section 6.3.1 */
enum run
imap_cmd_select(struct imap *s, struct cursor *c, struct error *e)
{
    return open_mailbox(s, c, 0, e);
}

/* examine = "EXAMINE" SP mailbox                   RFC 3501 section 6.3.2 */
enum run
imap_cmd_examine(struct imap *s, struct cursor *c, struct error *e)
{
    return open_mailbox(s, c, STORE_EXAMINE, e);
}

/* The store keeps every change durably: there is nothing to check.
 *                                                  RFC 3501 section 6.4.1 */
enum run
imap_cmd_check(struct imap *s, struct cursor *c, struct error *e)
{
    (void)s;
    (void)e;
    return take_end(c) ? RUN_OK : RUN_BAD;
}

static enum run
expunged_all(struct imap *s, struct error *e)
{
    if (imap_outcome(s, e) != RUN_OK)
        return RUN_NO;
    imap_enter(s, IMAP_LOGGED);
    return RUN_OK;
}

/* close = "CLOSE": expunges without a word, nothing when read-only.
 *                                                  RFC 3501 section 6.4.2 */
enum run
imap_cmd_close(struct imap *s, struct cursor *c, struct error *e)
{
    struct numset *all = imap_new_set(s);

    (void)e;
    if (!take_end(c))
        return RUN_BAD;
    if (imap_view_store(s->view)->read_only) {
        imap_enter(s, IMAP_LOGGED);
        return RUN_OK;
    }
    numset_add(all, 1, UINT32_MAX);
    store_expunge(s->store, all, true, imap_answered, s);
    return imap_wait(s, IMAP_FOR_ANSWER, expunged_all);
}

/* unselect: as CLOSE, but nothing is expunged.     RFC 3691 section 2 */
enum run
imap_cmd_unselect(struct imap *s, struct cursor *c, struct error *e)
{
    (void)e;
    if (!take_end(c))
        return RUN_BAD;
    imap_enter(s, IMAP_LOGGED);
    return RUN_OK;
}
