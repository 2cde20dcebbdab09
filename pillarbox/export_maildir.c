/*
 * pillarbox export maildir USER DIR [--link]
 *
 * A Maildir++ tree in which Dovecot finds UIDs, UIDVALIDITY, keywords and
 * unique-ids (dovecot-uidlist, dovecot-keywords, subscriptions). Names of files
 * are made of date, UID and UIDVALIDITY: so an export that was interrupted goes
 * on, and only what is missing is written.
 */
#include "pillarbox/command.h"

#include "base/fs.h"
#include "base/map.h"
#include "base/mem.h"
#include "mail/mailbox_name.h"
#include "pillarbox/exporting.h"
#include "pillarbox/maildir_out.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct tree {
    int root;
    bool links; /* --link */
    struct buf subscriptions;
    int dir; /* of the folder, or -1 */
    uint32_t uid_validity;
    struct arena memory;
    struct map *there; /* base -> "cur/NAME" */
    struct maildir_out_list out;
};

/* --- a folder ----------------------------------------------------------------------- */

static void
list_part(struct tree *t, const char *part)
{
    struct error e;
    int fd;
    DIR *d;

    if (!fs_open_dir(t->dir, part, &fd, &e))
        return;
    d = fdopendir(fd);
    if (d == NULL) {
        close(fd);
        return;
    }
    for (struct dirent *entry; (entry = readdir(d)) != NULL;) {
        struct span name = span_of(entry->d_name);

        if (entry->d_name[0] != '.')
            map_put(t->there, span_sub(name, 0, span_find(name, ':')),
                    arena_printf(&t->memory, "%s/%s", part, entry->d_name));
    }
    closedir(d);
}

static bool
make_dir(int dir, const char *name, struct error *e)
{
    return fs_mkdir(dir, name, 0700, e) || e->kind == FAIL_EXISTS;
}

static bool
make_parts(struct tree *t, bool is_inbox, struct error *e)
{
    struct stat st;
    int fd;

    if (!make_dir(t->dir, "cur", e) || !make_dir(t->dir, "new", e) ||
        !make_dir(t->dir, "tmp", e))
        return false;
    if (is_inbox || fs_stat(t->dir, "maildirfolder", &st, e))
        return true;
    if (!fs_create(t->dir, "maildirfolder", 0600, &fd, e))
        return false;
    close(fd);
    return true;
}

static bool
begin(void *arg, const struct exporting_mailbox *b, struct error *e)
{
    struct tree *t = arg;
    struct buf folder = { .max = NAME_MAX };
    bool is_inbox = strcmp(b->name, "INBOX") == 0;
    bool done;

    mailbox_name_to_folder(span_of(b->name), &folder);
    if (b->is_subscribed)
        buf_printf(&t->subscriptions, "%s\n",
                   is_inbox ? "INBOX" : buf_text(&folder) + 1);
    done = (is_inbox || make_dir(t->root, buf_text(&folder), e)) &&
           fs_open_dir(t->root, buf_text(&folder), &t->dir, e) &&
           make_parts(t, is_inbox, e);
    buf_free(&folder);
    if (!done)
        return false;
    t->uid_validity = b->uid_validity;
    t->there = map_new();
    t->out.list = (struct uidlist){ b->uid_validity, b->uid_next, NULL, 0 };
    list_part(t, "new");
    list_part(t, "cur");
    return true;
}

static bool
is_there(void *arg, const struct exporting_mailbox *b)
{
    (void)arg;
    (void)b;
    return false;
}

static bool
has(void *arg, const struct store_row *row)
{
    struct tree *t = arg;
    struct buf base = { .max = NAME_MAX };
    bool found;

    maildir_out_base(t->uid_validity, row, &base);
    found = map_get(t->there, buf_span(&base)) != NULL;
    buf_free(&base);
    return found;
}

/* --- a message ----------------------------------------------------------------------- */

