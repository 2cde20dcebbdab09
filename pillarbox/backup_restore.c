/*
 * pillarbox backup restore DIR [NAME] [--user U] [--mailbox M] [--uid UIDS]
 *                          [--message ID] [--to DIR2]
 *
 * Into the store: an account's mail first (its INBOX is empty then, and keeps
 * UIDs), then the account, its limits, aliases.
 */
#include "pillarbox/backup_restore.h"

#include "base/map.h"
#include "base/mem.h"
#include "mail/mailbox_name.h"
#include "pillarbox/backup_mail.h"
#include "pillarbox/backup_show.h"
#include "pillarbox/command.h"
#include "pillarbox/moving.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const columns[] = { "user",    "mailbox",    "restored",
                                       "present", "renumbered", "failed",
                                       NULL };

void
restoring_complain(struct restoring *r, const char *what, const struct error *e)
{
    fprintf(stderr, "pillarbox: %s: %s\n", what, e->text);
    r->problems++;
}

bool
restoring_wants_user(const struct restoring *r, struct span user)
{
    return r->user == NULL || span_is(user, r->user);
}

/* --- mailboxes --------------------------------------------------------------------------- */

static void
add_mailbox(void *arg, const struct backup_mailbox *m)
{
    struct restoring_mailboxes *list = arg;
    struct backup_mailbox *to;

    list->all = mem_grow(list->all, (list->count + 1) * sizeof *list->all);
    to = &list->all[list->count++];
    *to = *m;
    to->name = span_of(arena_text(&list->memory, m->name));
}

bool
restoring_list(const struct restoring *r, const char *user,
               struct restoring_mailboxes *list, struct error *e)
{
    struct buf path = { .max = BACKUP_PATH_MAX };
    struct buf text = { 0 };
    bool done;

    *list = (struct restoring_mailboxes){ 0 };
    backup_mail_path(user, &path);
    buf_put_text(&path, "/" BACKUP_MAILBOXES);
    done = backup_read(r->backup, buf_text(&path), &text, e) &&
           backup_mailboxes_parse(buf_span(&text), add_mailbox, list, e);
    buf_free(&path);
    buf_free(&text);
    return done;
}

void
restoring_list_free(struct restoring_mailboxes *list)
{
    free(list->all);
    arena_clear(&list->memory);
}

struct choosing {
    const struct restoring *restoring;
    const struct backup_source *source;
};

static bool
is_chosen(void *arg, const struct source_message *m)
{
    const struct choosing *x = arg;
    const struct restoring *r = x->restoring;

    if (r->uids.n > 0 && !numset_has(&r->uids, m->uid))
        return false;
    return r->message_id == NULL ||
           backup_source_is_called(x->source, m, span_of(r->message_id));
}

bool
restoring_open(struct restoring *r, const char *user,
               const struct backup_mailbox *m, struct backup_source *s)
{
    struct choosing x = { r, s };
    struct error e;

    if ((m->flags & STORE_NONEXISTENT) != 0 ||
        (r->mailbox != NULL && !span_is(m->name, r->mailbox))) {
        *s = (struct backup_source){ .source = { .dir = -1, .mbox.fd = -1 } };
        return false;
    }
    if (!backup_source_open(r->backup, user, m, s, &e)) {
        char what[1024];

        snprintf(what, sizeof what, "%s: %.*s", user, SPAN(m->name));
        restoring_complain(r, what, &e);
        return false;
    }
    if (r->uids.n == 0 && r->message_id == NULL)
        return true;
    backup_source_keep(s, is_chosen, &x);
    r->matched += s->source.count;
    return s->source.count > 0;
}

/* --- accounts ----------------------------------------------------------------------------- */

struct names {
    const struct restoring *restoring;
    struct arena memory;
    const char **all;
    size_t count;
    bool has_user; /* the one that is wanted, with mail or without */
};

static void
add_name(void *arg, struct span name)
{
    struct names *n = arg;

    if (!restoring_wants_user(n->restoring, name))
        return;
    n->has_user = true;
    n->all = mem_grow(n->all, (n->count + 1) * sizeof *n->all);
    n->all[n->count++] = arena_text(&n->memory, name);
}

static void
see_user(void *arg, struct span name, struct span record)
{
    struct names *n = arg;

    (void)record;
    n->has_user = n->has_user || restoring_wants_user(n->restoring, name);
}

static bool
list_accounts(struct restoring *r, struct names *n, struct error *e)
{
    static const struct backup_account_calls calls = { .user = see_user,
                                                       .mail = add_name };

    *n = (struct names){ .restoring = r };
    if (!backup_read(r->backup, BACKUP_ACCOUNTS, &r->accounts, e) ||
        !backup_accounts_parse(buf_span(&r->accounts), &calls, n, e))
        return false;
    return r->user == NULL || n->has_user ||
           fail(e, FAIL_NOT_FOUND, "the backup %s has no user %s",
                r->backup->name, r->user);
}

/* --- the two ways ---------------------------------------------------------------------------- */

static bool
is_narrow(const struct restoring *r)
{
    return r->mailbox != NULL || r->uids.n > 0 || r->message_id != NULL;
}

