#include "pillarbox/backup_write.h"

#include "base/clock.h"
#include "base/fs.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MODE 0600

/* --- the earlier backup --------------------------------------------------------------- */

/*
 * What stays the same of a message's path while its flags change: "mail/.../cur/
 * BASE:2,S" is known as "mail/.../BASE". False: it is no message's.
 */
static bool
put_key(struct span path, struct buf *key)
{
    size_t slash = path.n;
    struct span dir;
    struct span name;

    while (slash > 0 && path.p[slash - 1] != '/')
        slash--;
    if (slash < 5)
        return false;
    dir = span_sub(path, 0, slash - 1);
    name = span_after(path, slash);
    if (!span_ends(dir, "/cur") && !span_ends(dir, "/new"))
        return false;
    buf_put(key, span_sub(dir, 0, dir.n - 3));
    buf_put(key, span_sub(name, 0, span_find(name, ':')));
    return true;
}

static void
learn(struct backup_writer *w)
{
    struct backup_manifest *m = &w->previous.manifest;
    struct buf key = { .max = BACKUP_PATH_MAX };

    for (size_t i = 0; i < m->count; i++) {
        buf_clear(&key);
        if (put_key(span_of(m->entries[i].path), &key))
            map_put(w->known, buf_span(&key), &m->entries[i]);
    }
    buf_free(&key);
}

/* One user's has little of what everybody's needs. */
static bool
is_of_ours(const struct backup_writer *w)
{
    const char *only = w->previous.manifest.head.only;

    return only == NULL ||
           (w->head.only != NULL && strcmp(only, w->head.only) == 0);
}

/* One that cannot be used only makes this backup slower. */
static void
open_previous(struct backup_writer *w)
{
    const struct backup_dir *d = w->dir;
    struct error e;

    w->previous.fd = -1;
    w->known = map_new();
    for (size_t i = d->count; i-- > 0 && w->previous.fd == -1;) {
        if (!backup_open(d, d->names[i], &w->previous, &e))
            fprintf(stderr, "pillarbox: %s/%s: %s; nothing is taken from it\n",
                    d->path, d->names[i], e.text);
        else if (!is_of_ours(w))
            backup_close(&w->previous);
    }
    if (w->previous.fd != -1)
        learn(w);
}

static const struct backup_entry *
find_known(const struct backup_writer *w, const char *path)
{
    struct buf key = { .max = BACKUP_PATH_MAX };
    const struct backup_entry *entry = NULL;

    if (put_key(span_of(path), &key))
        entry = map_get(w->known, buf_span(&key));
    buf_free(&key);
    return entry;
}

/* --- beginning ------------------------------------------------------------------------- */

static bool
is_same_disk(int fd, const char *dir)
{
    struct stat ours;
    struct stat live;

    return fstat(fd, &ours) == 0 && stat(dir, &live) == 0 &&
           ours.st_dev == live.st_dev;
}

/* A second later where the second is taken. */
static bool
make_dir(struct backup_writer *w, struct error *e)
{
    const struct backup_dir *d = w->dir;
    bool done;

    for (w->head.date = clock_seconds();; w->head.date++) {
        backup_dir_name(w->head.date, w->name);
        if (!backup_dir_has(d, w->name))
            break;
    }
    snprintf(w->partial, sizeof w->partial, "%.20s" BACKUP_PARTIAL, w->name);
    done = fs_mkdir(d->fd, w->partial, 0700, e);
    if (!done)
        w->partial[0] = '\0';
    return done && fs_open_dir(d->fd, w->partial, &w->root, e);
}

bool
backup_writer_begin(struct backup_writer *w, const struct backup_dir *d,
                    const char *mail_dir, const char *only, struct error *e)
{
    *w = (struct backup_writer){ .dir = d,
                                 .root = -1,
                                 .head = { .only = only },
                                 .files = { .max = BACKUP_MANIFEST_MAX } };
    open_previous(w);
    w->links_live = is_same_disk(d->fd, mail_dir);
    return make_dir(w, e);
}

/* --- files ------------------------------------------------------------------------------ */

bool
backup_writer_mkdir(struct backup_writer *w, const char *path, struct error *e)
{
    return fs_mkdir_all(w->root, path, 0700, e);
}

static void
add_file(struct backup_writer *w, const struct backup_entry *entry)
{
    backup_manifest_print_file(entry, &w->files);
    w->count++;
}

bool
backup_writer_text(struct backup_writer *w, const char *path, struct span text,
                   struct error *e)
{
    struct backup_entry entry = { .path = path, .size = text.n };
    bool done;
    int fd;

