#include "pillarbox/backup_mail.h"

#include "mail/account.h"
#include "mail/mailbox_name.h"
#include "pillarbox/backup_text.h"
#include "pillarbox/maildir_out.h"

struct account {
    struct backup_writer *writer;
    const char *user;
    struct buf mailboxes; /* the file */
    struct buf folder;    /* of the mailbox: "mail/example.org/anna/.Sent" */
    uint32_t uid_validity;
    struct maildir_out_list out;
    bool reused; /* the message in hand */
};

void
backup_mail_path(const char *user, struct buf *out)
{
    buf_put_text(out, BACKUP_MAIL "/");
    account_name_to_path(span_of(user), out);
}

void
backup_mail_folder(const char *user, struct span mailbox, struct buf *out)
{
    struct buf name = { .max = 1024 };

    backup_mail_path(user, out);
    mailbox_name_to_folder(mailbox, &name);
    if (!span_is(buf_span(&name), "."))
        buf_printf(out, "/%s", buf_text(&name));
    buf_free(&name);
}

/* --- a message -------------------------------------------------------------------------- */

static void
put_path(const struct account *a, const struct store_row *row, struct span base,
         struct buf *out)
{
    buf_put(out, buf_span(&a->folder));
    buf_put_ch(out, '/');
    maildir_out_path(row, base, out);
}

static bool
never_there(void *arg, const struct exporting_mailbox *b)
{
    (void)arg;
    (void)b;
    return false;
}

/* The earlier backup may save us from asking for the live file. */
static bool
reuse(void *arg, const struct store_row *row)
{
    struct account *a = arg;
    struct backup_message m = { .size = row->size };
    struct buf base = { .max = 256 };
    struct buf path = { .max = BACKUP_PATH_MAX };

    maildir_out_base(a->uid_validity, row, &base);
    put_path(a, row, buf_span(&base), &path);
    m.path = buf_text(&path);
    a->reused = backup_writer_reuse(a->writer, &m);
    buf_free(&base);
    buf_free(&path);
    return a->reused;
}

static bool
put_message(void *arg, const struct exporting_message *x, struct error *e)
{
    struct account *a = arg;
    struct backup_message m = { .date = x->row->date,
                                .size = x->row->size,
                                .fd = x->fd,
                                .is_there = a->reused };
    struct buf base = { .max = 256 };
    struct buf path = { .max = BACKUP_PATH_MAX };
    bool done;

    maildir_out_base(a->uid_validity, x->row, &base);
    put_path(a, x->row, buf_span(&base), &path);
    m.path = buf_text(&path);
    done = backup_writer_message(a->writer, &m, e);
    maildir_out_add(&a->out, x, buf_span(&base));
    buf_free(&base);
    buf_free(&path);
    return done;
}

/* --- a mailbox --------------------------------------------------------------------------- */

static bool
make_part(struct account *a, const char *part, struct error *e)
{
    struct buf path = { .max = BACKUP_PATH_MAX };
    bool done;

    buf_printf(&path, "%s/%s", buf_text(&a->folder), part);
    done = backup_writer_mkdir(a->writer, buf_text(&path), e);
    buf_free(&path);
    return done;
}

static bool
begin(void *arg, const struct exporting_mailbox *b, struct error *e)
{
    struct account *a = arg;
    const struct backup_mailbox m = { .name = span_of(b->name),
                                      .uid_validity = b->uid_validity,
                                      .uid_next = b->uid_next,
                                      .first_recent = b->first_recent,
                                      .flags = b->flags };

    backup_mailboxes_add(&a->mailboxes, &m);
    buf_clear(&a->folder);
    backup_mail_folder(a->user, m.name, &a->folder);
    maildir_out_free(&a->out);
    a->out.list = (struct uidlist){ b->uid_validity, b->uid_next, NULL, 0 };
    a->uid_validity = b->uid_validity;
    return make_part(a, "cur", e) && make_part(a, "new", e) &&
           make_part(a, "tmp", e);
}

static bool
write_text(struct account *a, const char *dir, const char *name,
           const struct buf *text, struct error *e)
{
    struct buf path = { .max = BACKUP_PATH_MAX };
    bool done;

    buf_printf(&path, "%s/%s", dir, name);
    done = text->full ? fail(e, FAIL_LIMIT, "%s is too large", name)
                      : backup_writer_text(a->writer, buf_text(&path),
                                           buf_span(text), e);
    buf_free(&path);
    return done;
}

static bool
end(void *arg, const struct exporting_mailbox *b, struct error *e)
{
    struct account *a = arg;
    const char *dir = buf_text(&a->folder);
    struct buf uids = { .max = BACKUP_MANIFEST_MAX };
    struct buf keywords = { 0 };
    bool done;

    uidlist_print(&a->out.list, &uids);
    maildir_out_keywords(b, &keywords);
    done = write_text(a, dir, MAILDIR_OUT_UIDLIST, &uids, e) &&
           (keywords.n == 0 ||
            write_text(a, dir, MAILDIR_OUT_KEYWORDS, &keywords, e));
    buf_free(&uids);
    buf_free(&keywords);
    return done;
}

/* --- the account ---------------------------------------------------------------------------- */

static void
absent(void *arg, struct span name)
{
    struct account *a = arg;
    const struct backup_mailbox m = {
        .name = name, .flags = STORE_SUBSCRIBED | STORE_NONEXISTENT
    };

    backup_mailboxes_add(&a->mailboxes, &m);
}

static bool
finish(void *arg, struct error *e)
{
    struct account *a = arg;
    struct buf dir = { .max = BACKUP_PATH_MAX };
    bool done;

    backup_mail_path(a->user, &dir);
    done = write_text(a, buf_text(&dir), BACKUP_MAILBOXES, &a->mailboxes, e);
    buf_free(&dir);
    return done;
}

static const struct exporting_sink sink = { "backup", never_there, begin,
                                            reuse,    put_message, end,
                                            finish,   absent };

bool
backup_mail_write(struct backup_writer *w, struct exporting *x,
                  const char *user, struct error *e)
{
    struct account a = { .writer = w,
                         .user = user,
                         .mailboxes = { 0 },
                         .folder = { .max = BACKUP_PATH_MAX } };
    bool done;

    backup_mailboxes_begin(&a.mailboxes);
    backup_mail_path(user, &a.folder);
    done = backup_writer_mkdir(w, buf_text(&a.folder), e) &&
           exporting_account(x, user, &sink, &a, e);
    buf_free(&a.mailboxes);
    buf_free(&a.folder);
    maildir_out_free(&a.out);
    return done;
}