static bool
write_mailboxes(struct restoring *r, const char *user, struct error *e)
{
    struct restoring_mailboxes list;
    bool done = restoring_list(r, user, &list, e);

    for (size_t i = 0; done && i < list.count; i++) {
        struct backup_source s;

        if (restoring_open(r, user, &list.all[i], &s))
            done = restoring_out_mailbox(r, &s, e);
        source_free(&s.source);
    }
    restoring_list_free(&list);
    return done;
}

static bool
write_out(struct restoring *r, const struct names *n, struct error *e)
{
    bool done = restoring_out_begin(r, e);

    if (done && !is_narrow(r))
        return restoring_out_all(r, e);
    for (size_t i = 0; done && i < n->count; i++)
        done = write_mailboxes(r, n->all[i], e);
    return done;
}

static bool
bring_back(struct restoring *r, const struct names *n, struct error *e)
{
    for (size_t i = 0; i < n->count && !r->interrupted; i++)
        if (!restoring_mail(r, n->all[i], e))
            return false;
    if (r->interrupted || !restoring_accounts(r, e))
        return r->interrupted;
    return r->user != NULL || restoring_certificates(r, e);
}

static bool
restore(struct restoring *r, struct error *e)
{
    struct names n;
    bool done = list_accounts(r, &n, e);

    if (done)
        done = r->to != NULL ? write_out(r, &n, e) : bring_back(r, &n, e);
    if (done && (r->uids.n > 0 || r->message_id != NULL) && r->matched == 0 &&
        r->problems == 0)
        done = fail(e, FAIL_NOT_FOUND,
                    "the backup has no such message of %s; choose another: "
                    "pillarbox backup list",
                    r->user);
    free(n.all);
    arena_clear(&n.memory);
    return done;
}

/* --- the command ------------------------------------------------------------------------------ */

static int
end(struct restoring *r, bool done, const struct error *e)
{
    if (r->table.rows > 0 || r->cli->json)
        cli_table_print(&r->table);
    if (r->users_made + r->users_there > 0 && r->to == NULL)
        fprintf(stderr,
                "%" PRIu64 " accounts made, %" PRIu64 " there already, %" PRIu64
                " aliases made\n",
                r->users_made, r->users_there, r->aliases_made);
    if (r->interrupted) {
        fputs("pillarbox: backup restore: interrupted; the same command again "
              "goes on from here\n",
              stderr);
        return MOVING_INTERRUPTED;
    }
    if (!done)
        return cli_fail(r->cli, r->backup->name, e);
    if (r->problems == 0)
        return CLI_DONE;
    fprintf(stderr, "pillarbox: backup restore: %" PRIu64 " failed\n",
            r->problems);
    return CLI_PROBLEM;
}

static int
run(struct restoring *r)
{
    struct backup_dir d;
    struct backup b;
    struct error e;
    bool done;
    int code;

    if (!backup_choose(r->cli, r->user, false, &d, &b, &code))
        return code;
    r->backup = &b;
    r->made = map_new();
    moving_hold_interrupts();
    done = restore(r, &e);
    code = end(r, done, &e);
    if (r->accounts.p != NULL)
        crypto_wipe(r->accounts.p, r->accounts.n);
    buf_free(&r->accounts);
    map_free(&r->made);
    if (r->to_dir != -1)
        close(r->to_dir);
    backup_close(&b);
    backup_dir_close(&d);
    return code;
}

static bool
take_mailbox(struct restoring *r, const char *typed)
{
    struct buf name = { .max = 1024 };

    if (!mailbox_name_is_valid(span_of(typed)))
        return false;
    mailbox_name_canonical(span_of(typed), &name);
    r->mailbox = arena_text(&r->cli->memory, buf_span(&name));
    buf_free(&name);
    return true;
}

/* 0: the options are good. */
static int
take_options(struct restoring *r)
{
    struct cli *c = r->cli;
    const char *user = cli_value(c, "--user");
    const char *mailbox = cli_value(c, "--mailbox");
    const char *uids = cli_value(c, "--uid");

    r->message_id = cli_value(c, "--message");
    r->to = cli_value(c, "--to");
    r->user = user == NULL ? NULL : cli_user(c, user);
    if (uids != NULL && mailbox == NULL)
        mailbox = "INBOX"; /* a UID alone names nothing */
    if (r->user == NULL && (mailbox != NULL || r->message_id != NULL))
        return cli_usage("backup restore: of which user? --user U");
    if (uids != NULL && !moving_uids(uids, &r->uids))
        return cli_usage("backup restore: no UIDs: %s (as in 4,7:9)", uids);
    if (mailbox != NULL && !take_mailbox(r, mailbox))
        return cli_usage("backup restore: %s: no name for a mailbox", mailbox);
    return CLI_DONE;
}

int
command_backup_restore(struct cli *c)
{
    struct restoring r = { .wait = { .cli = c },
                           .cli = c,
                           .to_dir = -1,
                           .accounts = { .max = BACKUP_MANIFEST_MAX },
                           .table = { .columns = columns, .json = c->json } };
    int code = take_options(&r);

    if (code == CLI_DONE)
        code = run(&r);
    numset_free(&r.uids);
    return code;
}
