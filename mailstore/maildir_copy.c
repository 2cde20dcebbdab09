/* Reading message files: copies, and line ends. */
#include "base/fs.h"
#include "base/mem.h"
#include "mailstore/index.h"
#include "mailstore/maildir.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define CHUNK ((size_t)128 << 10)

static bool
copy_bytes(int from, int to, struct error *e)
{
    char *room = mem_take(CHUNK);
    uint64_t at = 0;
    size_t got;
    bool done;

    do {
        done = fs_read_at(from, at, room, CHUNK, &got, e) &&
               fs_write(to, span_from(room, got), e);
        at += got;
    } while (done && got == CHUNK);
    free(room);
    return done;
}

bool
maildir_content(int fd, uint64_t *content, struct error *e)
{
    struct hash_stream h;
    char room[16384]; /* most messages fit: no memory is asked for */
    uint64_t at = 0;
    size_t got;
    bool done;

    hash_begin(&h, index_content_key());
    do {
        done = fs_read_at(fd, at, room, sizeof room, &got, e);
        if (done)
            hash_add(&h, span_from(room, got));
        at += got;
    } while (done && got == sizeof room);
    if (done)
        *content = index_content(hash_end(&h));
    return done;
}

bool
maildir_copy_fd(int fd, int64_t date, int to_dir, const char *to,
                struct error *e)
{
    int out;
    bool done;

    if (!fs_create(to_dir, to, 0600, &out, e))
        return false;
    done =
        copy_bytes(fd, out, e) && fs_set_time(out, date, e) && fs_sync(out, e);
    close(out);
    if (!done)
        unlinkat(to_dir, to, 0);
    return done;
}

static bool
copy_file(int from_dir, const char *from, int to_dir, const char *to,
          struct error *e)
{
    struct stat st;
    int in;
    bool done;

    if (!maildir_open_file(from_dir, from, &in, &st, e))
        return false;
    done = maildir_copy_fd(in, st.st_mtime, to_dir, to, e);
    close(in);
    return done;
}

bool
maildir_link(int from_dir, const char *from, int to_dir, const char *to,
             struct error *e)
{
    if (fs_link(from_dir, from, to_dir, to, e))
        return true;
    /* EXDEV and EMLINK are among these; with anything else the copy fails
     * as the link did. */
    if (e->kind != FAIL_IO)
        return false;
    return copy_file(from_dir, from, to_dir, to, e);
}

/*
 * Walks a file in pieces. Every LF without a CR before it is bare; a CR
 * without an LF behind it is left as it is.
 */
struct ends {
    char last; /* byte before the piece */
    uint64_t size;
    bool bare;
    struct buf *out; /* converted text, or NULL: only count */
};

static void
walk_ends(struct ends *w, struct span piece)
{
    while (piece.n > 0) {
        size_t at = span_find(piece, '\n');
        struct span run = span_sub(piece, 0, at);

        if (run.n > 0)
            w->last = run.p[run.n - 1];
        w->size += run.n;
        if (w->out != NULL)
            buf_put(w->out, run);
        if (at == piece.n)
            return;
        w->bare |= w->last != '\r';
        w->size += w->last == '\r' ? 1 : 2;
        if (w->out != NULL)
            buf_put_text(w->out, w->last == '\r' ? "\n" : "\r\n");
        w->last = '\n';
        piece = span_after(piece, at + 1);
    }
}

static bool
put_piece(struct ends *w, int to, struct error *e)
{
    if (w->out == NULL)
        return true;
    if (w->out->full)
        return fail(e, FAIL_LIMIT, "message too large to convert");
    if (!fs_write(to, buf_span(w->out), e))
        return false;
    buf_clear(w->out);
    return true;
}

static bool
walk_file(int fd, struct ends *w, int to, struct error *e)
{
    char *room = mem_take(CHUNK);
    uint64_t at = 0;
    size_t got;
    bool done;

    do {
        done = fs_read_at(fd, at, room, CHUNK, &got, e);
        if (done) {
            walk_ends(w, span_from(room, got));
            done = put_piece(w, to, e);
        }
        at += got;
    } while (done && got == CHUNK);
    free(room);
    return done;
}

bool
maildir_wire_size(int fd, uint64_t *size, bool *bare, struct error *e)
{
    struct ends w = { 0 };

    if (!walk_file(fd, &w, -1, e))
        return false;
    *size = w.size;
    *bare = w.bare;
    return true;
}

bool
maildir_converted(int fd, int *out, uint64_t *size, struct error *e)
{
    struct buf text = { .max = 4 * CHUNK };
    struct ends w = { .out = &text };
    int to = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    bool done;

    if (to == -1)
        return fail_sys(e, "memfd");
    done = walk_file(fd, &w, to, e);
    buf_free(&text);
    if (!done) {
        close(to);
        return false;
    }
    fcntl(to, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
    *out = to;
    *size = w.size;
    return true;
}
