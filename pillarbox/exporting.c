#include "pillarbox/exporting.h"

#include "base/map.h"
#include "base/mem.h"
#include "pillarbox/moving.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const columns[] = { "mailbox", "exported", "present",
                                       "failed", NULL };

struct moving_out {
    struct cli *cli;
    const struct exporting_sink *sink;
    void *arg;
    struct store_session *session;
    struct progress progress;
    struct cli_table table;
    struct exporting_mailbox *mailboxes;
    size_t count;
    uint64_t total, passed, failed;
    bool interrupted;
    struct cli_wait wait; /* of what is asked now */
    struct store_view *view;
    struct map *uidls; /* of the open mailbox: uid -> text in memory */
    struct arena memory;
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

    if ((m->flags & (STORE_NOSELECT | STORE_NONEXISTENT)) != 0)
        return;
    out->mailboxes =
        mem_grow(out->mailboxes, (out->count + 1) * sizeof *out->mailboxes);
    out->mailboxes[out->count++] = (struct exporting_mailbox){
        .name = arena_text(&out->cli->memory, m->name),
        .is_subscribed = (m->flags & STORE_SUBSCRIBED) != 0,
        .messages = m->messages,
    };
    out->total += m->messages;
}

static bool
log_in(struct moving_out *out, const char *user)
{
    out->session = store_login_as(cli_store(out->cli), span_of(user), "export",
                                  on_done, out);
    if (!wait_now(out))
        return false;
    store_list(out->session, on_mailbox, on_done, out);
    return wait_now(out);
}

/* --- one mailbox ----------------------------------------------------------------- */

static void
ignore_rows(void *arg, const struct store_row *rows, size_t count)
{
    (void)arg;
    (void)rows;
    (void)count;
}

static void
ignore_expunged(void *arg, const struct numset *uids)
{
    (void)arg;
    (void)uids;
}

static void
ignore(void *arg)
{
    (void)arg;
}

/* It is exported as it was when it was opened. */
static const struct store_view_calls view_calls = { .added = ignore_rows,
                                                    .expunged = ignore_expunged,
                                                    .flagged = ignore_rows,
                                                    .gone = ignore,
                                                    .resync = ignore };

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

static bool
open_mailbox(struct moving_out *out, struct exporting_mailbox *b)
{
    store_open(out->session, span_of(b->name), STORE_EXAMINE, &view_calls,
               on_opened, out);
    if (!wait_now(out))
        return false;
    store_uidls(out->session, on_uidl, on_done, out);
    if (!wait_now(out))
        return false;
    b->uid_validity = out->view->uid_validity;
    b->uid_next = out->view->uid_next;
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
    progress_clear(&out->progress);
    fprintf(stderr, "pillarbox: %s: UID %" PRIu32 ": %s\n", b->name,
            m->row->uid, out->e.text);
    out->failed++;
    return true;
}

static bool
export_message(struct moving_out *out, const struct exporting_mailbox *b,
               const struct store_row *row, uint64_t *present)
{
    struct exporting_message m = { .row = row, .fd = -1 };
    bool gone = false;
    bool done = true;

    m.uidl = map_get(out->uidls, span_from(&row->uid, sizeof row->uid));
    if (out->sink->has(out->arg, row))
        (*present)++;
    else if (!fetch(out, b, &m, &gone))
        return false;
    if (!gone)
        done = out->sink->put(out->arg, &m, &out->e);
    if (m.fd != -1)
        close(m.fd);
    return done;
}

static bool
export_messages(struct moving_out *out, const struct exporting_mailbox *b,
                uint64_t *present)
{
    for (size_t i = 0; i < out->view->count; i++) {
        if (!export_message(out, b, &out->view->rows[i], present))
            return false;
        progress_step(&out->progress, ++out->passed, out->total);
        if (moving_is_interrupted()) {
            out->interrupted = true;
            return fail(&out->e, FAIL_BUSY, "interrupted");
        }
    }
    return true;
}

static void
add_row(struct moving_out *out, const char *name, uint64_t exported,
        uint64_t present, uint64_t failed)
{
    cli_table_add(&out->table, span_of(name));
    cli_table_add_number(&out->table, exported);
    cli_table_add_number(&out->table, present);
    cli_table_add_number(&out->table, failed);
}

static bool
export_mailbox(struct moving_out *out, struct exporting_mailbox *b)
{
    uint64_t failed = out->failed;
    uint64_t present = 0;
    uint64_t passed = out->passed;
    bool done;

    if (out->sink->is_there(out->arg, b)) {
        out->passed += b->messages;
        add_row(out, b->name, 0, b->messages, 0);
        return true;
    }
    out->uidls = map_new();
    done = open_mailbox(out, b) && out->sink->begin(out->arg, b, &out->e) &&
           export_messages(out, b, &present) &&
           out->sink->end(out->arg, b, &out->e);
    store_close(out->session);
    map_free(&out->uidls);
    arena_clear(&out->memory);
    failed = out->failed - failed;
    add_row(out, b->name, out->passed - passed - present - failed, present,
            failed);
    return done;
}

/* --- the command ------------------------------------------------------------------ */

static int
end(struct moving_out *out, const char *user, bool done)
{
    progress_clear(&out->progress);
    store_logout(&out->session);
    cli_table_print(&out->table);
    free(out->mailboxes);
    if (out->interrupted) {
        fprintf(stderr, "pillarbox: export: interrupted; the same command "
                        "again goes on from here\n");
        return MOVING_INTERRUPTED;
    }
    if (!done)
        return cli_fail(out->cli, user, &out->e);
    if (out->failed == 0)
        return CLI_DONE;
    fprintf(stderr, "pillarbox: export: %" PRIu64 " of %" PRIu64 " failed\n",
            out->failed, out->passed);
    return CLI_PROBLEM;
}

int
exporting_run(struct cli *c, const char *user,
              const struct exporting_sink *sink, void *arg)
{
    struct moving_out out = { .cli = c,
                              .sink = sink,
                              .arg = arg,
                              .fd = -1,
                              .wait = { .cli = c },
                              .table = { .columns = columns,
                                         .json = c->json } };
    bool done;

    if (!moving_check_user(c, user, &out.e))
        return cli_fail(c, user, &out.e);
    cli_store(c);
    moving_hold_interrupts();
    progress_begin(&out.progress, "export");
    done = log_in(&out, user);
    for (size_t i = 0; done && i < out.count; i++)
        done = export_mailbox(&out, &out.mailboxes[i]);
    done = done && sink->finish(arg, &out.e);
    return end(&out, user, done);
}
