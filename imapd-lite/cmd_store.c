#include "imapd-lite/command.h"

struct store_command {
    enum store_flag_mode mode;
    bool silent;
    struct store_flags flags;
    struct numset *uids;
};

/*
 * store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP
 *                   (flag-list / (flag *(SP flag)))
 *                                                  RFC 3501 section 9
 */
static bool
take_att_flags(struct cursor *c, struct arena *a, struct store_command *st)
{
    st->mode = STORE_FLAGS_SET;
    if (take(c, '+'))
        st->mode = STORE_FLAGS_ADD;
    else if (take(c, '-'))
        st->mode = STORE_FLAGS_REMOVE;
    if (!take_nocase(c, "FLAGS"))
        return false;
    st->silent = take_nocase(c, ".SILENT");
    return take(c, ' ') && imap_take_flags(c, a, &st->flags);
}

static void
store_has_flagged(void *arg, const struct numset *modified,
                  const struct error *e)
{
    (void)modified; /* only with unchanged_since */
    imap_answer(arg, e);
}

static enum run
flags_are_set(struct imap *s, struct error *e)
{
    struct store_command *st = s->run.own;

    if (s->view != NULL && st->silent)
        imap_view_silent_end(s->view);
    if (imap_outcome(s, e) != RUN_OK)
        return RUN_NO;
    if (!st->silent)
        imap_view_report_flags_of(s->view, st->uids);
    return RUN_OK;
}

/* store = "STORE" SP sequence-set SP store-att-flags
 *                                                  RFC 3501 section 6.4.6 */
enum run
imap_cmd_store(struct imap *s, struct cursor *c, struct error *e)
{
    struct store_command *st = arena_take(&s->run.arena, sizeof *st);
    struct numset *set;

    if (!take(c, ' ') || !imap_take_set(c, s, s->run.uid, &set) ||
        !take(c, ' ') || !take_att_flags(c, &s->run.arena, st) || !take_end(c))
        return RUN_BAD;
    if (imap_view_store(s->view)->read_only) {
        (void)fail(e, FAIL_DENIED, "mailbox is read-only");
        s->run.text = "The mailbox is open for reading only";
        return RUN_NO;
    }
    s->run.own = st;
    st->uids = imap_new_set(s);
    imap_view_uids(s->view, set, s->run.uid, st->uids);
    if (st->uids->n == 0)
        return RUN_OK;
    if (st->silent)
        imap_view_silent_begin(s->view, st->uids, st->mode, &st->flags);
    store_set_flags(s->store, st->uids, st->mode, &st->flags, 0,
                    store_has_flagged, s);
    return imap_wait(s, IMAP_FOR_ANSWER, flags_are_set);
}
