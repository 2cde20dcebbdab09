/*
 * pillarbox export mbox USER DIR
 *
 * One file a mailbox, "Archive.2024.mbox", in the mboxrd form: every line that
 * is "From " behind any number of ">" gets one more. Flags, keywords and UIDs
 * stand in Status, X-Status, X-Keywords, X-UID and X-IMAPbase. A file that is
 * there is left as it is.
 */
#include "pillarbox/command.h"

#include "base/fs.h"
#include "mail/flags.h"
#include "mail/mailbox_name.h"
#include "pillarbox/exporting.h"
#include "pillarbox/mbox.h"
#include "pillarbox/mbox_line.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CHUNK ((size_t)64 << 10)
#define FRESH ".pillarbox-export.new"

struct files {
    int root;
    int fd; /* of the mailbox, or -1 */
    const struct exporting_mailbox *mailbox;
    bool first; /* the next message is the mailbox's first */
    struct buf out;
};

static void
put_name(const struct exporting_mailbox *b, struct buf *name)
{
    struct buf folder = { .max = NAME_MAX };

    mailbox_name_to_folder(span_of(b->name), &folder);
    buf_printf(name, "%s.mbox",
               strcmp(b->name, "INBOX") == 0 ? "INBOX" : buf_text(&folder) + 1);
    buf_free(&folder);
}

static bool
is_there(void *arg, const struct exporting_mailbox *b)
{
    struct files *f = arg;
    struct buf name = { .max = PATH_MAX };
    struct stat st;
    struct error e;
    bool found;

    put_name(b, &name);
    found = fs_stat(f->root, buf_text(&name), &st, &e);
    buf_free(&name);
    return found;
}

static bool
begin(void *arg, const struct exporting_mailbox *b, struct error *e)
{
    struct files *f = arg;
    struct error none;

    f->mailbox = b;
    f->first = true;
    fs_unlink(f->root, FRESH, &none);
    return fs_create(f->root, FRESH, 0600, &f->fd, e);
}

static bool
has(void *arg, const struct store_row *row)
{
    (void)arg;
    (void)row;
    return false;
}

/* --- a message ------------------------------------------------------------------------ */

static void
put_keywords(const struct exporting_mailbox *b, uint64_t bits, struct buf *out)
{
    for (size_t i = 0; i < b->keyword_count && i < 64; i++)
        if ((bits & UINT64_C(1) << i) != 0)
            buf_printf(out, " %s", b->keywords[i]);
}

static void
put_status(struct files *f, const struct store_row *row)
{
    struct buf *out = &f->out;

    if (f->first) {
        buf_printf(out, "X-IMAPbase: %" PRIu32 " %010" PRIu32,
                   f->mailbox->uid_validity, f->mailbox->uid_next - 1);
        put_keywords(f->mailbox, UINT64_MAX, out);
        buf_put_ch(out, '\n');
    }
    f->first = false;
    buf_printf(out, "X-UID: %" PRIu32 "\nStatus: %s%s\n", row->uid,
               (row->flags & MAIL_SEEN) != 0 ? "R" : "",
               (row->flags & MAIL_RECENT) != 0 ? "" : "O");
    buf_printf(out, "X-Status: %s%s%s%s\n",
               (row->flags & MAIL_ANSWERED) != 0 ? "A" : "",
               (row->flags & MAIL_FLAGGED) != 0 ? "F" : "",
               (row->flags & MAIL_DRAFT) != 0 ? "T" : "",
               (row->flags & MAIL_DELETED) != 0 ? "D" : "");
    buf_put_text(out, "X-Keywords:");
    if ((row->flags & MAIL_PASSED) != 0)
        buf_put_text(out, " $Forwarded");
    put_keywords(f->mailbox, row->keywords, out);
    buf_put_ch(out, '\n');
}

static bool
flush(struct files *f, size_t at_least, struct error *e)
{
    bool done = f->out.n < at_least || fs_write(f->fd, buf_span(&f->out), e);

    if (f->out.n >= at_least)
        buf_clear(&f->out);
    return done;
}

