/* The part of fake_store.h that deals with messages. */
#ifndef TESTS_IMAPD_LITE_FAKE_MESSAGES_H
#define TESTS_IMAPD_LITE_FAKE_MESSAGES_H

/* --- an open mailbox ---------------------------------------------------------- */

static void
fake_fill_view(struct fake_box *b, bool examine)
{
    fake.open = b;
    fake.view = (struct store_view){ .rows = calloc(b->count + 1,
                                                    sizeof *fake.view.rows),
                                     .count = b->count,
                                     .uid_validity = b->uid_validity,
                                     .uid_next = b->uid_next,
                                     .read_only = examine,
                                     .keywords = b->keywords,
                                     .keyword_count = b->keyword_count };
    for (size_t i = 0; i < b->count; i++) {
        const struct store_row *row = &b->messages[i].row;

        fake.view.rows[i] = *row;
        fake.view.recent += (row->flags & MAIL_RECENT) != 0;
        if (fake.view.first_unseen == 0 && (row->flags & MAIL_SEEN) == 0)
            fake.view.first_unseen = (uint32_t)i + 1;
        if (!examine)
            b->messages[i].row.flags &= (uint16_t) ~(unsigned)MAIL_RECENT;
    }
}

static void
fake_opened_due(void)
{
    struct fake_box *b = fake_selectable(span_of(fake.ask.name));
    const struct error *why;
    struct error e;

    why = b == NULL ? fake_fails(&e, FAIL_NOT_FOUND) : fake_failure(&e);
    if (why != NULL) {
        fake.ask.opened(fake.ask.arg, NULL, why);
        return;
    }
    fake_close_view();
    fake_fill_view(b, (fake.ask.how & STORE_EXAMINE) != 0);
    fake.ask.opened(fake.ask.arg, &fake.view, NULL);
}

void
store_open(struct store_session *x, struct span name, unsigned how,
           const struct store_view_calls *calls, store_opened_fn *fn, void *arg)
{
    (void)x;
    fake_close_view();
    fake_ask(fake_opened_due, arg);
    fake_set_name(fake.ask.name, name);
    fake.ask.how = how;
    fake.ask.opened = fn;
    fake.calls = calls;
    fake.calls_arg = arg;
}

void
store_close(struct store_session *x)
{
    (void)x;
    fake_close_view();
}

/* --- reading --------------------------------------------------------------------- */

static void
fake_summaries_due(void)
{
    struct error e;

    for (size_t i = 0; fake.open != NULL && i < fake.open->count; i++) {
        const struct fake_message *m = &fake.open->messages[i];

        if (numset_has(&fake.ask.uids, m->row.uid))
            fake.ask.summary_row(fake.ask.arg, m->row.uid,
                                 buf_span(&m->summary));
    }
    fake.ask.done(fake.ask.arg, fake_failure(&e));
}

void
store_summaries(struct store_session *x, const struct numset *uids,
                store_summary_fn *row, store_done_fn *done, void *arg)
{
    (void)x;
    fake_ask(fake_summaries_due, arg);
    fake_keep_uids(uids);
    fake.ask.summary_row = row;
    fake.ask.done = done;
}

static struct fake_message *
fake_find(uint32_t uid)
{
    for (size_t i = 0; fake.open != NULL && i < fake.open->count; i++)
        if (fake.open->messages[i].row.uid == uid)
            return &fake.open->messages[i];
    return NULL;
}

void
store_put_summaries(struct store_session *x, const struct store_summary *all,
                    size_t count)
{
    (void)x;
    for (size_t i = 0; i < count; i++) {
        struct fake_message *m = fake_find(all[i].uid);

        if (m == NULL)
            continue;
        buf_clear(&m->summary);
        buf_put(&m->summary, all[i].blob);
    }
}

static void
fake_message_due(void)
{
    struct fake_message *m = fake_find(fake.ask.how);
    const struct error *why;
    struct error e;
    int fd;

    why = m == NULL ? fake_fails(&e, FAIL_NOT_FOUND) : fake_failure(&e);
    if (why != NULL) {
        fake.ask.message(fake.ask.arg, -1, 0, why);
        return;
    }
    fd = memfd_create("message", MFD_CLOEXEC);
    if (m->text.n > 0 && write(fd, m->text.p, m->text.n) != (ssize_t)m->text.n)
        abort();
    fake.ask.message(fake.ask.arg, fd,
                     fake.promised != 0 ? fake.promised : m->text.n, NULL);
}

void
store_message(struct store_session *x, uint32_t uid, store_message_fn *fn,
              void *arg)
{
    (void)x;
    fake_ask(fake_message_due, arg);
    fake.ask.how = uid;
    fake.ask.message = fn;
}

