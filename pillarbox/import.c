/*
 * pillarbox import maildir|mbox SOURCE USER [MAILBOX]
 *
 * Opens the source itself, so that mailstored need not read what it does not
 * own, and hands the messages over.
 */
#include "pillarbox/command.h"

#include "base/fs.h"
#include "mail/mailbox_name.h"
#include "pillarbox/importing.h"
#include "pillarbox/moving.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const columns[] = { "mailbox",    "imported", "present",
                                       "renumbered", "failed",   NULL };

struct moving_in {
    struct importing im;
    struct cli *cli;
    const char *source; /* as typed */
    const char *user;
    const char *mailbox; /* or NULL */
    struct cli_table table;
    struct buf subscribed; /* names, NUL-terminated */
    bool has_subscriptions;
    unsigned skipped; /* folders */
    struct error e;
};

/* --- one mailbox ------------------------------------------------------------------ */

static void
add_row(struct moving_in *in, const char *mailbox,
        const struct importing *before)
{
    const struct importing *now = &in->im;

    cli_table_add(&in->table, span_of(mailbox));
    cli_table_add_number(&in->table, now->imported - before->imported);
    cli_table_add_number(&in->table, now->there - before->there);
    cli_table_add_number(&in->table, now->renumbered - before->renumbered);
    cli_table_add_number(&in->table, now->failed - before->failed);
}

static bool
run(struct moving_in *in, const struct source *s)
{
    const struct importing before = in->im;
    bool done = importing_run(&in->im, s, &in->e);

    add_row(in, s->mailbox, &before);
    return done;
}

/* It is told, and the next one has its turn. */
static void
skip(struct moving_in *in, const char *what, const struct error *e)
{
    progress_clear(&in->im.progress);
    fprintf(stderr, "pillarbox: %s: %s: left out: %s\n", in->source, what,
            e->text);
    in->skipped++;
}

/* --- Maildir ---------------------------------------------------------------------- */

static uint64_t
count_files(int dir, const char *part)
{
    struct error e;
    uint64_t n = 0;
    int fd;
    DIR *d;

    if (!fs_open_dir(dir, part, &fd, &e))
        return 0;
    d = fdopendir(fd);
    if (d == NULL) {
        close(fd);
        return 0;
    }
    for (struct dirent *entry; (entry = readdir(d)) != NULL;)
        if (entry->d_name[0] != '.')
            n++;
    closedir(d);
    return n;
}

static void
count_messages(struct moving_in *in, int root, const struct moving_folders *f)
{
    struct error e;
    int dir;

    for (size_t i = 0; i < f->count; i++) {
        if (!fs_open_dir(root, f->names[i], &dir, &e))
            continue;
        in->im.total += count_files(dir, "cur") + count_files(dir, "new");
        close(dir);
    }
}

static void
on_subscription(void *arg, struct span mailbox)
{
    struct moving_in *in = arg;

    buf_put(&in->subscribed, mailbox);
    buf_put_ch(&in->subscribed, '\0');
}

static void
read_subscriptions(struct moving_in *in, int root)
{
    static const char *const files[] = { "subscriptions",
                                         "courierimapsubscribed" };

    for (size_t i = 0; i < 2 && !in->has_subscriptions; i++) {
        struct buf text = { .max = (size_t)4 << 20 };
        struct stat st;
        struct error e;

        if (fs_stat(root, files[i], &st, &e) && S_ISREG(st.st_mode) &&
            fs_read_file(root, files[i], &text, &e)) {
            in->has_subscriptions = true;
            foreign_subscriptions(buf_span(&text), on_subscription, in);
        }
        buf_free(&text);
    }
}

/* Where nobody says, all are. */
static bool
is_subscribed(const struct moving_in *in, const char *mailbox)
{
    struct span rest = buf_span(&in->subscribed);
    struct span name;

    if (!in->has_subscriptions || strcmp(mailbox, "INBOX") == 0)
        return true;
    while (rest.n > 0 && span_cut(&rest, '\0', &name))
        if (span_is(name, mailbox))
            return true;
    return false;
}

static bool
import_folder(struct moving_in *in, int root, const char *folder)
{
    struct buf name = { .max = 1024 };
    struct source s;
    struct error e;
    bool done = true;
    int dir;

    if (in->mailbox != NULL)
        buf_put_text(&name, in->mailbox);
    else if (strcmp(folder, ".") == 0)
        buf_put_text(&name, "INBOX");
    else if (!foreign_mailbox(span_of(folder), &name))
        name.full = !fail(&e, FAIL_INVALID, "no name for a mailbox");
    if (name.full || !fs_open_dir(root, folder, &dir, &e)) {
        skip(in, folder, &e);
        buf_free(&name);
        return true;
    }
    if (source_maildir(dir, buf_text(&name), &s, &e)) {
        s.is_subscribed = is_subscribed(in, s.mailbox);
        done = run(in, &s);
    } else {
        skip(in, folder, &e);
    }
    source_free(&s);
    buf_free(&name);
    return done;
}

