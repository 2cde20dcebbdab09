/*
 * APPEND: the message goes from the connection into the store's descriptor, in
 * the pieces in which it comes, and is never in memory as a whole.
 *
 *     head --store_append_begin--> begun() --"+"--> stream() --> finish_line()
 *                   |                                  | failed:     |
 *                   | failed: the literal is refused   | the rest is | commit
 *                   v                                  v swallowed   v
 *               drop() <-------------------------------+        committed()
 *
 * Whatever fails, the message's octets are used up as a literal and never read
 * as commands; then the tagged NO comes.
 */
#include "base/clock.h"
#include "base/fs.h"
#include "imapd-lite/append.h"
#include "imapd-lite/command.h"
#include "imapd-lite/events.h"
#include "imapd-lite/limits.h"
#include "mail/summary.h"

struct append {
    struct imap_append_head head;
    struct imap_append_lines lines;
    struct summary_maker *maker;
    struct buf summary;
    int fd; /* the delivery's */
    uint64_t size;
    size_t tail; /* the text from here is behind the message */
    uint32_t uid_validity, uid;
    struct error error; /* why the rest is being dropped */
};

static void
free_append(void *own)
{
    struct append *a = own;

    summary_abort(&a->maker);
    buf_free(&a->summary);
}

/* --- giving up ------------------------------------------------------------------- */

static struct imap_input_limits
drop_limits(const struct imap *s)
{
    return (struct imap_input_limits){
        .line_max = IMAP_LINE_MAX,
        .literals_max = IMAP_LITERALS_MAX,
        .swallow_max =
            s->shared->settings->limits.message_size + IMAP_LITERALS_MAX,
    };
}

/* Read the refused command to its end, then say why. */
static enum run
drop(struct imap *s, struct error *e)
{
    const struct append *a = s->run.own;
    struct imap_input_limits limits = drop_limits(s);

    switch (imap_input_take(&s->input, s->in, &limits)) {
    case INPUT_MORE:
        return imap_wait(s, IMAP_FOR_INPUT, drop);
    case INPUT_HOPELESS:
        s->run.bye = s->input.refused;
        break;
    case INPUT_COMMAND:
    case INPUT_LITERAL:
        break;
    }
    *e = a->error;
    return RUN_NO;
}

static enum run
give_up(struct imap *s, const struct error *e)
{
    struct append *a = s->run.own;
    struct error unused;

    a->error = *e;
    store_delivery_abort(&s->delivery);
    imap_input_refuse(&s->input, NULL, "refused");
    return drop(s, &unused);
}

static enum run
give_up_with(struct imap *s, const char *code, const char *text)
{
    struct error e;

    (void)fail(&e, FAIL_INVALID, "%s", text);
    s->run.code = code;
    s->run.text = text;
    return give_up(s, &e);
}

/* --- committing ------------------------------------------------------------------ */

static void
store_committed(void *arg, uint32_t uid_validity, uint32_t uid,
                const struct error *e)
{
    struct imap *s = arg;
    struct append *a = s->run.own;

    a->uid_validity = uid_validity;
    a->uid = uid;
    imap_answer(s, e);
}

/* Between begin and commit the mailbox may have gone away. */
static void
say_try_create(struct imap *s, const struct error *e)
{
    if (e->kind != FAIL_NOT_FOUND)
        return;
    s->run.code = "TRYCREATE"; /* RFC 3501 section 6.3.11 */
    s->run.text = "The mailbox does not exist";
}

static enum run
committed(struct imap *s, struct error *e)
{
    const struct append *a = s->run.own;

    store_delivery_abort(&s->delivery);
    if (imap_outcome(s, e) != RUN_OK) {
        say_try_create(s, e);
        return RUN_NO;
    }
    imap_event_append(s, a->size, a->uid);
    s->run.code = arena_printf(&s->run.arena, "APPENDUID %u %u",
                               a->uid_validity, a->uid); /* RFC 4315 sec. 3 */
    return RUN_OK;
}

static enum run
commit(struct imap *s, struct append *a)
{
    summary_finish(&a->maker, &a->summary);
    store_delivery_commit(
        s->delivery,
        &(struct store_new){
            .size = a->size,
            .date = a->head.has_date ? a->head.date : clock_seconds(),
            .flags = a->head.flags,
            .summary = buf_span(&a->summary),
            .session = conn_id(s->conn),
        },
        NULL, 0, store_committed, s);
    return imap_wait(s, IMAP_FOR_ANSWER, committed);
}

