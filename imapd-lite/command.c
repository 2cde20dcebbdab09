/* The table of commands, and what follows from it. */
#include "imapd-lite/command.h"

#include "imapd-lite/limits.h"

#define FRESH IMAP_FRESH
#define AUTH  IMAP_LOGGED
#define OPEN  IMAP_SELECTED
#define IN    (IMAP_LOGGED | IMAP_SELECTED)
#define ANY   (IMAP_FRESH | IMAP_LOGGED | IMAP_SELECTED)
#define SEQ   (ROW_UID | ROW_KEEPS_SEQ)
#define CLEAR ROW_CLEAR_ONLY

#define LIST_CAPABILITIES  "CHILDREN SPECIAL-USE LIST-EXTENDED LIST-STATUS"
#define QUOTA_CAPABILITIES "QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE"

/* clang-format off */
static const struct imap_row rows[] = {
    /* any state: RFC 3501 section 6.1; RFC 2971 */
    { "CAPABILITY",   ANY,   0,           NULL,        imap_cmd_capability },
    { "NOOP",         ANY,   0,           NULL,        imap_cmd_noop },
    { "LOGOUT",       ANY,   ROW_SILENT,  NULL,        imap_cmd_logout },
    { "ID",           ANY,   0,           "ID",        imap_cmd_id },

    /* not authenticated: section 6.2; SASL-IR is RFC 4959 */
    { "STARTTLS",     FRESH, CLEAR,       "STARTTLS",  imap_cmd_starttls },
    { "AUTHENTICATE", FRESH, ROW_SECRET,  "SASL-IR",   imap_cmd_authenticate },
    { "LOGIN",        FRESH, ROW_SECRET,  NULL,        imap_cmd_login },

    /* authenticated: section 6.3; RFC 5161, 6154, 5258, 5819, 2342, 8438,
     * 2177, 9208 */
    { "ENABLE",       AUTH,  0,           "ENABLE",    imap_cmd_enable },
    { "SELECT",       IN,    0,           NULL,        imap_cmd_select },
    { "EXAMINE",      IN,    0,           NULL,        imap_cmd_examine },
    { "CREATE",       IN,    0, "CREATE-SPECIAL-USE",  imap_cmd_create },
    { "DELETE",       IN,    0,           NULL,        imap_cmd_delete },
    { "RENAME",       IN,    0,           NULL,        imap_cmd_rename },
    { "SUBSCRIBE",    IN,    0,           NULL,        imap_cmd_subscribe },
    { "UNSUBSCRIBE",  IN,    0,           NULL,        imap_cmd_unsubscribe },
    { "LIST",         IN,    0, LIST_CAPABILITIES,     imap_cmd_list },
    { "LSUB",         IN,    0,           NULL,        imap_cmd_lsub },
    { "NAMESPACE",    IN,    0,           "NAMESPACE", imap_cmd_namespace },
    { "STATUS",       IN,    0,         "STATUS=SIZE", imap_cmd_status },
    { "APPEND",       IN,    ROW_APPENDS, NULL,        imap_cmd_append },
    { "IDLE",         IN,    0,           "IDLE",      imap_cmd_idle },
    { "GETQUOTA",     IN,    0, QUOTA_CAPABILITIES,    imap_cmd_getquota },
    { "GETQUOTAROOT", IN,    0,           NULL,        imap_cmd_getquotaroot },
    { "SETQUOTA",     IN,    0,           NULL,        imap_cmd_setquota },

    /* selected: section 6.4; RFC 3691, 4315, 4731, 6851 */
    { "CHECK",        OPEN,  0,           NULL,        imap_cmd_check },
    { "CLOSE",        OPEN,  ROW_SILENT,  NULL,        imap_cmd_close },
    { "UNSELECT",     OPEN,  ROW_SILENT,  "UNSELECT",  imap_cmd_unselect },
    { "EXPUNGE",      OPEN,  ROW_UID,     "UIDPLUS",   imap_cmd_expunge },
    { "SEARCH",       OPEN,  SEQ,         "ESEARCH",   imap_cmd_search },
    { "FETCH",        OPEN,  SEQ,         NULL,        imap_cmd_fetch },
    { "STORE",        OPEN,  SEQ,         NULL,        imap_cmd_store },
    { "COPY",         OPEN,  ROW_UID,     NULL,        imap_cmd_copy },
    { "MOVE",         OPEN,  ROW_UID,     "MOVE",      imap_cmd_move },
};
/* clang-format on */

#define ROWS (sizeof rows / sizeof *rows)