/* Small ones, one behind the other. */
static int
fake_bundle(struct store_bundled all[STORE_BUNDLE_MAX], size_t *count)
{
    int fd = memfd_create("messages", MFD_CLOEXEC);

    *count = 0;
    for (size_t i = 0; fake.open != NULL && i < fake.open->count; i++) {
        const struct fake_message *m = &fake.open->messages[i];

        if (!numset_has(&fake.ask.uids, m->row.uid) ||
            m->row.uid == fake.unbundled || *count == STORE_BUNDLE_MAX ||
            m->text.n > STORE_BUNDLED_MAX)
            continue;
        all[(*count)++] =
            (struct store_bundled){ m->row.uid, (uint32_t)m->text.n };
        if (m->text.n > 0 &&
            write(fd, m->text.p, m->text.n) != (ssize_t)m->text.n)
            abort();
    }
    return fd;
}

static void
fake_messages_due(void)
{
    struct store_bundled all[STORE_BUNDLE_MAX];
    struct error e;
    const struct error *why = fake_failure(&e);
    size_t count = 0;
    int fd = why == NULL ? fake_bundle(all, &count) : -1;

    fake.bundles++;
    fake.ask.bundle(fake.ask.arg, fd, all, count, why);
}

void
store_messages(struct store_session *x, const struct numset *uids,
               store_bundle_fn *fn, void *arg)
{
    (void)x;
    fake_ask(fake_messages_due, arg);
    fake_keep_uids(uids);
    fake.ask.bundle = fn;
}

/* --- changing ---------------------------------------------------------------------- */

static void
fake_set_flags_of(struct fake_message *m, uint64_t keywords)
{
    uint16_t recent = m->row.flags & MAIL_RECENT;
    uint16_t flags = fake.ask.flags;

    switch ((enum store_flag_mode)fake.ask.how) {
    case STORE_FLAGS_SET:
        m->row.flags = flags | recent;
        m->row.keywords = keywords;
        break;
    case STORE_FLAGS_ADD:
        m->row.flags |= flags;
        m->row.keywords |= keywords;
        break;
    case STORE_FLAGS_REMOVE:
        m->row.flags &= (uint16_t)~flags;
        m->row.keywords &= ~keywords;
        break;
    }
}

static bool
fake_asked_keywords(struct fake_box *b, uint64_t *bits)
{
    *bits = 0;
    for (size_t i = 0; i < fake.ask.keyword_count; i++) {
        unsigned bit = fake_keyword(b, fake.ask.keywords[i]);

        if (bit == 64)
            return false;
        *bits |= (uint64_t)1 << bit;
    }
    return true;
}

static void
fake_flagged_due(void)
{
    struct numset none = { 0 };
    const struct error *why;
    uint64_t keywords = 0;
    struct error e;

    why = fake.open == NULL ? fake_fails(&e, FAIL_NOT_FOUND) : fake_failure(&e);
    if (why == NULL && !fake_asked_keywords(fake.open, &keywords))
        why = fake_fails(&e, FAIL_LIMIT);
    for (size_t i = 0; why == NULL && i < fake.open->count; i++) {
        struct fake_message *m = &fake.open->messages[i];
        struct store_row before = m->row;

        if (!numset_has(&fake.ask.uids, m->row.uid))
            continue;
        fake_set_flags_of(m, keywords);
        if (before.flags != m->row.flags || before.keywords != m->row.keywords)
            fake_push_flagged(fake.open, m);
    }
    fake.ask.flagged(fake.ask.arg, &none, why);
}

static void
fake_keep_flags(const struct store_flags *f)
{
    fake.ask.flags = f->flags;
    fake.ask.keyword_count = 0;
    for (size_t i = 0;
         i < f->keyword_count && fake.ask.keyword_count < FAKE_KEYWORDS_MAX * 2;
         i++)
        snprintf(fake.ask.keywords[fake.ask.keyword_count++], 80, "%.*s",
                 SPAN(f->keywords[i]));
}

void
store_set_flags(struct store_session *x, const struct numset *uids,
                enum store_flag_mode mode, const struct store_flags *f,
                uint64_t unchanged_since, store_flagged_fn *fn, void *arg)
{
    (void)x;
    (void)unchanged_since;
    fake_ask(fake_flagged_due, arg);
    fake_keep_uids(uids);
    fake_keep_flags(f);
    fake.ask.how = mode;
    fake.ask.flagged = fn;
}

static void
fake_expunged_due(void)
{
    struct error e;

    if (fake.open != NULL)
        fake_remove(fake.open, &fake.ask.uids, fake.ask.yes);
    fake.ask.done(fake.ask.arg, fake_failure(&e));
}

void
store_expunge(struct store_session *x, const struct numset *uids,
              bool only_deleted, store_done_fn *done, void *arg)
{
    (void)x;
    fake_ask(fake_expunged_due, arg);
    fake_keep_uids(uids);
    fake.ask.yes = only_deleted;
    fake.ask.done = done;
}

/* --- copies ------------------------------------------------------------------------- */

static void
fake_copy_message(struct fake_box *to, const struct fake_message *m,
                  struct numset *from_uids, struct numset *to_uids)
{
    uint16_t flags = m->row.flags & (uint16_t) ~(unsigned)MAIL_RECENT;
    struct fake_message *copy =
        fake_add(to, buf_span(&m->text), flags, m->row.date);

