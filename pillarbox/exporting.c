#include "pillarbox/exporting.h"

#include "base/map.h"
#include "base/mem.h"
#include "mail/flags.h"
#include "pillarbox/moving.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const columns[] = { "mailbox", "exported", "present",
                                       "failed", NULL };

struct moving_out {
    struct exporting *x;
    const struct exporting_sink *sink;
    void *arg;
    struct store_session *session;
    struct exporting_mailbox *mailboxes;
    size_t count;
    struct cli_wait wait; /* of what is asked now */
    struct store_view *view;
    struct store_row *rows; /* as they were when it was opened */
    size_t row_count;
    struct map *uidls; /* of the open mailbox: uid -> text in memory */
    struct arena memory, names;
    int fd; /* of the message asked for */
    struct error e;
};

static bool
wait_now(struct moving_out *out)
{
    return moving_wait(&out->wait, &out->e);
}

static void
on_done(void *arg, const struct error *e)
{
    struct moving_out *out = arg;

    cli_done(&out->wait, e);
}

/* --- which mailboxes ----------------------------------------------------------- */

static void
on_mailbox(void *arg, const struct store_mailbox *m)
{
    struct moving_out *out = arg;

    if ((m->flags & STORE_NONEXISTENT) != 0 && out->sink->absent != NULL)
        out->sink->absent(out->arg, m->name);
    if ((m->flags & (STORE_NOSELECT | STORE_NONEXISTENT)) != 0)
        return;
    out->mailboxes =
        mem_grow(out->mailboxes, (out->count + 1) * sizeof *out->mailboxes);
    out->mailboxes[out->count++] = (struct exporting_mailbox){
        .name = arena_text(&out->names, m->name),
        .flags = m->flags,
        .is_subscribed = (m->flags & STORE_SUBSCRIBED) != 0,
        .messages = m->messages,
    };
    if (!out->x->knows_total)
        out->x->total += m->messages;
}

static bool
log_in(struct moving_out *out, const char *user)
{
    struct store *store = cli_store(out->x->cli);

    out->session = store_login_as(store, span_of(user), out->x->progress.what,
                                  on_done, out);
    if (!wait_now(out))
        return false;
    store_list(out->session, on_mailbox, on_done, out);
    return wait_now(out);
}

/* --- one mailbox ----------------------------------------------------------------- */

static void
on_opened(void *arg, struct store_view *view, const struct error *e)
{
    struct moving_out *out = arg;

    out->view = view;
    cli_done(&out->wait, e);
}

static void
on_uidl(void *arg, const struct store_uidl *u)
{
    struct moving_out *out = arg;

    map_put(out->uidls, span_from(&u->uid, sizeof u->uid),
            arena_text(&out->memory, u->text));
}

static void
on_message(void *arg, int fd, uint64_t size, const struct error *e)
{
    struct moving_out *out = arg;

    (void)size;
    out->fd = fd;
    cli_done(&out->wait, e);
}

/* Changes are put into the view while we go on; the mailbox is exported as it
 * was at one moment. */
static void
take_rows(struct moving_out *out, struct exporting_mailbox *b)
{
    const struct store_view *v = out->view;

    out->row_count = v->count;
    out->rows = mem_take_array(v->count + 1, sizeof *out->rows);
    if (v->count > 0)
        memcpy(out->rows, v->rows, v->count * sizeof *out->rows);
    b->first_recent = b->uid_next = v->uid_next;
    for (size_t i = v->count; i-- > 0;)
        if ((v->rows[i].flags & MAIL_RECENT) != 0)
            b->first_recent = v->rows[i].uid;
}

static bool
open_mailbox(struct moving_out *out, struct exporting_mailbox *b)
{
    store_open(out->session, span_of(b->name), STORE_EXAMINE, &moving_quiet,
               on_opened, out);
    if (!wait_now(out))
        return false;
    b->uid_validity = out->view->uid_validity;
    take_rows(out, b);
    store_uidls(out->session, on_uidl, on_done, out);
    if (!wait_now(out))
        return false;
    b->keywords = out->view->keywords;
    b->keyword_count = out->view->keyword_count;
    return true;
}

/* A message that went away meanwhile is none of ours any more. */
static bool
fetch(struct moving_out *out, const struct exporting_mailbox *b,
      struct exporting_message *m, bool *gone)
{
    *gone = false;
    store_message(out->session, m->row->uid, on_message, out);
    if (wait_now(out)) {
        m->fd = out->fd;
        return true;
    }
    if (out->e.kind == FAIL_UNAVAILABLE)
        return false;
    *gone = true;
    if (out->e.kind == FAIL_NOT_FOUND)
        return true;
    progress_clear(&out->x->progress);
    fprintf(stderr, "pillarbox: %s: UID %" PRIu32 ": %s\n", b->name,
            m->row->uid, out->e.text);
    out->x->failed++;
    return true;
}