const struct imap_row *
imap_row_named(struct span name)
{
    for (size_t i = 0; i < ROWS; i++)
        if (span_is_nocase(name, rows[i].name))
            return &rows[i];
    return NULL;
}

/* --- CAPABILITY ------------------------------------------------------------ */

static bool
may_log_in(const struct imap *s)
{
    return conn_is_tls(s->conn) || !s->shared->settings->auth.require_tls;
}

static bool
is_announced(const struct imap *s, const struct imap_row *row)
{
    if (row->capability == NULL)
        return false;
    if ((row->flags & ROW_CLEAR_ONLY) == 0)
        return true;
    return s->state == IMAP_FRESH && s->shared->has_tls &&
           !conn_is_tls(s->conn);
}

static void
put_mechanisms(const struct imap *s, struct buf *out)
{
    struct span rest = span_of(auth_mechanisms(may_log_in(s)));
    struct span name;

    while (span_cut(&rest, ' ', &name)) {
        if (name.n == 0)
            continue;
        buf_put_text(out, " AUTH=");
        buf_put(out, name);
    }
    if (!may_log_in(s))
        buf_put_text(out, " LOGINDISABLED");
}

void
imap_put_capabilities(const struct imap *s, struct buf *out)
{
    buf_put_text(out, "IMAP4rev1 LITERAL+");
    for (size_t i = 0; i < ROWS; i++) {
        if (!is_announced(s, &rows[i]))
            continue;
        buf_put_ch(out, ' ');
        buf_put_text(out, rows[i].capability);
    }
    buf_put_text(out, " APPENDLIMIT="); /* RFC 7889 section 2 */
    buf_put_number(out, s->shared->settings->limits.message_size);
    if (s->state == IMAP_FRESH)
        put_mechanisms(s, out);
}

/* --- dispatch ----------------------------------------------------------------- */

static enum run
bad(struct imap *s, const char *text)
{
    s->run.text = text;
    return RUN_BAD;
}

static enum run
no(struct imap *s, const char *code, const char *text)
{
    s->run.code = code;
    s->run.text = text;
    return RUN_NO;
}

/* command = tag SP (command-any / command-auth / command-nonauth /
 *           command-select) CRLF, the last one perhaps behind "UID" SP
 *                                                  RFC 3501 section 9 */
static bool
take_command(struct imap *s, struct cursor *c, struct span *name)
{
    struct span tag;

    if (!imap_take_tag(c, &tag) || !take(c, ' '))
        return false;
    s->run.tag = arena_copy(&s->run.arena, tag);
    if (!imap_take_atom(c, name))
        return false;
    if (!span_is_nocase(*name, "UID"))
        return true;
    s->run.uid = true;
    return take(c, ' ') && imap_take_atom(c, name);
}

static enum run
run_row(struct imap *s, struct cursor *c, struct error *e)
{
    const struct imap_row *row = s->run.row;

    if ((row->legal_in & s->state) == 0)
        return bad(s, s->state == IMAP_FRESH ? "Log in first"
                                             : "Not in this state");
    if ((row->flags & ROW_CLEAR_ONLY) != 0 && conn_is_tls(s->conn))
        return bad(s, "TLS is active already");
    if ((row->flags & ROW_SECRET) != 0 && !may_log_in(s))
        return no(s, "PRIVACYREQUIRED", "Use STARTTLS first");
    return row->run(s, c, e);
}

/* The text of an APPEND is overwritten while its message comes in. */
static struct span
text_to_parse(struct imap *s, const struct imap_row *row)
{
    struct span text = buf_span(&s->input.text);

    if (row != NULL && (row->flags & ROW_APPENDS) != 0)
        return arena_copy(&s->run.arena, text);
    return text;
}

enum run
imap_dispatch(struct imap *s, struct error *e)
{
    struct cursor c = cursor_on(buf_span(&s->input.text));
    const char *start = c.at;
    struct span text;
    struct span name;
    enum run r;

    if (!take_command(s, &c, &name)) {
        s->run.want = c.want;
        return RUN_BAD;
    }
    s->run.row = imap_row_named(name);
    if (s->run.row == NULL ||
        (s->run.uid && (s->run.row->flags & ROW_UID) == 0)) {
        s->run.row = NULL;
        return bad(s, "Unknown command");
    }
    text = text_to_parse(s, s->run.row);
    c = cursor_on(span_after(text, (size_t)(c.at - start)));
    r = run_row(s, &c, e);
    if (r == RUN_BAD && s->run.want == NULL)
        s->run.want = c.want;
    return r;
}
