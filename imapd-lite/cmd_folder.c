/* Mailboxes as things: CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE. */
#include "imapd-lite/command.h"
#include "imapd-lite/special.h"

/* SP mailbox, and the end. */
static bool
take_one_name(struct imap *s, struct cursor *c, struct span *name)
{
    return take(c, ' ') && imap_take_mailbox(c, &s->run.arena, name) &&
           take_end(c);
}

/* --- CREATE ---------------------------------------------------------------- */

/*
 * create-param =/ "USE" SP "(" [use-attr *(SP use-attr)] ")"
 *                                                  RFC 6154 section 6
 * create-params in their parentheses: RFC 4466 section 2.2. *all_known is
 * false when a use is none that we can give.
 */
static bool
take_use(struct cursor *c, uint32_t *use, bool *all_known)
{
    if (!take_nocase(c, "(USE ("))
        return false;
    for (bool first = true; !take(c, ')'); first = false) {
        struct span name;
        uint32_t one;

        if ((!first && !take(c, ' ')) || !take(c, '\\') ||
            !imap_take_atom(c, &name))
            return false;
        one = imap_special_use_named(name);
        *all_known = *all_known && one != 0 && *use == 0;
        *use |= one;
    }
    return take(c, ')');
}

/*
 * create = "CREATE" SP mailbox                     RFC 3501 section 6.3.3
 *
 * A separator at the end only announces children to come; the name itself is
 * what we create.
 */
enum run
imap_cmd_create(struct imap *s, struct cursor *c, struct error *e)
{
    struct span name;
    uint32_t use = 0;
    bool all_known = true;

    if (!take(c, ' ') || !imap_take_mailbox(c, &s->run.arena, &name))
        return RUN_BAD;
    if (take(c, ' ') && !take_use(c, &use, &all_known))
        return RUN_BAD;
    if (!take_end(c))
        return RUN_BAD;
    if (!all_known) {
        s->run.code = "USEATTR"; /* RFC 6154 section 3 */
        s->run.text = "A mailbox has one use, of those that LIST shows";
        return RUN_NO;
    }
    if (span_ends(name, "/"))
        name.n--;
    if (!imap_name_is_usable(name, e))
        return RUN_NO;
    store_create(s->store, name, use, imap_answered, s);
    return imap_wait(s, IMAP_FOR_ANSWER, imap_outcome);
}

/* --- DELETE, RENAME ------------------------------------------------------------ */

/* Is the selected mailbox this one, or (with_children) below it? INBOX stays
 * when it is renamed: its messages go. */
static bool
is_selected(const struct imap *s, struct span name, bool with_children)
{
    struct span open;

    if (s->state != IMAP_SELECTED || span_is(name, "INBOX"))
        return false;
    open = span_of(s->mailbox);
    if (span_eq(open, name))
        return true;
    return with_children && open.n > name.n && open.p[name.n] == '/' &&
           span_eq(span_sub(open, 0, name.n), name);
}

static enum run
selected_went(struct imap *s, struct error *e)
{
    if (imap_outcome(s, e) != RUN_OK)
        return RUN_NO;
    imap_enter(s, IMAP_LOGGED);
    return RUN_OK;
}

/* delete = "DELETE" SP mailbox                     RFC 3501 section 6.3.4 */
enum run
imap_cmd_delete(struct imap *s, struct cursor *c, struct error *e)
{
    struct span name;

    if (!take_one_name(s, c, &name))
        return RUN_BAD;
    if (!imap_name_is_usable(name, e))
        return RUN_NO;
    store_delete(s->store, name, imap_answered, s);
    return imap_wait(s, IMAP_FOR_ANSWER,
                     is_selected(s, name, false) ? selected_went
                                                 : imap_outcome);
}

/* rename = "RENAME" SP mailbox SP mailbox          RFC 3501 section 6.3.5 */
enum run
imap_cmd_rename(struct imap *s, struct cursor *c, struct error *e)
{
    struct span from;
    struct span to;

    if (!take(c, ' ') || !imap_take_mailbox(c, &s->run.arena, &from) ||
        !take_one_name(s, c, &to))
        return RUN_BAD;
    if (!imap_name_is_usable(from, e) || !imap_name_is_usable(to, e))
        return RUN_NO;
    store_rename(s->store, from, to, imap_answered, s);
    return imap_wait(s, IMAP_FOR_ANSWER,
                     is_selected(s, from, true) ? selected_went : imap_outcome);
}

/* --- SUBSCRIBE ------------------------------------------------------------------- */

static enum run
subscribe(struct imap *s, struct cursor *c, bool on, struct error *e)
{
    struct span name;

    if (!take_one_name(s, c, &name))
        return RUN_BAD;
    if (!imap_name_is_usable(name, e))
        return RUN_NO;
    store_subscribe(s->store, name, on, imap_answered, s);
    return imap_wait(s, IMAP_FOR_ANSWER, imap_outcome);
}

/* subscribe = "SUBSCRIBE" SP mailbox               RFC 3501 section 6.3.6 */
enum run
imap_cmd_subscribe(struct imap *s, struct cursor *c, struct error *e)
{
    return subscribe(s, c, true, e);
}

/* unsubscribe = "UNSUBSCRIBE" SP mailbox           RFC 3501 section 6.3.7 */
enum run
imap_cmd_unsubscribe(struct imap *s, struct cursor *c, struct error *e)
{
    return subscribe(s, c, false, e);
}