static bool
import_maildir(struct moving_in *in)
{
    struct moving_folders f = { 0 };
    int root;
    bool done;

    if (!fs_open_dir(AT_FDCWD, in->source, &root, &in->e))
        return false;
    done = moving_list_folders(root, &f, &in->e);
    if (done && in->mailbox != NULL)
        f.count = 1; /* the Maildir itself */
    if (done) {
        count_messages(in, root, &f);
        read_subscriptions(in, root);
    }
    for (size_t i = 0; done && i < f.count; i++)
        done = import_folder(in, root, f.names[i]);
    moving_free_folders(&f);
    close(root);
    return done;
}

/* --- mbox ------------------------------------------------------------------------- */

static bool
import_file(struct moving_in *in, int dir, const char *path,
            const char *mailbox)
{
    struct source s;
    struct stat st;
    bool done;
    int fd;

    if (!fs_stat(dir, path, &st, &in->e))
        return false;
    if (!S_ISREG(st.st_mode))
        return fail(&in->e, FAIL_INVALID, "not a file");
    if (!fs_open_read(dir, path, &fd, &in->e))
        return false;
    done = source_mbox(fd, mailbox, &s, &in->e);
    if (done) {
        in->im.total += s.count;
        done = run(in, &s);
    }
    source_free(&s);
    return done;
}

/* "Archive.2024.mbox" in a directory, as export makes them. */
static bool
name_of_file(const char *file, struct buf *mailbox)
{
    struct span name = span_of(file);
    struct buf folder = { .max = 1024 };
    bool good = span_ends(name, ".mbox") && name.n > 5;

    if (good) {
        name = span_sub(name, 0, name.n - 5);
        buf_put_ch(&folder, '.');
        buf_put(&folder, name);
        if (span_is_nocase(name, "INBOX"))
            buf_put_text(mailbox, "INBOX");
        else
            good = foreign_mailbox(buf_span(&folder), mailbox);
    }
    buf_free(&folder);
    return good;
}

static bool
import_files(struct moving_in *in)
{
    bool done = true;
    int dir;
    DIR *d;

    if (!fs_open_dir(AT_FDCWD, in->source, &dir, &in->e))
        return false;
    d = fdopendir(dir);
    if (d == NULL) {
        close(dir);
        return fail_sys(&in->e, "read the directory");
    }
    for (struct dirent *entry; done && (entry = readdir(d)) != NULL;) {
        struct buf mailbox = { .max = 1024 };

        if (name_of_file(entry->d_name, &mailbox))
            done = import_file(in, dir, entry->d_name, buf_text(&mailbox));
        buf_free(&mailbox);
    }
    closedir(d);
    return done;
}

static bool
import_mbox(struct moving_in *in)
{
    struct stat st;

    if (!fs_stat(AT_FDCWD, in->source, &st, &in->e))
        return false;
    if (S_ISDIR(st.st_mode) && in->mailbox == NULL)
        return import_files(in);
    return import_file(in, AT_FDCWD, in->source,
                       in->mailbox != NULL ? in->mailbox : "INBOX");
}

/* --- the command ------------------------------------------------------------------ */

static bool
take_mailbox(struct moving_in *in, const char *typed)
{
    struct buf name = { .max = 1024 };

    if (!mailbox_name_is_valid(span_of(typed)))
        return false;
    mailbox_name_canonical(span_of(typed), &name);
    in->mailbox = arena_text(&in->cli->memory, buf_span(&name));
    buf_free(&name);
    return true;
}

static int
end(struct moving_in *in, bool done)
{
    uint64_t bad = in->im.failed + in->skipped;

    importing_end(&in->im);
    cli_table_print(&in->table);
    buf_free(&in->subscribed);
    if (in->im.interrupted) {
        fprintf(stderr, "pillarbox: import: interrupted; the same command "
                        "again goes on from here\n");
        return MOVING_INTERRUPTED;
    }
    if (!done)
        return cli_fail(in->cli, in->source, &in->e);
    if (bad == 0)
        return CLI_DONE;
    fprintf(stderr, "pillarbox: import: %" PRIu64 " of %" PRIu64 " failed\n",
            bad, in->im.passed + in->skipped);
    return CLI_PROBLEM;
}

static int
import(struct cli *c, bool (*from)(struct moving_in *in))
{
    struct moving_in in = { .cli = c,
                            .source = c->args[0],
                            .table = { .columns = columns, .json = c->json } };

    in.user = cli_user(c, c->args[1]);
    if (c->arg_count > 2 && !take_mailbox(&in, c->args[2]))
        return cli_usage("%s: no name for a mailbox", c->args[2]);
    if (!moving_check_user(c, in.user, &in.e) ||
        !importing_begin(&in.im, c, in.user, "import", &in.e))
        return cli_fail(c, in.user, &in.e);
    return end(&in, from(&in));
}

int
command_import_maildir(struct cli *c)
{
    return import(c, import_maildir);
}

int
command_import_mbox(struct cli *c)
{
    return import(c, import_mbox);
}