static bool
export_message(struct moving_out *out, const struct exporting_mailbox *b,
               const struct store_row *row)
{
    struct exporting_message m = { .row = row, .fd = -1 };
    bool gone = false;
    bool done = true;

    m.uidl = map_get(out->uidls, span_from(&row->uid, sizeof row->uid));
    if (out->sink->has(out->arg, row))
        out->x->present++;
    else if (!fetch(out, b, &m, &gone))
        return false;
    if (!gone)
        done = out->sink->put(out->arg, &m, &out->e);
    if (m.fd != -1)
        close(m.fd);
    return done;
}

static bool
export_messages(struct moving_out *out, const struct exporting_mailbox *b)
{
    struct exporting *x = out->x;

    for (size_t i = 0; i < out->row_count; i++) {
        if (!export_message(out, b, &out->rows[i]))
            return false;
        progress_step(&x->progress, ++x->passed, x->total);
        if (moving_is_interrupted()) {
            x->interrupted = true;
            return fail(&out->e, FAIL_BUSY, "interrupted");
        }
    }
    return true;
}

static void
add_row(struct exporting *x, const char *name, const struct exporting *before)
{
    uint64_t present = x->present - before->present;
    uint64_t failed = x->failed - before->failed;

    if (x->table == NULL)
        return;
    cli_table_add(x->table, span_of(name));
    cli_table_add_number(x->table,
                         x->passed - before->passed - present - failed);
    cli_table_add_number(x->table, present);
    cli_table_add_number(x->table, failed);
}

/* One that was deleted since it was listed is none of ours any more. */
static bool
is_deleted(const struct moving_out *out)
{
    return out->view == NULL && out->e.kind == FAIL_NOT_FOUND;
}

static bool
export_rows(struct moving_out *out, struct exporting_mailbox *b)
{
    bool done;

    out->uidls = map_new();
    out->view = NULL;
    done = open_mailbox(out, b) ? out->sink->begin(out->arg, b, &out->e) &&
                                      export_messages(out, b) &&
                                      out->sink->end(out->arg, b, &out->e)
                                : is_deleted(out);
    store_close(out->session);
    free(out->rows);
    out->rows = NULL;
    map_free(&out->uidls);
    arena_clear(&out->memory);
    return done;
}

static bool
export_mailbox(struct moving_out *out, struct exporting_mailbox *b)
{
    const struct exporting before = *out->x;
    bool done = true;

    if (out->sink->is_there(out->arg, b)) {
        out->x->passed += b->messages;
        out->x->present += b->messages;
    } else {
        done = export_rows(out, b);
    }
    add_row(out->x, b->name, &before);
    return done;
}

/* --- an account ------------------------------------------------------------------- */

void
exporting_begin(struct exporting *x, struct cli *c, const char *what)
{
    *x = (struct exporting){ .cli = c };
    cli_store(c);
    moving_hold_interrupts();
    progress_begin(&x->progress, what);
}

bool
exporting_account(struct exporting *x, const char *user,
                  const struct exporting_sink *sink, void *arg, struct error *e)
{
    struct moving_out out = {
        .x = x, .sink = sink, .arg = arg, .fd = -1, .wait = { .cli = x->cli }
    };
    bool done = log_in(&out, user);

    for (size_t i = 0; done && i < out.count; i++)
        done = export_mailbox(&out, &out.mailboxes[i]);
    done = done && sink->finish(arg, &out.e);
    store_logout(&out.session);
    free(out.mailboxes);
    arena_clear(&out.names);
    if (!done)
        *e = out.e;
    return done;
}

void
exporting_end(struct exporting *x)
{
    progress_clear(&x->progress);
}

/* --- the command ------------------------------------------------------------------ */

int
exporting_run(struct cli *c, const char *user,
              const struct exporting_sink *sink, void *arg)
{
    struct cli_table table = { .columns = columns, .json = c->json };
    struct exporting x;
    struct error e;
    bool done;

    if (!moving_check_user(c, user, &e))
        return cli_fail(c, user, &e);
    exporting_begin(&x, c, "export");
    x.table = &table;
    done = exporting_account(&x, user, sink, arg, &e);
    exporting_end(&x);
    cli_table_print(&table);
    if (x.interrupted) {
        fprintf(stderr, "pillarbox: export: interrupted; the same command "
                        "again goes on from here\n");
        return MOVING_INTERRUPTED;
    }
    if (!done)
        return cli_fail(c, user, &e);
    if (x.failed == 0)
        return CLI_DONE;
    fprintf(stderr, "pillarbox: export: %" PRIu64 " of %" PRIu64 " failed\n",
            x.failed, x.passed);
    return CLI_PROBLEM;
}
