/*
 * pillarbox backup create DIR [--user U]
 *
 *   configuration/   the file, and the settings in force
 *   tls/             of our own CA
 *   accounts         users, verifiers, limits, aliases
 *   mail/            backup_mail.h
 *   manifest         last
 */
#include "pillarbox/command.h"

#include "base/fs.h"
#include "base/mem.h"
#include "mail/account.h"
#include "pillarbox/backup_mail.h"
#include "pillarbox/backup_show.h"
#include "pillarbox/backup_stamp.h"
#include "pillarbox/backup_text.h"
#include "pillarbox/moving.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SMALL_MAX ((size_t)1 << 20) /* a file of the configuration */

struct creating {
    struct cli_wait wait; /* first: cli_done() takes it */
    struct cli *cli;
    const char *only; /* the user, or NULL */
    struct backup_writer writer;
    struct exporting exporting;
    struct buf accounts;   /* the file: secrets */
    struct map *with_mail; /* names -> itself */
    struct arena memory;
    uint64_t messages; /* that there will be, about */
};

/* --- who is here ----------------------------------------------------------------------- */

static bool
is_wanted(const struct creating *x, struct span user)
{
    return x->only == NULL || span_is(user, x->only);
}

/* Is there a Maildir, though perhaps the index does not know it yet? */
static bool
has_maildir(const struct creating *x, struct span user)
{
    struct buf path = { .max = PATH_MAX };
    struct stat st;
    struct error e;
    bool has;

    buf_printf(&path, "%s/", x->cli->settings->mail.dir);
    account_name_to_path(user, &path);
    has = fs_stat(AT_FDCWD, buf_text(&path), &st, &e);
    buf_free(&path);
    return has;
}

static void
add_with_mail(struct creating *x, struct span user)
{
    if (map_get(x->with_mail, user) == NULL)
        map_put(x->with_mail, user, arena_text(&x->memory, user));
}

static void
on_user(void *arg, const struct auth_row *row)
{
    struct creating *x = arg;

    if (!is_wanted(x, row->name))
        return;
    backup_accounts_user(&x->accounts, row->name, row->detail);
    x->writer.head.users++;
    if (has_maildir(x, row->name))
        add_with_mail(x, row->name);
}

static void
on_quota(void *arg, const struct store_quota *q)
{
    struct creating *x = arg;

    if (!is_wanted(x, q->user))
        return;
    backup_accounts_limits(&x->accounts, q);
    add_with_mail(x, q->user);
    x->messages += q->messages;
}

static void
on_alias(void *arg, const struct auth_row *row)
{
    struct creating *x = arg;

    if (x->only == NULL ||
        backup_alias_leads(row->detail, span_of(x->only),
                           x->cli->settings->mail.subaddress))
        backup_accounts_alias(&x->accounts, row->name, row->detail);
}

static bool
take_accounts(struct creating *x, struct error *e)
{
    struct cli *c = x->cli;

    auth_user_export(cli_auth(c), on_user, cli_done, x);
    if (!moving_wait(&x->wait, e))
        return false;
    if (x->only != NULL && x->writer.head.users == 0)
        return fail(e, FAIL_NOT_FOUND, "%s: no such user", x->only);
    store_list_quota(cli_store(c), span_of(""), on_quota, cli_done, x);
    if (!moving_wait(&x->wait, e))
        return false;
    auth_alias_list(cli_auth(c), on_alias, cli_done, x);
    return moving_wait(&x->wait, e);
}

/* --- the configuration ---------------------------------------------------------------- */

static bool
copy_text(struct creating *x, int dir, const char *from, const char *to,
          struct error *e)
{
    struct buf text = { .max = SMALL_MAX };
    bool done = fs_read_file(dir, from, &text, e);

    if (!done && e->kind == FAIL_NOT_FOUND)
        done = true; /* none is fine */
    else if (done)
        done = backup_writer_text(&x->writer, to, buf_span(&text), e);
    if (text.p != NULL)
        crypto_wipe(text.p, text.n);
    buf_free(&text);
    return done;
}

static bool
take_settings(struct creating *x, struct error *e)
{
    const struct settings *s = x->cli->settings;
    struct buf text = { .max = SMALL_MAX };
    bool done;

    settings_print(s, SETTINGS_ALL, &text);
    done = backup_writer_mkdir(&x->writer, BACKUP_CONFIGURATION, e) &&
           copy_text(x, AT_FDCWD, s->file,
                     BACKUP_CONFIGURATION "/pillarbox.conf", e) &&
           backup_writer_text(&x->writer, BACKUP_CONFIGURATION "/in-force",
                              buf_span(&text), e);
    buf_free(&text);
    return done;
}

