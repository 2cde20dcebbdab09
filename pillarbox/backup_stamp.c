#include "pillarbox/backup_stamp.h"

#include "base/cursor.h"
#include "base/fs.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#define STAMP ".last-backup"

bool
backup_stamp_write(const struct settings *s, int64_t date, const char *dir,
                   struct error *e)
{
    char real[PATH_MAX];
    struct buf text = { .max = 2 * PATH_MAX };
    bool done;
    int fd;

    if (realpath(dir, real) == NULL)
        return fail_sys(e, "%s", dir);
    if (!fs_open_dir(AT_FDCWD, s->mail.dir, &fd, e))
        return false;
    buf_printf(&text, "%" PRId64 " %s\n", date, real);
    done = fs_replace(fd, STAMP, buf_span(&text), 0600, e);
    close(fd);
    buf_free(&text);
    return done;
}

/* stamp = date SP directory LF */
static bool
parse(struct span text, int64_t *date, struct buf *dir, struct error *e)
{
    struct cursor c = cursor_on(span_sub(text, 0, span_find(text, '\n')));
    uint64_t n;

    if (!take_number64(&c, &n) || !take(&c, ' '))
        return fail(e, FAIL_CORRUPT, STAMP " is damaged");
    *date = (int64_t)n;
    buf_put(dir, cursor_rest(&c));
    return true;
}

bool
backup_stamp_read(const struct settings *s, int64_t *date, struct buf *dir,
                  struct error *e)
{
    struct buf text = { .max = 2 * PATH_MAX };
    bool done;
    int fd;

    if (!fs_open_dir(AT_FDCWD, s->mail.dir, &fd, e))
        return false;
    done = fs_read_file(fd, STAMP, &text, e) &&
           parse(buf_span(&text), date, dir, e);
    close(fd);
    buf_free(&text);
    return done;
}
