#include "imapd-lite/command.h"
#include "imapd-lite/limits.h"

#define DONE_MAX 128 /* octets of a line that may be "DONE" */

/*
 * Tell what there is, then look whether the client wants to end. news.c wakes
 * us; waking costs nothing while the client takes no output.
 */
static enum run
idle_on(struct imap *s, struct error *e)
{
    struct span line;
    bool more = s->view != NULL;

    (void)e;
    while (more) {
        if (imap_is_full(s))
            return imap_wait(s, IMAP_FOR_DRAIN, idle_on);
        more = !imap_view_report(s->view, REPORT_EXPUNGE, &s->out);
        imap_flush(s);
    }
    switch (imap_take_line(s, DONE_MAX, &line)) {
    case LINE_MORE:
        return imap_wait(s, IMAP_FOR_INPUT, idle_on);
    case LINE_OK:
        s->idling = false;
        if (span_is_nocase(line, "DONE"))
            return RUN_OK;
        break;
    case LINE_TOO_LONG:
    case LINE_BARE:
        s->idling = false;
        break;
    }
    s->run.text = "IDLE ends with DONE";
    return RUN_BAD;
}

/*
 * idle = "IDLE" CRLF "DONE"                        RFC 2177 section 4
 *
 * The limit of section 3, half an hour, is the session's idle limit: nothing
 * that we say counts as the client's activity.
 */
enum run
imap_cmd_idle(struct imap *s, struct cursor *c, struct error *e)
{
    if (!take_end(c))
        return RUN_BAD;
    conn_text(s->conn, "+ Idling\r\n");
    s->idling = true;
    return idle_on(s, e);
}
