/* The part of fake_store.h that deals with mailboxes as things. */
#ifndef TESTS_IMAPD_LITE_FAKE_MAILBOXES_H
#define TESTS_IMAPD_LITE_FAKE_MAILBOXES_H

/* --- mailboxes ------------------------------------------------------------------------ */

static struct store_mailbox
fake_describe(const struct fake_box *b)
{
    struct store_mailbox m = { .name = span_of(b->name),
                               .flags = b->flags,
                               .uid_validity = b->uid_validity,
                               .uid_next = b->uid_next,
                               .messages = (uint32_t)b->count };

    for (size_t i = 0; i < b->count; i++) {
        const struct store_row *row = &b->messages[i].row;

        m.unseen += (row->flags & MAIL_SEEN) == 0;
        m.recent += (row->flags & MAIL_RECENT) != 0;
        m.deleted += (row->flags & MAIL_DELETED) != 0;
        m.deleted_bytes += (row->flags & MAIL_DELETED) != 0 ? row->size : 0;
        m.bytes += row->size;
    }
    return m;
}

static int
fake_by_name(const void *a, const void *b)
{
    const struct fake_box *const *x = a;
    const struct fake_box *const *y = b;

    if (strcmp((*x)->name, "INBOX") == 0 || strcmp((*y)->name, "INBOX") == 0)
        return strcmp((*x)->name, "INBOX") == 0 ? -1 : 1;
    return strcmp((*x)->name, (*y)->name);
}

/* Levels between that do not exist come as NOSELECT. */
static void
fake_tell_parents(struct span name)
{
    for (size_t i = 1; i < name.n; i++) {
        struct store_mailbox m = { .name = span_sub(name, 0, i),
                                   .flags = STORE_NOSELECT };

        if (name.p[i] == '/' && fake_box(m.name) == NULL)
            fake.ask.row(fake.ask.arg, &m);
    }
}

static void
fake_list_due(void)
{
    const struct fake_box *sorted[FAKE_BOXES_MAX];
    size_t n = 0;
    struct error e;

    for (size_t i = 0; i < FAKE_BOXES_MAX; i++)
        if (fake.boxes[i].name[0] != '\0')
            sorted[n++] = &fake.boxes[i];
    qsort(sorted, n, sizeof *sorted, fake_by_name);
    for (size_t i = 0; i < n; i++) {
        struct store_mailbox m = fake_describe(sorted[i]);

        if ((m.flags & STORE_NONEXISTENT) == 0)
            fake_tell_parents(m.name);
        fake.ask.row(fake.ask.arg, &m);
    }
    fake.ask.done(fake.ask.arg, fake_failure(&e));
}

void
store_list(struct store_session *x, store_mailbox_fn *row, store_done_fn *done,
           void *arg)
{
    (void)x;
    fake_ask(fake_list_due, arg);
    fake.ask.row = row;
    fake.ask.done = done;
}

/* The named mailbox where it is one that can be opened. */
static struct fake_box *
fake_selectable(struct span name)
{
    struct fake_box *b = fake_box(name);

    return b != NULL && (b->flags & STORE_NONEXISTENT) == 0 ? b : NULL;
}

static void
fake_status_due(void)
{
    struct fake_box *b = fake_selectable(span_of(fake.ask.name));
    struct store_mailbox m;
    struct error e;

    if (b == NULL) {
        fake.ask.done(fake.ask.arg, fake_fails(&e, FAIL_NOT_FOUND));
        return;
    }
    m = fake_describe(b);
    fake.ask.row(fake.ask.arg, &m);
    fake.ask.done(fake.ask.arg, fake_failure(&e));
}

void
store_status(struct store_session *x, struct span name, store_mailbox_fn *row,
             store_done_fn *done, void *arg)
{
    (void)x;
    fake_ask(fake_status_due, arg);
    fake_set_name(fake.ask.name, name);
    fake.ask.row = row;
    fake.ask.done = done;
}

static void
fake_quota_due(void)
{
    struct error e;
    const struct error *why = fake_failure(&e);

    fake.ask.quota(fake.ask.arg, why == NULL ? &fake.quota : NULL, why);
}

