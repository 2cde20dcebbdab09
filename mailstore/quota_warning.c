#include "mailstore/quota_warning.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "mail/date.h"
#include "mailstore/deliver.h"
#include "mailstore/events.h"
#include "mailstore/quota.h"

#include <stdlib.h>

#define KIB 1024.0
#define MIB (KIB * 1024)

struct warning {
    struct home *home;
    struct buf text;
};

/* --- how full ---------------------------------------------------------------------- */

static unsigned
share(uint64_t used, uint64_t limit)
{
    if (limit == 0)
        return 0;
    return used >= limit ? 100 : (unsigned)((double)used * 100 / (double)limit);
}

unsigned
quota_warning_percent(const struct store_quota *q)
{
    unsigned bytes = share(q->bytes, q->limit_bytes);
    unsigned messages = share(q->messages, q->limit_messages);

    return bytes > messages ? bytes : messages;
}

static bool
is_due(struct home *h, struct store_quota *q)
{
    unsigned wanted = h->core->options->quota_warning;
    struct error e;

    return wanted != 0 && quota_of(h, q, &e) &&
           quota_warning_percent(q) >= wanted;
}

unsigned
quota_warning_now(struct home *h)
{
    struct store_quota q;

    return quota_is_limited(h) && is_due(h, &q) ? quota_warning_percent(&q) : 0;
}

/* --- the message ------------------------------------------------------------------- */

static void
put_size(struct buf *out, uint64_t bytes)
{
    if ((double)bytes >= MIB)
        buf_printf(out, "%.1f MiB", (double)bytes / MIB);
    else
        buf_printf(out, "%.1f KiB", (double)bytes / KIB);
}

static void
put_used(struct buf *out, const struct store_quota *q)
{
    if (q->limit_bytes != 0) {
        buf_put_text(out, "It holds ");
        put_size(out, q->bytes);
        buf_put_text(out, " of ");
        put_size(out, q->limit_bytes);
        buf_put_text(out, ".\r\n");
    }
    if (q->limit_messages != 0)
        buf_printf(out, "It holds %llu of %llu messages.\r\n",
                   (unsigned long long)q->messages,
                   (unsigned long long)q->limit_messages);
}

static struct span
domain_of(struct span user)
{
    size_t at = span_find(user, '@');

    return at < user.n ? span_after(user, at + 1) : user;
}

/* RFC 3834 section 5: nobody answers it by a machine. */
void
quota_warning_print(const struct store_quota *q, int64_t now, struct buf *out)
{
    struct span domain = domain_of(q->user);
    unsigned percent = quota_warning_percent(q);

    buf_put_text(out, "Return-Path: <>\r\n");
    buf_printf(out, "From: Mailbox <postmaster@%.*s>\r\nTo: <%.*s>\r\n",
               SPAN(domain), SPAN(q->user));
    buf_printf(out, "Subject: Your mailbox is %u %% full\r\nDate: ", percent);
    date_print_822(now, out);
    buf_printf(out, "\r\nMessage-ID: <quota.%lld.%u@%.*s>\r\n", (long long)now,
               percent, SPAN(domain));
    buf_put_text(out, "Auto-Submitted: auto-generated\r\n"
                      "MIME-Version: 1.0\r\n"
                      "Content-Type: text/plain; charset=us-ascii\r\n\r\n");
    buf_printf(out, "The mailbox of %.*s is %u %% full.\r\n\r\n", SPAN(q->user),
               percent);
    put_used(out, q);
    buf_put_text(out, "\r\nOnce it is full, new mail is refused. Delete what "
                      "you do not need, and empty\r\nthe trash: what lies "
                      "there counts as well.\r\n");
}

/* --- sending ----------------------------------------------------------------------- */

static void
end(struct warning *w, const struct error *e)
{
    if (e != NULL)
        event_no_warning(span_of(w->home->name), e);
    buf_free(&w->text);
    free(w);
}

static void
delivered(void *arg, uint32_t uid_validity, uint32_t uid, const struct error *e)
{
    (void)uid_validity;
    (void)uid;
    end(arg, e);
}

static void
begun(void *arg, struct delivery *d, int fd, const struct error *e)
{
    struct warning *w = arg;
    struct store_recipient to = { .user = span_of(w->home->name),
                                  .mailbox = span_of("INBOX") };
    struct deliver_new n = { .size = w->text.n,
                             .date = clock_seconds(),
                             .session = span_of("quota"),
                             .recipients = &to,
                             .recipient_count = 1,
                             .note = { .kind = HISTORY_RECEIVED,
                                       .who = span_of("mailstored") } };
    struct error mine;

    if (d == NULL) {
        end(w, e);
    } else if (!fs_write(fd, buf_span(&w->text), &mine)) {
        deliver_abort(&d);
        end(w, &mine);
    } else {
        deliver_commit(d, &n, delivered, w);
    }
}

static void
look(void *arg)
{
    struct home *h = arg;
    struct warning *w;
    struct store_quota q;
    bool due = is_due(h, &q);
    bool news = due && !h->warning.given;

    h->warning.looking = false;
    h->warning.given = due;
    if (!news || h->core->stopping)
        return;
    w = mem_take(sizeof *w);
    w->home = h;
    quota_warning_print(&q, clock_seconds(), &w->text);
    deliver_begin(h->core, w->text.n, NULL, begun, w);
}

void
quota_warning_prepare(struct home *h)
{
    struct store_quota q;

    if (h->warning.prepared)
        return;
    h->warning.prepared = true;
    h->warning.given = is_due(h, &q);
}

void
quota_warning_look(struct home *h)
{
    if (h->warning.looking || !h->warning.prepared)
        return;
    h->warning.looking = true;
    core_defer(h->core, look, h);
}
