/*
 * A message comes here by a second link, made durable before the first one
 * goes (gone.c), and leaves in the same order (undelete.c): a crash in between
 * leaves both, never none.
 */
#include "mailstore/kept.h"

#include "base/fs.h"
#include "mail/mailbox_name.h"
#include "mailstore/folder.h"
#include "mailstore/maildir.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME_FILE "name"
#define DELETED   "deleted,"

void
kept_describe(const struct index_folder *record, struct kept_box *b)
{
    *b = (struct kept_box){ 0 };
    for (size_t i = 0; i < sizeof record->mailbox_id; i++)
        snprintf(b->id + 2 * i, 3, "%02x", record->mailbox_id[i]);
    memcpy(b->name, record->name, sizeof b->name);
    folder_control(record, &b->control);
}

/* --- keeping -------------------------------------------------------------------------- */

static bool
make_dir(int root, const char *path, const char *parent, struct error *e)
{
    if (fs_mkdir(root, path, 0700, e))
        return fs_sync_dir(root, parent, e);
    return e->kind == FAIL_EXISTS;
}

static bool
write_name(int dir, const char *name, struct error *e)
{
    struct buf text = { .max = 4096 };
    struct buf old = { .max = 4096 };
    bool same;

    buf_printf(&text, "%s\n", name);
    same = fs_read_file(dir, NAME_FILE, &old, e) &&
           span_eq(buf_span(&old), buf_span(&text));
    if (!same)
        same = fs_replace(dir, NAME_FILE, buf_span(&text), 0600, e);
    buf_free(&text);
    buf_free(&old);
    return same;
}

/* Only keywords can have changed, and only by new ones. */
static bool
write_control(int dir, const struct control *wanted, struct error *e)
{
    struct control old;

    if (control_read(dir, &old, e) &&
        old.keyword_count == wanted->keyword_count &&
        old.special_use == wanted->special_use)
        return true;
    return control_write(dir, wanted, e);
}

bool
kept_open(struct core *c, const char *home, const struct kept_box *b, int *dir,
          struct error *e)
{
    struct buf all = { 0 };
    struct buf own = { 0 };
    int fd = -1;
    bool done;

    buf_printf(&all, "%s/" KEPT_DIR, home);
    buf_printf(&own, "%s/%s", buf_text(&all), b->id);
    done = make_dir(c->root, buf_text(&all), home, e) &&
           make_dir(c->root, buf_text(&own), buf_text(&all), e) &&
           fs_open_dir(c->root, buf_text(&own), &fd, e);
    done =
        done && write_name(fd, b->name, e) && write_control(fd, &b->control, e);
    buf_free(&all);
    buf_free(&own);
    if (done)
        *dir = fd;
    else if (fd != -1)
        close(fd);
    return done;
}

void
kept_name(const struct index_gone *g, struct span base, struct buf *out)
{
    struct buf whole = { .max = NAME_MAX };

    buf_printf(&whole, "%" PRId64 ",%" PRIu32 ",", g->time, g->uid);
    maildir_name_put(base, g->flags, g->keywords, span_of(""), &whole);
    if (whole.full) { /* flags are worth less than the message */
        buf_clear(&whole);
        buf_printf(&whole, "%" PRId64 ",%" PRIu32 ",", g->time, g->uid);
        buf_put(&whole, base);
    }
    buf_put(out, buf_span(&whole));
    buf_free(&whole);
}

bool
kept_link(int from_dir, const char *from, int dir, const char *name,
          struct error *e)
{
    return maildir_link(from_dir, from, dir, name, e) || e->kind == FAIL_EXISTS;
}

void
kept_mailbox_path(const struct kept_box *b, int64_t time, struct buf *out)
{
    buf_printf(out, KEPT_DIR "/%s/" DELETED "%" PRId64, b->id, time);
}
