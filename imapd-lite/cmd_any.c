/* Commands of any state: CAPABILITY, NOOP, LOGOUT, ID; and ENABLE. */
#include "imapd-lite/command.h"
#include "imapd-lite/events.h"
#include "imapd-lite/limits.h"

/* capability = "CAPABILITY"                        RFC 3501 section 6.1.1 */
enum run
imap_cmd_capability(struct imap *s, struct cursor *c, struct error *e)
{
    (void)e;
    if (!take_end(c))
        return RUN_BAD;
    buf_put_text(&s->out, "* CAPABILITY ");
    imap_put_capabilities(s, &s->out);
    buf_put_text(&s->out, "\r\n");
    imap_flush(s);
    return RUN_OK;
}

/* noop = "NOOP": what is pending is reported behind every command anyway.
 *                                                  RFC 3501 section 6.1.2 */
enum run
imap_cmd_noop(struct imap *s, struct cursor *c, struct error *e)
{
    (void)s;
    (void)e;
    return take_end(c) ? RUN_OK : RUN_BAD;
}

/* logout = "LOGOUT"                                RFC 3501 section 6.1.3 */
enum run
imap_cmd_logout(struct imap *s, struct cursor *c, struct error *e)
{
    (void)e;
    if (!take_end(c))
        return RUN_BAD;
    imap_bye(s, NULL, "Goodbye");
    s->run.then = NEXT_CLOSE;
    return RUN_OK;
}

/* --- ID ---------------------------------------------------------------------- */

struct id {
    struct span name, version;
};

static bool
take_id_pair(struct cursor *c, struct arena *a, struct id *id)
{
    struct span key;
    struct span value;

    if (!imap_take_string(c, a, &key) || !take(c, ' ') ||
        !imap_take_nstring(c, a, &value))
        return false;
    if (span_is_nocase(key, "name"))
        id->name = value;
    if (span_is_nocase(key, "version"))
        id->version = value;
    return true;
}

/* id_params_list ::= "(" #(string SPACE nstring) ")" / nil
 *                                                  RFC 2971 section 4 */
static bool
take_id_params(struct cursor *c, struct arena *a, struct id *id)
{
    if (take_nocase(c, "NIL"))
        return true;
    if (!take(c, '('))
        return want(c, "a list or NIL");
    for (int n = 0; !take(c, ')'); n++) {
        if (n == IMAP_ID_PAIRS_MAX)
            return want(c, "at most 30 fields");
        if ((n > 0 && !take(c, ' ')) || !take_id_pair(c, a, id))
            return false;
    }
    return true;
}

/* id ::= "ID" SPACE id_params_list                 RFC 2971 section 4 */
enum run
imap_cmd_id(struct imap *s, struct cursor *c, struct error *e)
{
    struct id id = { 0 };

    (void)e;
    if (!take(c, ' ') || !take_id_params(c, &s->run.arena, &id) || !take_end(c))
        return RUN_BAD;
    if (s->state != IMAP_FRESH)
        imap_event_client(s, id.name, id.version);
    conn_text(s->conn, "* ID (\"name\" \"pillarbox\")\r\n");
    return RUN_OK;
}

/*
 * enable = "ENABLE" 1*(SP capability)              RFC 5161 section 4
 *
 * We know no extension that needs it yet: what we do not know is left out of
 * the answer (section 3.1).
 */
enum run
imap_cmd_enable(struct imap *s, struct cursor *c, struct error *e)
{
    struct span name;

    (void)e;
    do {
        if (!take(c, ' ') || !imap_take_atom(c, &name))
            return RUN_BAD;
    } while (!cursor_at_end(c));
    conn_text(s->conn, "* ENABLED\r\n");
    return RUN_OK;
}
