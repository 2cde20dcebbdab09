#include "pillarbox/command.h"

#include "base/mem.h"
#include "mail/charset.h"
#include "mail/flags.h"
#include "mail/header.h"
#include "mail/summary.h"

#include <stdio.h>

/* clang-format off */
static const char *const live_columns[] = {
    "mailbox", "uid", "date", "size", "flags", "from", "subject", NULL
};
static const char *const kept_columns[] = {
    "mailbox", "uid", "deleted", "date", "size", "flags", "from", "subject",
    NULL
};
/* clang-format on */

#define CELL_MAX 200

/* --- cells ---------------------------------------------------------------------- */

static void
add_field(struct cli_table *t, struct span header, const char *name)
{
    struct buf raw = { 0 };
    struct buf text = { 0 };
    struct header_field f;
    size_t n = CELL_MAX;

    if (header_find(header, name, &f)) {
        header_unfold(f.value, &raw);
        charset_decode_words(buf_span(&raw), &text);
    }
    /* Whole characters only. */
    while (n < text.n && ((unsigned char)text.p[n] & 0xc0) == 0x80)
        n--;
    cli_table_add(t, span_sub(buf_span(&text), 0, n));
    buf_free(&raw);
    buf_free(&text);
}

static void
add_facts(struct cli_table *t, int64_t date, uint64_t size, uint16_t flags)
{
    struct buf text = { 0 };

    cli_table_add_time(t, date);
    cli_table_add_number(t, size);
    mail_flags_print(flags & (uint16_t)~MAIL_RECENT, &text);
    cli_table_add(t, buf_span(&text));
    buf_free(&text);
}

/* --- what is kept ------------------------------------------------------------------ */

static void
add_kept(void *arg, const struct store_kept *k)
{
    struct cli_table *t = &((struct cli_list *)arg)->table;

    cli_table_add(t, k->mailbox);
    if (k->is_mailbox) {
        cli_table_add(t, span_of("-"));
        cli_table_add_time(t, k->time);
        for (int i = 0; i < 4; i++)
            cli_table_add(t, span_of(""));
        cli_table_add(t, span_of("(the mailbox)"));
        return;
    }
    cli_table_add_number(t, k->uid);
    cli_table_add_time(t, k->time);
    add_facts(t, k->date, k->size, k->flags);
    add_field(t, k->head, "From");
    add_field(t, k->head, "Subject");
}

static int
list_kept(struct cli *c, const char *user, const char *mailbox)
{
    struct cli_list x = { { .cli = c },
                          { .columns = kept_columns, .json = c->json } };

    store_list_kept(cli_store(c), span_of(user), span_of(mailbox), add_kept,
                    cli_done, &x);
    if (!cli_wait(&x.wait))
        return cli_fail(c, user, &x.wait.e);
    cli_table_print(&x.table);
    return CLI_DONE;
}

/* --- what is there -------------------------------------------------------------------- */

struct listing {
    struct cli_wait wait; /* first: cli_done() takes it */
    struct cli_table *table;
    struct store_view *view;
    const char *mailbox;
    size_t at; /* rows before it are in the table */
};

static void
nothing(void *arg, const struct store_kept *k)
{
    (void)arg;
    (void)k;
}

static void
on_gone(void *arg)
{
    struct error e;

    fail(&e, FAIL_NOT_FOUND, "the mailbox is gone");
    cli_done(arg, &e);
}

static void
on_rows(void *arg, const struct store_row *rows, size_t count)
{
    (void)arg;
    (void)rows;
    (void)count;
}

static void
on_expunged(void *arg, const struct numset *uids)
{
    (void)arg;
    (void)uids;
}

static void
on_resync(void *arg)
{
    (void)arg;
}

static const struct store_view_calls view_calls = { on_rows, on_expunged,
                                                    on_rows, on_gone,
                                                    on_resync };

static void
on_opened(void *arg, struct store_view *view, const struct error *e)
{
    struct listing *l = arg;

    l->view = view;
    cli_done(&l->wait, e);
}

static void
add_row(struct listing *l, const struct store_row *row, struct span header)
{
    cli_table_add(l->table, span_of(l->mailbox));
    cli_table_add_number(l->table, row->uid);
    add_facts(l->table, row->date, row->size, row->flags);
    add_field(l->table, header, "From");
    add_field(l->table, header, "Subject");
}

/* Summaries come in the order of the rows; some may be missing. */
static void
on_summary(void *arg, uint32_t uid, struct span blob)
{
    struct listing *l = arg;
    struct span header = { 0 };
    struct summary s;

    while (l->at < l->view->count && l->view->rows[l->at].uid < uid)
        add_row(l, &l->view->rows[l->at++], header);
    if (l->at == l->view->count || l->view->rows[l->at].uid != uid)
        return;
    if (summary_open(blob, &s))
        header = s.fields;
    add_row(l, &l->view->rows[l->at++], header);
}

static bool
wait_again(struct listing *l)
{
    bool fine = cli_wait(&l->wait);

    l->wait.over = false;
    return fine;
}

static bool
read_all(struct listing *l, struct store_session *x)
{
    const struct store_view *v = l->view;

    for (size_t from = 0; from < v->count; from += STORE_SUMMARIES_MAX) {
        struct numset uids = { 0 };
        size_t upto = from + STORE_SUMMARIES_MAX;

        for (size_t i = from; i < upto && i < v->count; i++)
            numset_add(&uids, v->rows[i].uid, v->rows[i].uid);
        store_summaries(x, &uids, on_summary, cli_done, l);
        numset_free(&uids);
        if (!wait_again(l))
            return false;
    }
    while (l->at < v->count)
        add_row(l, &v->rows[l->at++], (struct span){ 0 });
    return true;
}

static int
list_live(struct cli *c, const char *user, const char *mailbox)
{
    struct cli_table table = { .columns = live_columns, .json = c->json };
    struct listing l = { .wait = { .cli = c },
                         .table = &table,
                         .mailbox = mailbox };
    struct store *s = cli_store(c);
    struct store_session *x;
    bool done;

    /* A login makes what is missing: is there such an account? */
    store_list_kept(s, span_of(user), span_of("INBOX"), nothing, cli_done, &l);
    if (!wait_again(&l))
        return cli_fail(c, user, &l.wait.e);
    x = store_login_as(s, span_of(user), "message-list", cli_done, &l);
    done = wait_again(&l);
    if (done) {
        store_open(x, span_of(mailbox), STORE_EXAMINE, &view_calls, on_opened,
                   &l);
        done = wait_again(&l) && read_all(&l, x);
    }
    store_logout(&x);
    if (!done) {
        buf_free(&table.cells);
        return cli_fail(c, mailbox, &l.wait.e);
    }
    cli_table_print(&table);
    return CLI_DONE;
}

int
command_message_list(struct cli *c)
{
    bool deleted = cli_option(c, "--deleted");
    const char *user = cli_user(c, c->args[0]);
    const char *mailbox = c->arg_count > 1 ? c->args[1] : NULL;

    if (deleted)
        return list_kept(c, user, mailbox == NULL ? "" : mailbox);
    return list_live(c, user, mailbox == NULL ? "INBOX" : mailbox);
}