/* The address in Return-Path is the sender of the From_ line. */
static void
find_sender(int fd, struct buf *sender)
{
    struct mbox_lines lines = { 0 };
    struct mbox_line line;
    struct error e;
    bool failed;

    mbox_lines_begin(&lines, fd, 0, UINT64_MAX);
    while (mbox_lines_next(&lines, &line, &failed, &e) && line.text.n > 0) {
        struct span path = line.text;
        struct span skipped;

        if (!span_starts_nocase(path, "Return-Path:"))
            continue;
        span_cut(&path, '<', &skipped);
        path = span_sub(path, 0, span_find(path, '>'));
        buf_put(sender, span_sub(span_trim(path), 0, 320));
        break;
    }
    mbox_lines_free(&lines);
    if (sender->n == 0)
        buf_put_text(sender, "MAILER-DAEMON");
}

/* What the mbox says in these fields is of the mbox. */
static bool
is_left_out(const struct mbox_line *line, bool *skipping)
{
    if (line->starts && !span_starts(line->text, " ") &&
        !span_starts(line->text, "\t"))
        *skipping = mbox_is_own_field(line->text);
    return *skipping;
}

static void
put_line(struct files *f, const struct mbox_line *line)
{
    struct span rest = line->text;

    while (rest.n > 0 && rest.p[0] == '>')
        rest = span_after(rest, 1);
    if (line->starts && span_starts(rest, "From "))
        buf_put_ch(&f->out, '>');
    buf_put(&f->out, line->text);
    if (line->text.n < line->raw.n)
        buf_put_ch(&f->out, '\n');
}

static bool
put_text(struct files *f, const struct exporting_message *m, struct error *e)
{
    struct mbox_lines lines = { 0 };
    struct mbox_line line = { 0 };
    bool in_header = true;
    bool skipping = false;
    bool failed = false;
    bool done = true;

    mbox_lines_begin(&lines, m->fd, 0, UINT64_MAX);
    while (done && mbox_lines_next(&lines, &line, &failed, e)) {
        if (in_header && line.starts && line.text.n == 0) {
            in_header = false;
            put_status(f, m->row);
        }
        if (!in_header || !is_left_out(&line, &skipping))
            put_line(f, &line);
        done = flush(f, CHUNK, e);
    }
    mbox_lines_free(&lines);
    if (!done || failed)
        return false;
    if (line.raw.n > 0 && line.text.n == line.raw.n)
        buf_put_ch(&f->out, '\n'); /* the last line had none */
    if (in_header) {
        put_status(f, m->row);
        buf_put_ch(&f->out, '\n');
    }
    return true;
}

static bool
put(void *arg, const struct exporting_message *m, struct error *e)
{
    struct files *f = arg;
    struct buf sender = { .max = 1024 };

    find_sender(m->fd, &sender);
    mbox_put_from(buf_span(&sender), m->row->date, &f->out);
    buf_free(&sender);
    if (!put_text(f, m, e))
        return false;
    buf_put_ch(&f->out, '\n');
    return flush(f, CHUNK, e);
}

static bool
end(void *arg, const struct exporting_mailbox *b, struct error *e)
{
    struct files *f = arg;
    struct buf name = { .max = PATH_MAX };
    bool done = flush(f, 0, e) && fs_sync(f->fd, e);

    put_name(b, &name);
    done = done && fs_rename(f->root, FRESH, f->root, buf_text(&name), e);
    close(f->fd);
    f->fd = -1;
    buf_free(&name);
    return done;
}

static bool
finish(void *arg, struct error *e)
{
    struct files *f = arg;

    return fs_sync_dir(f->root, ".", e);
}

static const struct exporting_sink sink = { "mbox", is_there, begin, has,
                                            put,    end,      finish };

int
command_export_mbox(struct cli *c)
{
    struct files f = { .fd = -1, .out = { .max = 4 * CHUNK } };
    const char *user = cli_user(c, c->args[0]);
    struct error e;
    int code;

    if (!fs_mkdir_all(AT_FDCWD, c->args[1], 0700, &e) ||
        !fs_open_dir(AT_FDCWD, c->args[1], &f.root, &e))
        return cli_fail(c, c->args[1], &e);
    code = exporting_run(c, user, &sink, &f);
    if (f.fd != -1)
        close(f.fd);
    buf_free(&f.out);
    close(f.root);
    return code;
}
