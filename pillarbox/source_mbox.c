#include "pillarbox/source.h"

#include "base/cursor.h"
#include "base/mem.h"
#include "mail/flags.h"

static bool
copy(const struct source *s, const struct source_message *m, mbox_put_fn *put,
     void *arg, struct error *e)
{
    return mbox_copy(&s->mbox, &m->in, put, arg, e);
}

/* The keyword's bit; 0 where there are too many, or it can be none. */
static uint32_t
bit_of(struct source *s, struct span name)
{
    for (int i = 0; i < FOREIGN_KEYWORDS; i++) {
        struct span *known = &s->keywords.names[i];

        if (known->n == 0 && mail_keyword_is_valid(name))
            *known = arena_copy(&s->memory, name);
        if (known->n > 0 && span_eq_nocase(*known, name))
            return UINT32_C(1) << i;
        if (known->n == 0)
            break;
    }
    return 0;
}

static void
take_keywords(struct source *s, struct source_message *m)
{
    struct span names = span_sub(buf_span(&s->mbox.keywords), m->in.keywords,
                                 m->in.keywords_size);
    struct cursor c = cursor_on(names);
    struct span name;

    while (take_spaces(&c) && take_word(&c, &name))
        m->keywords |= bit_of(s, name);
}

static void
take_message(struct source *s, const struct mbox_message *in)
{
    struct source_message *m;

    if (in->is_internal)
        return;
    m = &s->messages[s->count++];
    *m = (struct source_message){ .mark = in->mark,
                                  .date = in->date,
                                  .flags = in->flags,
                                  .is_old = in->is_old,
                                  .in = *in };
    if (s->mbox.uid_validity != 0)
        m->uid = in->uid;
    take_keywords(s, m);
}

bool
source_mbox(int fd, const char *mailbox, struct source *s, struct error *e)
{
    *s = (struct source){ .dir = -1, .mbox.fd = -1, .copy = copy };
    if (!mbox_scan(fd, &s->mbox, e)) {
        s->mbox.fd = fd;
        return false;
    }
    s->mailbox = arena_text(&s->memory, span_of(mailbox));
    s->is_subscribed = true;
    s->messages = mem_take_array(s->mbox.count, sizeof *s->messages);
    for (size_t i = 0; i < s->mbox.count; i++)
        take_message(s, &s->mbox.messages[i]);
    s->uid_validity = s->mbox.uid_validity;
    if (s->uid_validity != 0)
        s->uid_next = s->mbox.uid_last + 1;
    source_sort(s);
    return true;
}
