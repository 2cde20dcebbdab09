/* One backup, to read: half of backup_dir.h. */
#include "pillarbox/backup_dir.h"

#include "base/fs.h"
#include "base/mem.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE ((size_t)64 << 10)

const char *const backup_tls_files[] = { "ca.key", "server.key", "server.pem",
                                         "ca.pem", NULL };

static bool
read_manifest(struct backup *b, struct error *e)
{
    struct buf text = { .max = BACKUP_MANIFEST_MAX };
    bool done = fs_read_file(b->fd, BACKUP_MANIFEST, &text, e) &&
                backup_manifest_parse(buf_span(&text), &b->manifest, e);

    buf_free(&text);
    return done;
}

bool
backup_open(const struct backup_dir *d, const char *name, struct backup *b,
            struct error *e)
{
    *b = (struct backup){ .fd = -1 };
    if (!backup_dir_has(d, name))
        return fail(e, FAIL_NOT_FOUND,
                    "there is no backup \"%.40s\"; see: pillarbox backup list",
                    name);
    snprintf(b->name, sizeof b->name, "%s", name);
    if (fs_open_dir(d->fd, name, &b->fd, e) && read_manifest(b, e))
        return true;
    backup_close(b);
    return false;
}

void
backup_close(struct backup *b)
{
    if (b->fd != -1)
        close(b->fd);
    backup_manifest_free(&b->manifest);
    b->fd = -1;
}

/* Down one directory after the other: *name is what is left, the last part. */
static bool
go_down(int root, const char *path, int *dir, const char **name,
        struct error *e)
{
    char part[NAME_MAX + 1];
    const char *slash;
    int at;

    if (!backup_path_is_safe(span_of(path)))
        return fail(e, FAIL_CORRUPT, "a path that leads out of the backup");
    if (!fs_open_dir(root, ".", &at, e))
        return false;
    while ((slash = strchr(path, '/')) != NULL) {
        int below;
        bool done;

        snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        done = fs_open_dir(at, part, &below, e);
        close(at);
        if (!done)
            return false;
        at = below;
        path = slash + 1;
    }
    *dir = at;
    *name = path;
    return true;
}

bool
backup_open_dir(const struct backup *b, const char *path, int *fd,
                struct error *e)
{
    const char *name;
    int dir;
    bool done;

    if (!go_down(b->fd, path, &dir, &name, e))
        return false;
    done = fs_open_dir(dir, name, fd, e);
    close(dir);
    return done;
}

bool
backup_open_file(const struct backup *b, const char *path, int *fd,
                 uint64_t *size, struct error *e)
{
    struct stat st;
    const char *name;
    int dir;
    bool done;

    if (!go_down(b->fd, path, &dir, &name, e))
        return false;
    done = fs_stat(dir, name, &st, e) &&
           (S_ISREG(st.st_mode) ||
            fail(e, FAIL_CORRUPT, "not a plain file any more")) &&
           fs_open_read(dir, name, fd, e);
    close(dir);
    if (done)
        *size = (uint64_t)st.st_size;
    return done;
}

bool
backup_digest(int fd, backup_put_fn *put, void *arg,
              unsigned char digest[SHA256_SIZE], struct error *e)
{
    struct sha256 *sum = crypto_sha256_begin();
    char *piece = mem_take(PIECE);
    uint64_t at = 0;
    size_t got = 0;
    bool done;

    while ((done = fs_read_at(fd, at, piece, PIECE, &got, e)) && got > 0) {
        at += got;
        crypto_sha256_add(sum, span_from(piece, got));
        if (put != NULL && !put(arg, span_from(piece, got), e)) {
            done = false;
            break;
        }
    }
    crypto_sha256_finish(&sum, digest);
    free(piece);
    return done;
}

bool
backup_copy(const struct backup *b, const struct backup_entry *entry,
            backup_put_fn *put, void *arg, struct error *e)
{
    unsigned char is[SHA256_SIZE];
    uint64_t size;
    bool done;
    int fd;

    if (!backup_open_file(b, entry->path, &fd, &size, e))
        return false;
    done = size == entry->size ? backup_digest(fd, put, arg, is, e)
                               : fail(e, FAIL_CORRUPT,
                                      "is damaged: not of the size that the "
                                      "manifest says");
    close(fd);
    if (done && memcmp(is, entry->digest, SHA256_SIZE) != 0)
        done = fail(e, FAIL_CORRUPT, "is damaged: not what the manifest says");
    return done;
}

static bool
put_text(void *arg, struct span piece, struct error *e)
{
    struct buf *out = arg;

    buf_put(out, piece);
    return !out->full || fail(e, FAIL_LIMIT, "larger than it may be");
}

bool
backup_read(const struct backup *b, const char *path, struct buf *out,
            struct error *e)
{
    const struct backup_entry *entry = backup_manifest_find(&b->manifest, path);

    if (entry == NULL)
        return fail(e, FAIL_NOT_FOUND, "the backup has no file %s", path);
    return backup_copy(b, entry, put_text, out, e);
}
