/* STAT, LIST, UIDL: what is there. */
#include "pop3d/commands.h"
#include "pop3d/limits.h"

#include <inttypes.h>

/* "+OK nn mm" and nothing behind it             RFC 1939 section 5 */
const struct pop3_reply *
pop3_run_stat(struct pop3 *s, struct cursor *c)
{
    if (!take_spaces(c) || !take_end(c))
        return pop3_say(SAY_BAD_SYNTAX);
    return pop3_say_ok(&s->command, "%zu %" PRIu64, s->drop.left,
                       s->drop.left_bytes);
}

/* scan listing = message-number SP size         RFC 1939 section 5 */
static void
put_scan(const struct pop3_drop *d, const struct pop3_message *m,
         struct buf *out)
{
    buf_put_number(out, pop3_drop_number(d, m));
    buf_put_ch(out, ' ');
    buf_put_number(out, m->size);
}

/*
 * unique-id listing = message-number SP unique-id   RFC 1939 section 7
 *
 * The unique-id is the UID and the UIDVALIDITY in eight hexadecimal digits each:
 * what Dovecot's default format "%08Xu%08Xv" gives, so that who moves a Maildir
 * with its numbers here does not download everything again. Ids that came with
 * imported messages stay as they were.
 */
static void
put_unique_id(const struct pop3_drop *d, const struct pop3_message *m,
              struct buf *out)
{
    buf_put_number(out, pop3_drop_number(d, m));
    if (m->uidl != 0)
        buf_printf(out, " %s", d->uidls.p + m->uidl);
    else
        buf_printf(out, " %08" PRIx32 "%08" PRIx32, m->uid, d->uid_validity);
}

typedef void put_line_fn(const struct pop3_drop *d,
                         const struct pop3_message *m, struct buf *out);

static bool
put_lines(struct pop3 *s, put_line_fn *put, struct buf *out)
{
    while (s->listed < s->drop.count && out->n < POP3_LIST_SIZE) {
        const struct pop3_message *m = &s->drop.messages[s->listed++];

        if ((m->marks & POP3_DELETED) != 0)
            continue;
        put(&s->drop, m, out);
        buf_put_text(out, "\r\n");
    }
    if (s->listed < s->drop.count)
        return true;
    buf_put_text(out, ".\r\n");
    return false;
}

static bool
put_scans(struct pop3 *s, struct buf *out)
{
    return put_lines(s, put_scan, out);
}

static bool
put_unique_ids(struct pop3 *s, struct buf *out)
{
    return put_lines(s, put_unique_id, out);
}

const struct pop3_reply *
pop3_not_found(enum pop3_found found)
{
    if (found == POP3_NO_NUMBER)
        return pop3_say(SAY_BAD_SYNTAX);
    return pop3_say(found == POP3_IS_DELETED ? SAY_ALREADY_DELETED
                                             : SAY_NO_SUCH_MESSAGE);
}

/* One message's line, or all of them in a multi-line answer. */
static const struct pop3_reply *
list(struct pop3 *s, struct cursor *c, put_line_fn *one, pop3_more_fn *all)
{
    const struct pop3_reply *r;
    struct pop3_message *m;
    struct buf line = { 0 };
    enum pop3_found found;

    if (cursor_at_end(c)) {
        s->listed = 0;
        s->more = all;
        return pop3_say_ok(&s->command, "%zu messages (%" PRIu64 " octets)",
                           s->drop.left, s->drop.left_bytes);
    }
    found = pop3_take_message(&s->drop, c, &m);
    if (found != POP3_FOUND)
        return pop3_not_found(found);
    if (!take_spaces(c) || !take_end(c))
        return pop3_say(SAY_BAD_SYNTAX);
    one(&s->drop, m, &line);
    r = pop3_say_ok(&s->command, "%s", buf_text(&line));
    buf_free(&line);
    return r;
}

/* LIST [msg]                                    RFC 1939 section 5 */
const struct pop3_reply *
pop3_run_list(struct pop3 *s, struct cursor *c)
{
    return list(s, c, put_scan, put_scans);
}

/* UIDL [msg]                                    RFC 1939 section 7 */
const struct pop3_reply *
pop3_run_uidl(struct pop3 *s, struct cursor *c)
{
    return list(s, c, put_unique_id, put_unique_ids);
}