    if (copy == NULL)
        return;
    for (unsigned i = 0; i < FAKE_KEYWORDS_MAX; i++)
        if ((m->row.keywords >> i & 1) != 0)
            copy->row.keywords |= (uint64_t)1
                                  << fake_keyword(to, fake.open->keywords[i]);
    numset_add(from_uids, m->row.uid, m->row.uid);
    numset_add(to_uids, copy->row.uid, copy->row.uid);
    fake_push_added(to, copy);
}

static void
fake_copied_due(void)
{
    struct fake_box *to = fake_selectable(span_of(fake.ask.name));
    struct numset from_uids = { 0 };
    struct numset to_uids = { 0 };
    const struct error *why;
    struct error e;
    size_t count;

    why = to == NULL || fake.open == NULL ? fake_fails(&e, FAIL_NOT_FOUND)
                                          : fake_failure(&e);
    if (why != NULL) {
        fake.ask.copied(fake.ask.arg, NULL, why);
        return;
    }
    count = fake.open->count; /* it may grow itself */
    for (size_t i = 0; i < count; i++)
        if (numset_has(&fake.ask.uids, fake.open->messages[i].row.uid))
            fake_copy_message(to, &fake.open->messages[i], &from_uids,
                              &to_uids);
    if (fake.ask.yes)
        fake_remove(fake.open, &from_uids, false);
    fake.ask.copied(
        fake.ask.arg,
        &(struct store_copied){ to->uid_validity, &from_uids, &to_uids }, NULL);
    numset_free(&from_uids);
    numset_free(&to_uids);
}

void
store_copy(struct store_session *x, const struct numset *uids, struct span to,
           bool move, store_copied_fn *fn, void *arg)
{
    (void)x;
    fake_ask(fake_copied_due, arg);
    fake_keep_uids(uids);
    fake_set_name(fake.ask.name, to);
    fake.ask.yes = move;
    fake.ask.copied = fn;
}

/* --- APPEND ------------------------------------------------------------------------- */

static void
fake_begun_due(void)
{
    const struct error *why;
    struct error e;

    why = fake_selectable(span_of(fake.ask.name)) == NULL
              ? fake_fails(&e, FAIL_NOT_FOUND)
              : fake_failure(&e);
    fake.ask.begun(fake.ask.arg, why == NULL ? fake.delivery.fd : -1, why);
}

struct store_delivery *
store_append_begin(struct store_session *x, struct span mailbox, uint64_t size,
                   store_begun_fn *fn, void *arg)
{
    (void)x;
    (void)size;
    if (fake.delivering)
        abort();
    fake_ask(fake_begun_due, arg);
    fake_set_name(fake.ask.name, mailbox);
    fake.ask.begun = fn;
    fake.delivering = true;
    fake.delivery.fd = memfd_create("append", MFD_CLOEXEC);
    return &fake.delivery;
}

static void
fake_committed_due(void)
{
    struct fake_box *b = fake_selectable(span_of(fake.ask.name));
    struct fake_message *m = NULL;
    struct buf text = { 0 };
    const struct error *why;
    uint64_t keywords = 0;
    struct error e;

    why = b == NULL ? fake_fails(&e, FAIL_NOT_FOUND) : fake_failure(&e);
    if (why == NULL) {
        size_t n = (size_t)fake.ask.new.size;

        if (pread(fake.delivery.fd, buf_room(&text, n), n, 0) != (ssize_t)n)
            abort();
        text.n = n;
        m = fake_add(b, buf_span(&text), fake.ask.flags, fake.ask.new.date);
    }
    if (m == NULL) {
        fake.ask.committed(fake.ask.arg, 0, 0,
                           why != NULL ? why : fake_fails(&e, FAIL_FULL));
    } else {
        if (fake_asked_keywords(b, &keywords))
            m->row.keywords = keywords;
        buf_put(&m->summary, buf_span(&fake.ask.summary));
        fake_push_added(b, m);
        fake.ask.committed(fake.ask.arg, b->uid_validity, m->row.uid, NULL);
    }
    buf_free(&text);
}

void
store_delivery_commit(struct store_delivery *d, const struct store_new *n,
                      const struct store_recipient *recipients, size_t count,
                      store_committed_fn *fn, void *arg)
{
    (void)d;
    if (recipients != NULL || count != 0)
        abort();
    fake_ask(fake_committed_due, arg);
    fake.ask.new = *n;
    fake_keep_flags(&n->flags);
    buf_clear(&fake.ask.summary);
    buf_put(&fake.ask.summary, n->summary);
    fake.ask.committed = fn;
}

void
store_delivery_abort(struct store_delivery **d)
{
    if (*d == NULL)
        return;
    close(fake.delivery.fd);
    fake.delivering = false;
    if (fake.ask.due == fake_begun_due || fake.ask.due == fake_committed_due)
        fake.ask.due = NULL;
    *d = NULL;
}

#endif
