/* The file `subscriptions`: one mailbox's name a line, sorted. */
#include "base/fs.h"
#include "base/mem.h"
#include "mail/mailbox_name.h"
#include "mailstore/events.h"
#include "mailstore/home.h"

#include <stdlib.h>
#include <string.h>

static size_t
place_of(const struct home *h, struct span mailbox, bool *there)
{
    size_t at = 0;

    *there = false;
    while (at < h->subscription_count) {
        int order = span_cmp(span_of(h->subscriptions[at]), mailbox);

        *there = order == 0;
        if (order >= 0)
            break;
        at++;
    }
    return at;
}

bool
home_is_subscribed(const struct home *h, struct span mailbox)
{
    bool there;

    place_of(h, mailbox, &there);
    return there;
}

bool
home_subscribe(struct home *h, struct span mailbox, bool on)
{
    bool there;
    size_t at = place_of(h, mailbox, &there);
    size_t behind = h->subscription_count - at;

    if (there == on)
        return false;
    if (!on) {
        free(h->subscriptions[at]);
        memmove(&h->subscriptions[at], &h->subscriptions[at + 1],
                (behind - 1) * sizeof *h->subscriptions);
        h->subscription_count--;
        return true;
    }
    h->subscriptions = mem_grow(h->subscriptions, (h->subscription_count + 1) *
                                                      sizeof *h->subscriptions);
    memmove(&h->subscriptions[at + 1], &h->subscriptions[at],
            behind * sizeof *h->subscriptions);
    h->subscriptions[at] = mem_take(mailbox.n + 1);
    memcpy(h->subscriptions[at], mailbox.p, mailbox.n);
    h->subscription_count++;
    return true;
}

void
home_print_subscriptions(const struct home *h, struct buf *out)
{
    for (size_t i = 0; i < h->subscription_count; i++)
        buf_printf(out, "%s\n", h->subscriptions[i]);
}

/* Lines that are no mailbox's name (others' formats) are left out. */
void
home_parse_subscriptions(struct home *h, struct span text)
{
    struct span line;
    struct buf name = { 0 };

    for (size_t i = 0; i < h->subscription_count; i++)
        free(h->subscriptions[i]);
    h->subscription_count = 0;
    while (span_cut(&text, '\n', &line) &&
           h->subscription_count < STORE_MAILBOXES_MAX) {
        if (!mailbox_name_is_valid(line))
            continue;
        buf_clear(&name);
        mailbox_name_canonical(line, &name);
        home_subscribe(h, buf_span(&name), true);
    }
    buf_free(&name);
}

struct save {
    struct pool_job job;
    int root;
    struct buf path, text;
    core_done_fn *fn;
    void *arg;
    bool failed;
    struct error e;
};

static void
run_save(struct pool_job *job)
{
    struct save *s = (struct save *)job;

    s->failed = !fs_replace(s->root, buf_text(&s->path), buf_span(&s->text),
                            0600, &s->e);
}

static void
save_done(struct pool_job *job)
{
    struct save *s = (struct save *)job;

    s->fn(s->arg, s->failed ? &s->e : NULL);
    buf_free(&s->path);
    buf_free(&s->text);
    free(s);
}

void
home_save_subscriptions(struct home *h, core_done_fn *fn, void *arg)
{
    struct save *s = mem_take(sizeof *s);

    *s = (struct save){ .job = { .run = run_save, .done = save_done },
                        .root = h->core->root,
                        .fn = fn,
                        .arg = arg };
    buf_printf(&s->path, "%s/" CONTROL_SUBSCRIPTIONS, h->path);
    home_print_subscriptions(h, &s->text);
    pool_add(h->core->pool, &s->job);
}
