/* The mailstored half of fake.h, which includes it. */
#ifndef TESTS_IMAPD_LITE_FAKE_STORE_H
#define TESTS_IMAPD_LITE_FAKE_STORE_H

/* --- mailboxes in memory --------------------------------------------------- */

static struct fake_box *
fake_box(struct span name)
{
    for (size_t i = 0; i < FAKE_BOXES_MAX; i++)
        if (name.n > 0 && span_is(name, fake.boxes[i].name))
            return &fake.boxes[i];
    return NULL;
}

static struct fake_box *
fake_named(const char *name)
{
    return fake_box(span_of(name));
}

static void
fake_set_name(char *to, struct span name)
{
    snprintf(to, FAKE_NAME_MAX, "%.*s", SPAN(name));
}

/* NULL: there are too many. */
static struct fake_box *
fake_make(struct span name, uint32_t flags)
{
    static const struct fake_box empty;
    uint32_t last = 999;
    struct fake_box *b = NULL;

    for (size_t i = 0; i < FAKE_BOXES_MAX; i++) {
        if (fake.boxes[i].name[0] == '\0' && b == NULL)
            b = &fake.boxes[i];
        if (fake.boxes[i].uid_validity > last)
            last = fake.boxes[i].uid_validity;
    }
    if (b == NULL)
        return NULL;
    *b = empty;
    fake_set_name(b->name, name);
    b->flags = flags;
    b->uid_validity = last + 1;
    b->uid_next = 1;
    return b;
}

static void
fake_free_message(struct fake_message *m)
{
    buf_free(&m->text);
    buf_free(&m->summary);
    *m = (struct fake_message){ 0 };
}

static void
fake_unmake(struct fake_box *b)
{
    for (size_t i = 0; i < b->count; i++)
        fake_free_message(&b->messages[i]);
    b->count = 0;
    b->name[0] = '\0';
}

static bool
fake_is_open(const struct fake_box *b)
{
    return fake.open != NULL && fake.open == b;
}

/* The bit of a keyword, made where it is new; 64: there are too many. */
static unsigned
fake_keyword(struct fake_box *b, const char *name)
{
    for (unsigned i = 0; i < b->keyword_count; i++)
        if (span_is_nocase(span_of(name), b->keywords[i]))
            return i;
    if (b->keyword_count == FAKE_KEYWORDS_MAX)
        return 64;
    snprintf(b->keyword_names[b->keyword_count], 80, "%s", name);
    b->keywords[b->keyword_count] = b->keyword_names[b->keyword_count];
    b->keyword_count++;
    if (fake_is_open(b)) {
        fake.view.keywords = b->keywords;
        fake.view.keyword_count = b->keyword_count;
        fake.view.keywords_full = b->keyword_count == FAKE_KEYWORDS_MAX;
    }
    return (unsigned)b->keyword_count - 1;
}

/* A new message at the end. NULL: the mailbox is full. */
static struct fake_message *
fake_add(struct fake_box *b, struct span text, uint16_t flags, int64_t date)
{
    struct fake_message *m;

    if (b->count == FAKE_MESSAGES_MAX)
        return NULL;
    m = &b->messages[b->count++];
    *m = (struct fake_message){ 0 }; /* it may have moved from here */
    m->row = (struct store_row){ .uid = b->uid_next++,
                                 .flags = flags | MAIL_RECENT,
                                 .date = date,
                                 .size = text.n };
    buf_put(&m->text, text);
    return m;
}

static void
fake_push_added(struct fake_box *b, const struct fake_message *m)
{
    if (fake_is_open(b))
        fake.calls->added(fake.calls_arg, &m->row, 1);
}

static void
fake_push_flagged(struct fake_box *b, const struct fake_message *m)
{
    struct store_row row = m->row;

    if (!fake_is_open(b))
        return;
    row.flags &= (uint16_t) ~(unsigned)MAIL_RECENT;
    for (size_t i = 0; i < fake.view.count; i++) {
        struct store_row *mine = &fake.view.rows[i];

        if (mine->uid == row.uid) {
            mine->flags = row.flags | (mine->flags & MAIL_RECENT);
            mine->keywords = row.keywords;
        }
    }
    fake.calls->flagged(fake.calls_arg, &row, 1);
}

/* Expunge those of the set that are there, and say so. */
static void
fake_remove(struct fake_box *b, const struct numset *uids, bool only_deleted)
{
    struct numset gone = { 0 };
    size_t kept = 0;

    for (size_t i = 0; i < b->count; i++) {
        struct fake_message *m = &b->messages[i];

        if (numset_has(uids, m->row.uid) &&
            (!only_deleted || (m->row.flags & MAIL_DELETED) != 0)) {
            numset_add(&gone, m->row.uid, m->row.uid);
            fake_free_message(m);
        } else {
            b->messages[kept++] = *m;
        }
    }
    b->count = kept;
    if (gone.n > 0 && fake_is_open(b))
        fake.calls->expunged(fake.calls_arg, &gone);
    numset_free(&gone);
}

