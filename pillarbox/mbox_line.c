#include "pillarbox/mbox_line.h"

#include "base/fs.h"

#define WINDOW ((size_t)256 << 10)

void
mbox_lines_begin(struct mbox_lines *l, int fd, uint64_t from, uint64_t end)
{
    buf_clear(&l->window);
    l->fd = fd;
    l->at = from;
    l->end = end;
    l->used = 0;
    l->middle = l->ended = false;
}

void
mbox_lines_free(struct mbox_lines *l)
{
    buf_free(&l->window);
}

static bool
fill(struct mbox_lines *l, struct error *e)
{
    uint64_t from;
    size_t room = WINDOW;
    size_t got;

    buf_consume(&l->window, l->used);
    l->used = 0;
    from = l->at + l->window.n;
    if (l->end - from < room)
        room = (size_t)(l->end - from);
    if (!fs_read_at(l->fd, from, buf_room(&l->window, WINDOW), room, &got, e))
        return false;
    l->window.n += got;
    l->ended = got < WINDOW;
    return true;
}

bool
mbox_lines_next(struct mbox_lines *l, struct mbox_line *line, bool *failed,
                struct error *e)
{
    struct span rest = span_after(buf_span(&l->window), l->used);
    size_t n;

    *failed = false;
    if (rest.n < MBOX_LINE_MAX && !l->ended) {
        if (!fill(l, e)) {
            *failed = true;
            return false;
        }
        rest = buf_span(&l->window);
    }
    if (rest.n == 0)
        return false;
    rest = span_sub(rest, 0, MBOX_LINE_MAX);
    n = span_find(rest, '\n');
    line->at = l->at;
    line->starts = !l->middle;
    line->raw = span_sub(rest, 0, n + 1);
    line->text = span_sub(rest, 0, n);
    if (n < rest.n && n > 0 && rest.p[n - 1] == '\r')
        line->text.n--;
    l->middle = n == rest.n;
    l->at += line->raw.n;
    l->used += line->raw.n;
    return true;
}