    if (!fs_create(w->root, path, MODE, &fd, e))
        return false;
    done = fs_write(fd, text, e);
    close(fd);
    if (!done)
        return false;
    crypto_sha256(text, entry.digest);
    add_file(w, &entry);
    return true;
}

/* alone: a file that nothing else shares will do. */
static bool
link_known(struct backup_writer *w, const struct backup_message *m, bool alone)
{
    const struct backup_entry *known = find_known(w, m->path);
    struct stat st;
    struct error e;

    return known != NULL && fs_stat(w->previous.fd, known->path, &st, &e) &&
           S_ISREG(st.st_mode) && (uint64_t)st.st_size == m->size &&
           known->size == m->size && (alone || st.st_nlink > 1) &&
           fs_link(w->previous.fd, known->path, w->root, m->path, &e);
}

/* Where the live file can be linked, a copy is no more than second best. */
bool
backup_writer_reuse(struct backup_writer *w, const struct backup_message *m)
{
    return link_known(w, m, !w->links_live);
}

static bool
write_piece(void *arg, struct span piece, struct error *e)
{
    return fs_write(*(int *)arg, piece, e);
}

/* What is written is what is hashed. */
static bool
copy_message(struct backup_writer *w, const struct backup_message *m,
             struct backup_entry *entry, struct error *e)
{
    bool done;
    int fd;

    if (!fs_create(w->root, m->path, MODE, &fd, e))
        return false;
    done = backup_digest(m->fd, write_piece, &fd, entry->digest, e) &&
           fs_set_time(fd, m->date, e);
    close(fd);
    w->head.copied += entry->size;
    return done;
}

static bool
link_live(struct backup_writer *w, const struct backup_message *m,
          struct backup_entry *entry, bool *linked, struct error *e)
{
    struct stat st;

    if (fstat(m->fd, &st) == -1)
        return fail_sys(e, "a message");
    entry->size = (uint64_t)st.st_size;
    /* One without a name is not the message's file: its lines were mended. */
    *linked = w->links_live && st.st_nlink > 0 &&
              fs_link_fd(m->fd, w->root, m->path, e);
    return !*linked || backup_digest(m->fd, NULL, NULL, entry->digest, e);
}

bool
backup_writer_message(struct backup_writer *w, const struct backup_message *m,
                      struct error *e)
{
    struct backup_entry entry = { .path = m->path, .size = m->size };
    const struct backup_entry *known;
    bool linked = false;

    if (!m->is_there && !link_live(w, m, &entry, &linked, e))
        return false;
    if (m->is_there || (!linked && link_known(w, m, true))) {
        known = find_known(w, m->path);
        memcpy(entry.digest, known->digest, sizeof entry.digest);
    } else if (!linked && !copy_message(w, m, &entry, e)) {
        return false;
    }
    add_file(w, &entry);
    w->head.messages++;
    w->head.octets += entry.size;
    return true;
}

/* --- the end ----------------------------------------------------------------------------- */

static bool
write_manifest(struct backup_writer *w, struct error *e)
{
    struct buf text = { .max = BACKUP_MANIFEST_MAX };
    bool done;

    backup_manifest_print_head(&w->head, &text);
    buf_put(&text, buf_span(&w->files));
    backup_manifest_print_end(w->count, &text);
    done = !text.full && !w->files.full
               ? fs_replace(w->root, BACKUP_MANIFEST, buf_span(&text), MODE, e)
               : fail(e, FAIL_LIMIT, "too many files for one manifest");
    buf_free(&text);
    return done;
}

bool
backup_writer_commit(struct backup_writer *w, struct error *e)
{
    if (!write_manifest(w, e))
        return false;
    if (syncfs(w->root) == -1)
        return fail_sys(e, "flush the backup");
    if (!fs_rename_new(w->dir->fd, w->partial, w->dir->fd, w->name, e))
        return false;
    w->partial[0] = '\0';
    return fs_sync(w->dir->fd, e);
}

void
backup_writer_end(struct backup_writer *w)
{
    struct error e;

    if (w->root != -1)
        close(w->root);
    if (w->partial[0] != '\0' && !backup_remove(w->dir->fd, w->partial, &e))
        fprintf(stderr, "pillarbox: %s/%s: %s: remains, and is no backup\n",
                w->dir->path, w->partial, e.text);
    backup_close(&w->previous);
    map_free(&w->known);
    buf_free(&w->files);
}