static bool
copy_bytes(int from, int to, struct error *e)
{
    struct buf piece = { 0 };
    char *room = buf_room(&piece, (size_t)64 << 10);
    uint64_t at = 0;
    size_t got = 0;
    bool done;

    while ((done = fs_read_at(from, at, room, (size_t)64 << 10, &got, e)) &&
           got > 0) {
        at += got;
        if (!fs_write(to, span_from(room, got), e)) {
            done = false;
            break;
        }
    }
    buf_free(&piece);
    return done;
}

/* tmp/ first: what is in cur/ and new/ is whole. */
static bool
write_file(struct tree *t, const struct exporting_message *m, const char *path,
           struct error *e)
{
    struct error mine;
    bool done;
    int fd;

    if (t->links && fs_link_fd(m->fd, t->dir, path, &mine))
        return true;
    fs_unlink(t->dir, "tmp/pillarbox-export", &mine);
    if (!fs_create(t->dir, "tmp/pillarbox-export", 0600, &fd, e))
        return false;
    done = copy_bytes(m->fd, fd, e) && fs_set_time(fd, m->row->date, e);
    close(fd);
    return done && fs_rename(t->dir, "tmp/pillarbox-export", t->dir, path, e);
}

static bool
put(void *arg, const struct exporting_message *m, struct error *e)
{
    struct tree *t = arg;
    struct buf base = { .max = NAME_MAX };
    struct buf path = { .max = PATH_MAX };
    const char *old;
    bool done = true;

    maildir_out_base(t->uid_validity, m->row, &base);
    maildir_out_path(m->row, buf_span(&base), &path);
    old = map_get(t->there, buf_span(&base));
    if (old == NULL)
        done = write_file(t, m, buf_text(&path), e);
    else if (strcmp(old, buf_text(&path)) != 0)
        done = fs_rename(t->dir, old, t->dir, buf_text(&path), e);
    maildir_out_add(&t->out, m, buf_span(&base));
    buf_free(&base);
    buf_free(&path);
    return done;
}

/* --- what Dovecot reads beside ---------------------------------------------------------- */

static bool
write_beside(struct tree *t, const struct exporting_mailbox *b, struct error *e)
{
    struct buf list = { .max = SIZE_MAX / 2 };
    struct buf keywords = { 0 };
    bool done;

    uidlist_print(&t->out.list, &list);
    maildir_out_keywords(b, &keywords);
    done = fs_replace(t->dir, MAILDIR_OUT_UIDLIST, buf_span(&list), 0600, e) &&
           (keywords.n == 0 || fs_replace(t->dir, MAILDIR_OUT_KEYWORDS,
                                          buf_span(&keywords), 0600, e));
    buf_free(&list);
    buf_free(&keywords);
    return done;
}

static void
leave(struct tree *t)
{
    if (t->dir != -1)
        close(t->dir);
    t->dir = -1;
    maildir_out_free(&t->out);
    map_free(&t->there);
    arena_clear(&t->memory);
}

static bool
end(void *arg, const struct exporting_mailbox *b, struct error *e)
{
    struct tree *t = arg;
    bool done = write_beside(t, b, e);

    leave(t);
    return done;
}

static bool
finish(void *arg, struct error *e)
{
    struct tree *t = arg;

    if (!fs_replace(t->root, "subscriptions", buf_span(&t->subscriptions), 0600,
                    e))
        return false;
    return syncfs(t->root) == 0 || fail_sys(e, "flush the export");
}

static const struct exporting_sink sink = { "maildir", is_there, begin, has,
                                            put,       end,      finish };

int
command_export_maildir(struct cli *c)
{
    struct tree t = { .dir = -1, .links = cli_option(c, "--link") };
    const char *user = cli_user(c, c->args[0]);
    struct error e;
    int code;

    if (!fs_mkdir_all(AT_FDCWD, c->args[1], 0700, &e) ||
        !fs_open_dir(AT_FDCWD, c->args[1], &t.root, &e))
        return cli_fail(c, c->args[1], &e);
    code = exporting_run(c, user, &sink, &t);
    leave(&t);
    buf_free(&t.subscriptions);
    close(t.root);
    return code;
}
