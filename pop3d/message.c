/*
 *  RETR, TOP --> store_message --> opened(): "+OK", more = send_piece
 *
 *  send_piece:  file --> pop3_top_take --> dot_encode --> out
 *               called again when the output has drained, until the end
 */
#include "pop3d/message.h"

#include "base/fs.h"
#include "pop3d/commands.h"
#include "pop3d/events.h"
#include "pop3d/limits.h"

#include <inttypes.h>
#include <unistd.h>

void
pop3_message_close(struct pop3 *s)
{
    if (s->reader.fd != -1)
        close(s->reader.fd);
    s->reader = (struct pop3_reader){ .fd = -1 };
}

/* The next octets of the file; false where it ends too early or cannot be
 * read. */
static bool
read_piece(struct pop3_reader *r, char *to, struct span *out)
{
    uint64_t left = r->size - r->at;
    size_t n = left < POP3_READ_SIZE ? (size_t)left : POP3_READ_SIZE;
    struct error e;
    size_t got;

    if (!fs_read_at(r->fd, r->at, to, n, &got, &e) || got < n)
        return false;
    r->at += n;
    *out = span_from(to, n);
    return true;
}

static void
finish(struct pop3 *s, struct buf *out)
{
    dot_finish(&s->reader.dot, out);
    if (!s->reader.is_top) {
        s->reader.message->marks |= POP3_READ;
        s->retrieved++;
    }
    pop3_message_close(s);
}

/* What was promised cannot be kept: without its "." the client takes nothing of
 * it for a message. */
static bool
give_up(struct pop3 *s)
{
    pop3_event_read_failed(s, s->reader.message->uid);
    pop3_message_close(s);
    s->closing = true;
    return false;
}

static bool
send_piece(struct pop3 *s, struct buf *out)
{
    struct pop3_reader *r = &s->reader;
    char bytes[POP3_READ_SIZE];
    struct span piece;

    if (!read_piece(r, bytes, &piece))
        return give_up(s);
    if (r->is_top)
        piece.n = pop3_top_take(&r->top, piece);
    dot_encode(&r->dot, piece, out);
    if (r->at < r->size && !r->top.ended)
        return true;
    finish(s, out);
    return false;
}

static void
opened(void *arg, int fd, uint64_t size, const struct error *e)
{
    struct pop3 *s = arg;

    if (e != NULL) {
        pop3_event_store_failed(s, "message", e);
        pop3_message_close(s);
        pop3_resume(s, pop3_reply_for(e));
        return;
    }
    s->reader.fd = fd;
    s->reader.size = size;
    s->more = send_piece;
    pop3_resume(s, s->reader.is_top
                       ? pop3_say_ok(&s->command, "Top of message follows")
                       : pop3_say_ok(&s->command, "%" PRIu64 " octets", size));
}

static const struct pop3_reply *
begin(struct pop3 *s, struct pop3_message *m)
{
    s->reader.message = m;
    store_message(s->store, m->uid, opened, s);
    return pop3_wait(s);
}

/* RETR msg                                      RFC 1939 section 5 */
const struct pop3_reply *
pop3_run_retr(struct pop3 *s, struct cursor *c)
{
    struct pop3_message *m;
    enum pop3_found found = pop3_take_message(&s->drop, c, &m);

    if (found != POP3_FOUND)
        return pop3_not_found(found);
    if (!take_spaces(c) || !take_end(c))
        return pop3_say(SAY_BAD_SYNTAX);
    return begin(s, m);
}

/* TOP msg n                                     RFC 1939 section 7 */
const struct pop3_reply *
pop3_run_top(struct pop3 *s, struct cursor *c)
{
    struct pop3_message *m;
    enum pop3_found found = pop3_take_message(&s->drop, c, &m);
    uint32_t lines;

    if (found != POP3_FOUND)
        return pop3_not_found(found);
    if (!take(c, ' ') || !take_number(c, &lines) || !take_spaces(c) ||
        !take_end(c))
        return pop3_say(SAY_BAD_SYNTAX);
    s->reader.is_top = true;
    s->reader.top = (struct pop3_top){ .lines = lines };
    return begin(s, m);
}
