/* From a backup into a directory: plain files, at the paths that they have in
 * the backup, compared with their digests on the way. */
#include "pillarbox/backup_restore.h"

#include "base/fs.h"
#include "pillarbox/backup_mail.h"
#include "pillarbox/moving.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool
is_empty(int fd)
{
    int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = again == -1 ? NULL : fdopendir(again);
    bool empty = true;

    if (d == NULL)
        return false;
    for (struct dirent *entry; (entry = readdir(d)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            empty = false;
    closedir(d);
    return empty;
}

bool
restoring_out_begin(struct restoring *r, struct error *e)
{
    if (!fs_mkdir_all(AT_FDCWD, r->to, 0700, e) ||
        !fs_open_dir(AT_FDCWD, r->to, &r->to_dir, e))
        return false;
    return is_empty(r->to_dir) ||
           fail(e, FAIL_EXISTS, "%s is not empty: name a new directory", r->to);
}

static bool
write_piece(void *arg, struct span piece, struct error *e)
{
    return fs_write(*(int *)arg, piece, e);
}

static bool
make_parent(const struct restoring *r, const char *path, struct error *e)
{
    const char *slash = strrchr(path, '/');
    struct buf dir = { .max = BACKUP_PATH_MAX };
    bool done;

    if (slash == NULL)
        return true;
    buf_put(&dir, span_from(path, (size_t)(slash - path)));
    done = fs_mkdir_all(r->to_dir, buf_text(&dir), 0700, e);
    buf_free(&dir);
    return done;
}

/* A damaged file is told and left out. False: it cannot go on. */
static bool
copy_out(struct restoring *r, const struct backup_entry *entry, int64_t date,
         struct error *e)
{
    bool done;
    int fd;

    if (!make_parent(r, entry->path, e) ||
        !fs_create(r->to_dir, entry->path, 0600, &fd, e))
        return false;
    done = backup_copy(r->backup, entry, write_piece, &fd, e) &&
           (date == 0 || fs_set_time(fd, date, e));
    close(fd);
    if (done)
        return true;
    fs_unlink(r->to_dir, entry->path, &(struct error){ 0 });
    if (e->kind == FAIL_FULL)
        return false;
    restoring_complain(r, entry->path, e);
    return true;
}

/* Of the users that are wanted. */
static bool
is_wanted(const struct restoring *r, const char *path)
{
    struct buf dir = { .max = BACKUP_PATH_MAX };
    bool wanted;

    if (r->user == NULL)
        return true;
    backup_mail_path(r->user, &dir);
    buf_put_ch(&dir, '/');
    wanted = span_starts(span_of(path), buf_text(&dir));
    buf_free(&dir);
    return wanted;
}

bool
restoring_out_all(struct restoring *r, struct error *e)
{
    const struct backup_manifest *m = &r->backup->manifest;
    uint64_t problems = r->problems;
    size_t written = 0;

    for (size_t i = 0; i < m->count && !r->interrupted; i++) {
        if (!is_wanted(r, m->entries[i].path))
            continue;
        if (!copy_out(r, &m->entries[i], 0, e))
            return false;
        written++;
        r->interrupted = moving_is_interrupted();
    }
    fprintf(stderr, "%zu files written to %s\n",
            written - (size_t)(r->problems - problems), r->to);
    return true;
}

bool
restoring_out_mailbox(struct restoring *r, const struct backup_source *s,
                      struct error *e)
{
    const struct source *source = &s->source;
    uint64_t problems = r->problems;

    for (size_t i = 0; i < source->count && !r->interrupted; i++) {
        const struct source_message *m = &source->messages[i];

        if (!copy_out(r, backup_source_entry(s, m), m->date, e))
            return false;
        r->interrupted = moving_is_interrupted();
    }
    fprintf(stderr, "%s: %zu messages written to %s\n", source->mailbox,
            source->count - (size_t)(r->problems - problems), r->to);
    return true;
}