/* --- what somebody else does ------------------------------------------------ */

__attribute__((unused)) static void
fake_deliver(const char *box, const char *text)
{
    struct fake_box *b = fake_named(box);

    fake_push_added(b, fake_add(b, span_of(text), 0, 1795255200));
}

__attribute__((unused)) static void
fake_expunge(const char *box, uint32_t uid)
{
    struct numset uids = { 0 };

    numset_add(&uids, uid, uid);
    fake_remove(fake_named(box), &uids, false);
    numset_free(&uids);
}

__attribute__((unused)) static void
fake_flag(const char *box, uint32_t uid, uint16_t flags)
{
    struct fake_box *b = fake_named(box);

    for (size_t i = 0; i < b->count; i++) {
        if (b->messages[i].row.uid != uid)
            continue;
        b->messages[i].row.flags = flags;
        fake_push_flagged(b, &b->messages[i]);
    }
}

/* --- beginning and end -------------------------------------------------------- */

static void
fake_close_view(void)
{
    free(fake.view.rows);
    fake.view = (struct store_view){ 0 };
    fake.open = NULL;
}

static void
fake_end(void)
{
    fake_close_view();
    for (size_t i = 0; i < FAKE_BOXES_MAX; i++)
        fake_unmake(&fake.boxes[i]);
    numset_free(&fake.ask.uids);
    buf_free(&fake.ask.summary);
    if (fake.delivering)
        close(fake.delivery.fd);
    memset(&fake, 0, sizeof fake);
}

static void
fake_reset(unsigned mails)
{
    char text[200];

    fake_end();
    fake_make(span_of("INBOX"), STORE_SUBSCRIBED);
    fake_make(span_of("Archive"), STORE_SUBSCRIBED | STORE_ARCHIVE);
    fake_make(span_of("Drafts"), STORE_SUBSCRIBED | STORE_DRAFTS);
    fake_make(span_of("Junk"), STORE_SUBSCRIBED | STORE_JUNK);
    fake_make(span_of("Sent"), STORE_SUBSCRIBED | STORE_SENT);
    fake_make(span_of("Trash"), STORE_SUBSCRIBED | STORE_TRASH);
    for (unsigned i = 1; i <= mails; i++) {
        snprintf(text, sizeof text,
                 "From: Carl <carl@client.example>\r\n"
                 "Subject: message %u\r\n\r\nline 1\r\n"
                 ".line 2 starts with a dot\r\nline 3\r\n",
                 i);
        fake_deliver("INBOX", text);
    }
}

/* --- requests --------------------------------------------------------------------- */

/* Does the request fail, as the test wants it? */
static const struct error *
fake_failure(struct error *e)
{
    *e = (struct error){ fake.fail_next, "as the test wants it" };
    fake.fail_next = 0;
    return e->kind == 0 ? NULL : e;
}

static const struct error *
fake_fails(struct error *e, enum fail kind)
{
    *e = (struct error){ kind, "fake" };
    return e;
}

static void
fake_ask(fake_due_fn *due, void *arg)
{
    if (fake.ask.due != NULL)
        abort(); /* one request at a time */
    fake.ask.due = due;
    fake.ask.arg = arg;
}

static void
fake_keep_uids(const struct numset *uids)
{
    numset_clear(&fake.ask.uids);
    numset_add_set(&fake.ask.uids, uids);
}

static void
fake_just_done(void)
{
    struct error e;

    fake.ask.done(fake.ask.arg, fake_failure(&e));
}

struct store_session *
store_login(struct store *s, struct span ticket, const char *session_id,
            const char *peer, store_done_fn *done, void *arg)
{
    (void)s;
    (void)session_id;
    (void)peer;
    if (!span_is(ticket, "ticket") || fake.is_in)
        abort();
    fake.is_in = true;
    fake_ask(fake_just_done, arg);
    fake.ask.done = done;
    return &fake.session;
}

unsigned
store_fullness(const struct store_session *x)
{
    (void)x;
    return fake.fullness;
}

void
store_logout(struct store_session **x)
{
    if (*x == NULL)
        return;
    fake.is_in = false;
    fake.ask.due = NULL;
    fake_close_view();
    *x = NULL;
}

#include "tests/imapd-lite/fake_mailboxes.h"

#include "tests/imapd-lite/fake_messages.h"

#endif
