/* Requests about new messages. */
#include "base/mem.h"
#include "mail/flags.h"
#include "mailstore/session.h"

#include <stdlib.h>

/* What a file's time can hold (ext4, xfs): so that the date survives there. */
#define DATE_FIRST INT64_C(-2147483648)
#define DATE_LAST  INT64_C(15032385535)

static struct span
key_of(const uint32_t *number)
{
    return span_from(number, sizeof *number);
}

/* Freed at once, or when what is being begun has begun. */
void
slot_end(struct slot *s)
{
    if (!s->alive)
        return;
    s->alive = false;
    map_remove(s->line->slots, key_of(&s->number));
    if (s->delivery == NULL)
        return;
    deliver_abort(&s->delivery);
    free(s);
}

struct beginning {
    struct reply *reply;
    struct slot *slot;
};

static void
begun(void *arg, struct delivery *d, int fd, const struct error *e)
{
    struct beginning *b = arg;
    struct reply *r = b->reply;
    struct slot *s = b->slot;
    struct buf nothing = { 0 };

    free(b);
    if (e != NULL || !s->alive) {
        deliver_abort(&d);
        if (s->alive)
            map_remove(s->line->slots, key_of(&s->number));
        free(s);
        if (e != NULL)
            reply_failed(r, e);
        else
            reply_invalid(r, "it was given up");
        return;
    }
    s->delivery = d;
    reply_done_fd(r, &nothing, fd);
}

static void
begin(struct reply *r, uint32_t number, uint64_t size, struct folder *to)
{
    struct slot *s = mem_take(sizeof *s);
    struct beginning *b = mem_take(sizeof *b);

    s->line = r->line;
    s->number = number;
    s->session = r->session != NULL ? r->session->number : 0;
    s->alive = true;
    map_put(r->line->slots, key_of(&s->number), s);
    *b = (struct beginning){ r, s };
    deliver_begin(r->line->core, size, to, begun, b);
}

static bool
may_begin(struct reply *r, uint32_t number)
{
    struct error e;

    if (number == 0 || map_get(r->line->slots, key_of(&number)) != NULL) {
        reply_invalid(r, "number of a delivery");
        return false;
    }
    if (map_count(r->line->slots) >= STORE_DELIVERIES_MAX) {
        fail(&e, FAIL_BUSY, "too many deliveries");
        reply_failed(r, &e);
        return false;
    }
    return true;
}

void
request_delivery_begin(struct reply *r, struct span body)
{
    struct wire_delivery_begin x;

    if (!wire_get_delivery_begin(&body, &x))
        reply_invalid(r, "delivery_begin");
    else if (may_begin(r, x.delivery))
        begin(r, x.delivery, x.size, NULL);
}

void
request_append_begin(struct reply *r, struct span body)
{
    struct wire_append_begin x;
    struct folder *to;
    struct error e;

    if (!wire_get_append_begin(&body, &x)) {
        reply_invalid(r, "append_begin");
        return;
    }
    if (!reply_take_session(r, x.session) || !reply_check_name(r, x.mailbox) ||
        !may_begin(r, x.delivery))
        return;
    if (folder_use(r->session->home, x.mailbox, &to, &e))
        begin(r, x.delivery, x.size, to);
    else
        reply_failed(r, &e);
}

/* --- commit ----------------------------------------------------------------------------- */

void
reply_committed(void *arg, uint32_t uid_validity, uint32_t uid,
                const struct error *e)
{
    struct reply *r = arg;
    struct wire_committed x = { .uid_validity = uid_validity, .uid = uid };
    struct buf body = { 0 };

    if (e != NULL) {
        reply_failed(r, e);
        return;
    }
    wire_put_committed(&body, &x);
    reply_done(r, &body);
    buf_free(&body);
}

static bool
is_good(const struct wire_commit *x, const struct core *c)
{
    uint64_t largest = c->options->message_size;

    for (size_t i = 0; i < x->flags.keyword_count; i++)
        if (!mail_keyword_is_valid(x->flags.keywords[i]))
            return false;
    return x->summary.n <= STORE_SUMMARY_MAX &&
           x->recipient_count <= STORE_RECIPIENTS_MAX &&
           (x->session == 0) == (x->recipient_count > 0) &&
           (largest == 0 || x->size <= largest);
}

int64_t
request_bounded_date(int64_t date)
{
    if (date < DATE_FIRST)
        return DATE_FIRST;
    return date > DATE_LAST ? DATE_LAST : date;
}

/* What the journal says of it. */
static void
describe(const struct reply *r, const struct wire_commit *x, struct buf *who,
         struct history_note *n)
{
    n->detail = x->tls;
    n->message_id = x->message_id;
    if (r->session != NULL) {
        n->kind = HISTORY_APPENDED;
        n->who = span_of(r->session->who);
        return;
    }
    n->kind = HISTORY_RECEIVED;
    buf_printf(who, "%s %.*s %.*s", server_service_name(r->line->service),
               SPAN(x->session_id), SPAN(x->peer));
    n->who = buf_span(who);
}

static void
commit(struct reply *r, const struct wire_commit *x, struct delivery *d)
{
    struct store_recipient *recipients =
        mem_take_array(x->recipient_count, sizeof *recipients);
    struct span rest = x->recipients;
    struct deliver_new n = { .size = x->size,
                             .date = request_bounded_date(x->date),
                             .flags = x->flags.flags,
                             .keywords = x->flags.keywords,
                             .keyword_count = x->flags.keyword_count,
                             .summary = x->summary,
                             .session = x->session_id,
                             .recipients = recipients };
    struct buf who = { 0 };

    while (n.recipient_count < x->recipient_count &&
           wire_next_recipient(&rest, &recipients[n.recipient_count]))
        n.recipient_count++;
    describe(r, x, &who, &n.note);
    deliver_commit(d, &n, reply_committed, r);
    buf_free(&who);
    free(recipients);
}

struct delivery *
slot_take(struct reply *r, uint32_t session, uint32_t number)
{
    struct slot *s = map_get(r->line->slots, key_of(&number));
    struct delivery *d;

    if (s == NULL || s->session != session || s->delivery == NULL) {
        reply_invalid(r, "no such delivery");
        return NULL;
    }
    d = s->delivery;
    map_remove(r->line->slots, key_of(&s->number));
    free(s);
    return d;
}

void
request_commit(struct reply *r, struct span body)
{
    struct wire_commit x;
    struct delivery *d;

    if (!wire_get_commit(&body, &x)) {
        reply_invalid(r, "commit");
        return;
    }
    if (x.session != 0 && !reply_take_session(r, x.session))
        return;
    d = slot_take(r, x.session, x.delivery);
    if (d == NULL)
        return;
    if (!is_good(&x, r->line->core)) {
        deliver_abort(&d);
        reply_invalid(r, "commit");
        return;
    }
    commit(r, &x, d);
}

void
request_abort(struct reply *r, struct span body)
{
    struct wire_abort x;
    struct slot *s;

    if (!wire_get_abort(&body, &x)) {
        reply_invalid(r, "abort");
        return;
    }
    s = map_get(r->line->slots, key_of(&x.delivery));
    if (s != NULL && s->session == x.session)
        slot_end(s);
    reply_done(r, NULL);
}