void
store_get_quota(struct store_session *x, store_quota_fn *fn, void *arg)
{
    (void)x;
    fake_ask(fake_quota_due, arg);
    fake.ask.quota = fn;
}

static enum fail
fake_create(void)
{
    struct span name = span_of(fake.ask.name);

    if (fake_selectable(name) != NULL)
        return FAIL_EXISTS;
    return fake_make(name, fake.ask.how) == NULL ? FAIL_LIMIT : 0;
}

static enum fail
fake_delete(void)
{
    struct fake_box *b = fake_selectable(span_of(fake.ask.name));

    if (b == NULL)
        return FAIL_NOT_FOUND;
    if (strcmp(b->name, "INBOX") == 0)
        return FAIL_INVALID;
    if (fake_is_open(b))
        fake.calls->gone(fake.calls_arg);
    fake_unmake(b);
    return 0;
}

/* A new name for it and what is below it. INBOX keeps its own. */
static enum fail
fake_rename(void)
{
    struct fake_box *b = fake_selectable(span_of(fake.ask.name));
    size_t n = strlen(fake.ask.name);
    char name[FAKE_NAME_MAX * 2];

    if (b == NULL)
        return FAIL_NOT_FOUND;
    if (fake_box(span_of(fake.ask.to)) != NULL)
        return FAIL_EXISTS;
    if (strcmp(b->name, "INBOX") == 0)
        return fake_make(span_of(fake.ask.to), 0) == NULL ? FAIL_LIMIT : 0;
    for (size_t i = 0; i < FAKE_BOXES_MAX; i++) {
        b = &fake.boxes[i];
        if (strncmp(b->name, fake.ask.name, n) != 0 ||
            (b->name[n] != '\0' && b->name[n] != '/'))
            continue;
        if (fake_is_open(b))
            fake.calls->gone(fake.calls_arg);
        snprintf(name, sizeof name, "%s%s", fake.ask.to, b->name + n);
        fake_set_name(b->name, span_of(name));
    }
    return 0;
}

static enum fail
fake_subscribe(void)
{
    struct fake_box *b = fake_box(span_of(fake.ask.name));

    if (b == NULL && fake.ask.yes)
        b = fake_make(span_of(fake.ask.name), STORE_NONEXISTENT);
    if (b == NULL)
        return fake.ask.yes ? FAIL_LIMIT : 0;
    b->flags &= ~(uint32_t)STORE_SUBSCRIBED;
    if (fake.ask.yes)
        b->flags |= STORE_SUBSCRIBED;
    else if ((b->flags & STORE_NONEXISTENT) != 0)
        fake_unmake(b);
    return 0;
}

static void
fake_finish(enum fail kind)
{
    struct error e;

    fake.ask.done(fake.ask.arg,
                  kind != 0 ? fake_fails(&e, kind) : fake_failure(&e));
}

static void
fake_create_due(void)
{
    fake_finish(fake_create());
}

static void
fake_delete_due(void)
{
    fake_finish(fake_delete());
}

static void
fake_rename_due(void)
{
    fake_finish(fake_rename());
}

static void
fake_subscribe_due(void)
{
    fake_finish(fake_subscribe());
}

void
store_create(struct store_session *x, struct span name, uint32_t special_use,
             store_done_fn *done, void *arg)
{
    (void)x;
    fake_ask(fake_create_due, arg);
    fake_set_name(fake.ask.name, name);
    fake.ask.how = special_use;
    fake.ask.done = done;
}

void
store_delete(struct store_session *x, struct span name, store_done_fn *done,
             void *arg)
{
    (void)x;
    fake_ask(fake_delete_due, arg);
    fake_set_name(fake.ask.name, name);
    fake.ask.done = done;
}

void
store_rename(struct store_session *x, struct span from, struct span to,
             store_done_fn *done, void *arg)
{
    (void)x;
    fake_ask(fake_rename_due, arg);
    fake_set_name(fake.ask.name, from);
    fake_set_name(fake.ask.to, to);
    fake.ask.done = done;
}

void
store_subscribe(struct store_session *x, struct span name, bool on,
                store_done_fn *done, void *arg)
{
    (void)x;
    fake_ask(fake_subscribe_due, arg);
    fake_set_name(fake.ask.name, name);
    fake.ask.yes = on;
    fake.ask.done = done;
}

#endif