/* --- the message ------------------------------------------------------------------ */

/* Behind the literal the command ends: several messages (RFC 3502) are not
 * taken. */
static enum run
finish_line(struct imap *s, struct error *e)
{
    struct append *a = s->run.own;
    struct imap_input_limits limits = drop_limits(s);

    (void)e;
    switch (imap_input_take(&s->input, s->in, &limits)) {
    case INPUT_MORE:
        return imap_wait(s, IMAP_FOR_INPUT, finish_line);
    case INPUT_LITERAL:
        return give_up_with(s, "CANNOT", "One message at a time");
    case INPUT_HOPELESS:
        return give_up_with(s, "CANNOT", "The command does not end");
    case INPUT_COMMAND:
        break;
    }
    if (s->input.text.n == a->tail)
        return commit(s, a);
    store_delivery_abort(&s->delivery);
    s->run.want = "the end of the line";
    return RUN_BAD;
}

static bool
put_bytes(void *arg, struct span bytes)
{
    struct append *a = arg;

    if (!fs_write(a->fd, bytes, &a->error))
        return false;
    summary_feed(a->maker, bytes);
    a->size += bytes.n;
    return true;
}

static enum run
stream(struct imap *s, struct error *e)
{
    struct append *a = s->run.own;
    struct span chunk = imap_input_chunk(&s->input, s->in);

    (void)e;
    if (span_has(chunk, '\0')) /* CHAR8, RFC 3501 section 9 */
        return give_up_with(s, "CANNOT", "The message has a NUL in it");
    if (!imap_append_lines(&a->lines, chunk, put_bytes, a))
        return give_up(s, &a->error);
    if (s->input.left > 0)
        return imap_wait(s, IMAP_FOR_INPUT, stream);
    return finish_line(s, e);
}

static void
store_begun(void *arg, int fd, const struct error *e)
{
    struct imap *s = arg;
    struct append *a = s->run.own;

    a->fd = fd;
    imap_answer(s, e);
}

static enum run
begun(struct imap *s, struct error *e)
{
    struct append *a = s->run.own;

    if (imap_outcome(s, e) != RUN_OK) {
        say_try_create(s, e);
        return give_up(s, e);
    }
    a->maker = summary_begin();
    a->tail = s->input.text.n;
    if (s->input.literal.waits)
        conn_text(s->conn, "+ Send the message\r\n");
    imap_input_stream(&s->input);
    return stream(s, e);
}

/* The dispatcher has found the message's literal announced; without one there
 * is no APPEND. */
enum run
imap_cmd_append(struct imap *s, struct cursor *c, struct error *e)
{
    struct append *a = arena_take(&s->run.arena, sizeof *a);
    uint64_t size = s->input.literal.size;

    if (!imap_take_append_head(c, &s->run.arena, &a->head))
        return RUN_BAD;
    if (s->input.state != INPUT_AT_ANNOUNCED) {
        (void)want(c, "a message as a literal");
        return RUN_BAD;
    }
    s->run.own = a;
    imap_at_end(s, free_append);
    if (size > s->shared->settings->limits.message_size)
        return give_up_with(s, "TOOBIG", "The message is too large");
    if (size == 0)
        return give_up_with(s, "CANNOT", "The message is empty");
    if (!imap_name_is_usable(a->head.mailbox, e))
        return give_up(s, e);
    s->delivery =
        store_append_begin(s->store, a->head.mailbox, size, store_begun, s);
    return imap_wait(s, IMAP_FOR_ANSWER, begun);
}

bool
imap_is_append_literal(struct imap *s)
{
    struct cursor c = cursor_on(buf_span(&s->input.text));
    struct imap_append_head head;
    const struct imap_row *row;
    struct span word;

    if (s->state == IMAP_FRESH || !imap_take_tag(&c, &word) || !take(&c, ' ') ||
        !imap_take_atom(&c, &word))
        return false;
    row = imap_row_named(word);
    if (row == NULL || (row->flags & ROW_APPENDS) == 0 ||
        !imap_take_append_head(&c, &s->run.arena, &head))
        return false;
    return cursor_rest(&c).n == s->input.literal.text + 2;
}
