/* Messages go elsewhere, or away: COPY, MOVE, EXPUNGE. */
#include "imapd-lite/command.h"

struct copy {
    bool move;
    const char *code; /* "COPYUID 38505 304,319:320 3956:3958"; NULL: none */
};

/* resp-code-copy = "COPYUID" SP nz-number SP uid-set SP uid-set
 *                                                  RFC 4315 section 4 */
static void
store_copied(void *arg, const struct store_copied *copied,
             const struct error *e)
{
    struct imap *s = arg;
    struct copy *cp = s->run.own;
    struct buf code = { 0 };

    if (e == NULL && copied->from->n > 0) {
        buf_printf(&code, "COPYUID %u ", copied->uid_validity);
        numset_print(copied->from, &code);
        buf_put_ch(&code, ' ');
        numset_print(copied->to, &code);
        cp->code = arena_text(&s->run.arena, buf_span(&code));
    }
    buf_free(&code);
    imap_answer(s, e);
}

static enum run
copy_is_done(struct imap *s, struct error *e)
{
    const struct copy *cp = s->run.own;

    if (imap_outcome(s, e) != RUN_OK) {
        if (e->kind != FAIL_NOT_FOUND)
            return RUN_NO;
        s->run.code = "TRYCREATE"; /* RFC 3501 section 6.4.7 */
        s->run.text = "The mailbox does not exist";
        return RUN_NO;
    }
    /* RFC 6851 section 4.3: before the EXPUNGEs that are pending now. */
    if (cp->move && cp->code != NULL) {
        buf_printf(&s->out, "* OK [%s] Moved\r\n", cp->code);
        imap_flush(s);
        return RUN_OK;
    }
    s->run.code = cp->code;
    return RUN_OK;
}

static enum run
read_only(struct imap *s, struct error *e)
{
    (void)fail(e, FAIL_DENIED, "mailbox is read-only");
    s->run.text = "The mailbox is open for reading only";
    return RUN_NO;
}

static enum run
copy_or_move(struct imap *s, struct cursor *c, bool move, struct error *e)
{
    struct copy *cp = arena_take(&s->run.arena, sizeof *cp);
    struct numset *uids = imap_new_set(s);
    struct numset *set;
    struct span name;

    if (!take(c, ' ') || !imap_take_set(c, s, s->run.uid, &set) ||
        !take(c, ' ') || !imap_take_mailbox(c, &s->run.arena, &name) ||
        !take_end(c))
        return RUN_BAD;
    if (move && imap_view_store(s->view)->read_only)
        return read_only(s, e);
    if (!imap_name_is_usable(name, e))
        return RUN_NO;
    imap_view_uids(s->view, set, s->run.uid, uids);
    if (uids->n == 0) {
        s->run.text = "No matching messages";
        return RUN_OK;
    }
    cp->move = move;
    s->run.own = cp;
    store_copy(s->store, uids, name, move, store_copied, s);
    return imap_wait(s, IMAP_FOR_ANSWER, copy_is_done);
}

/* copy = "COPY" SP sequence-set SP mailbox         RFC 3501 section 6.4.7 */
enum run
imap_cmd_copy(struct imap *s, struct cursor *c, struct error *e)
{
    return copy_or_move(s, c, false, e);
}

/* move = "MOVE" SP sequence-set SP mailbox         RFC 6851 section 5 */
enum run
imap_cmd_move(struct imap *s, struct cursor *c, struct error *e)
{
    return copy_or_move(s, c, true, e);
}

/*
 * "EXPUNGE"                                        RFC 3501 section 6.4.3
 * uid-expunge = "UID" SP "EXPUNGE" SP sequence-set RFC 4315 section 4
 */
enum run
imap_cmd_expunge(struct imap *s, struct cursor *c, struct error *e)
{
    struct numset *uids = imap_new_set(s);

    if (s->run.uid && (!take(c, ' ') || !imap_take_set(c, s, true, &uids)))
        return RUN_BAD;
    if (!take_end(c))
        return RUN_BAD;
    if (imap_view_store(s->view)->read_only)
        return read_only(s, e);
    if (!s->run.uid)
        numset_add(uids, 1, UINT32_MAX);
    if (uids->n == 0)
        return RUN_OK;
    store_expunge(s->store, uids, true, imap_answered, s);
    return imap_wait(s, IMAP_FOR_ANSWER, imap_outcome);
}