/* Phones that trust our CA shall go on trusting it. */
static bool
take_certificates(struct creating *x, struct error *e)
{
    const struct settings *s = x->cli->settings;
    struct error none;
    bool done = true;
    int dir;

    if (!s->tls.automatic || !fs_open_dir(AT_FDCWD, s->tls.dir, &dir, &none))
        return true;
    done = backup_writer_mkdir(&x->writer, BACKUP_TLS, e);
    for (size_t i = 0; done && backup_tls_files[i] != NULL; i++) {
        struct buf path = { .max = BACKUP_PATH_MAX };

        buf_printf(&path, BACKUP_TLS "/%s", backup_tls_files[i]);
        done = copy_text(x, dir, backup_tls_files[i], buf_text(&path), e);
        buf_free(&path);
    }
    close(dir);
    return done;
}

/* --- all of it -------------------------------------------------------------------------- */

static int
order_users(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool
take_mail(struct creating *x, struct error *e)
{
    size_t count = map_count(x->with_mail);
    const char **users = mem_take_array(count + 1, sizeof *users);
    struct span key;
    void *value;
    bool done = true;

    for (size_t at = 0, n = 0; map_next(x->with_mail, &at, &key, &value);)
        users[n++] = value;
    qsort(users, count, sizeof *users, order_users);
    for (size_t i = 0; done && i < count; i++) {
        done = backup_mail_write(&x->writer, &x->exporting, users[i], e);
        backup_accounts_mail(&x->accounts, span_of(users[i]));
    }
    free(users);
    return done;
}

static bool
write_all(struct creating *x, struct error *e)
{
    struct backup_writer *w = &x->writer;

    w->head.host = x->cli->settings->hostname;
    backup_accounts_begin(&x->accounts);
    if (!take_accounts(x, e) || !take_settings(x, e) ||
        !take_certificates(x, e))
        return false;
    exporting_begin(&x->exporting, x->cli, "backup");
    x->exporting.total = x->messages;
    x->exporting.knows_total = true;
    return backup_writer_mkdir(w, BACKUP_MAIL, e) && take_mail(x, e) &&
           backup_writer_text(w, BACKUP_ACCOUNTS, buf_span(&x->accounts), e) &&
           backup_writer_commit(w, e);
}

/* The backup is made: that status does not know of it is no failure. */
static void
leave_stamp(const struct creating *x)
{
    struct error e;

    if (x->only == NULL &&
        !backup_stamp_write(x->cli->settings, x->writer.head.date,
                            x->cli->args[0], &e))
        fprintf(stderr, "pillarbox: backup: status is not told: %s\n", e.text);
}

static bool
remove_torn(const struct backup_dir *d, struct error *e)
{
    for (size_t i = 0; i < d->torn_count; i++) {
        if (!backup_remove(d->fd, d->torn[i], e))
            return e->kind == FAIL_NOT_FOUND; /* it was not torn after all */
        fprintf(stderr, "pillarbox: %s/%s was interrupted: removed\n", d->path,
                d->torn[i]);
    }
    return true;
}

static int
end(struct creating *x, bool done, const struct error *e)
{
    const struct exporting *ex = &x->exporting;
    int code = CLI_DONE;

    if (ex->cli != NULL)
        exporting_end(&x->exporting);
    if (ex->interrupted) {
        fputs("pillarbox: backup: interrupted; nothing of it is kept\n",
              stderr);
        code = MOVING_INTERRUPTED;
    } else if (!done) {
        code = cli_fail(x->cli, x->cli->args[0], e);
        if (e->kind == FAIL_FULL)
            fputs("pillarbox: backup: nothing of it is kept; remove an older "
                  "one (rm -r), or take a larger disk\n",
                  stderr);
    } else {
        leave_stamp(x);
        backup_show_head(x->cli, x->writer.name, &x->writer.head);
    }
    if (done && ex->failed > 0) {
        fprintf(stderr,
                "pillarbox: backup: %" PRIu64 " messages could not be read and "
                "are not in it; see: pillarbox index check --all\n",
                ex->failed);
        code = CLI_PROBLEM;
    }
    return code;
}

int
command_backup_create(struct cli *c)
{
    const char *user = cli_value(c, "--user");
    struct creating x = { .wait = { .cli = c },
                          .cli = c,
                          .only = user == NULL ? NULL : cli_user(c, user),
                          .accounts = { .max = BACKUP_MANIFEST_MAX },
                          .with_mail = map_new() };
    struct backup_dir d;
    struct error e;
    bool done = false;
    int code;

    moving_hold_interrupts();
    if (backup_dir_open(c->args[0], &d, &e)) {
        done = backup_dir_check(&d, c->settings, &e) &&
               backup_dir_lock(&d, &e) && remove_torn(&d, &e) &&
               backup_writer_begin(&x.writer, &d, c->settings->mail.dir, x.only,
                                   &e) &&
               write_all(&x, &e);
        if (x.writer.dir != NULL)
            backup_writer_end(&x.writer);
        backup_dir_close(&d);
    }
    code = end(&x, done, &e);
    if (x.accounts.p != NULL)
        crypto_wipe(x.accounts.p, x.accounts.n);
    buf_free(&x.accounts);
    map_free(&x.with_mail);
    arena_clear(&x.memory);
    return code;
}
