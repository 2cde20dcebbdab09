#include "pillarbox/progress.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define FIRST_MS  1000
#define REDRAW_MS 200
#define LINE_MS   60000

void
progress_begin(struct progress *p, const char *what)
{
    *p = (struct progress){ .what = what,
                            .is_terminal = isatty(STDERR_FILENO),
                            .begun = clock_monotonic_ms() };
    p->next = p->begun + (p->is_terminal ? FIRST_MS : LINE_MS);
}

/* 12,400 */
static void
put_grouped(uint64_t n, struct buf *out)
{
    if (n >= 1000)
        put_grouped(n / 1000, out);
    if (n >= 1000)
        buf_printf(out, ",%03" PRIu64, n % 1000);
    else
        buf_put_number(out, n);
}

void
progress_print(const struct progress *p, uint64_t done, uint64_t total,
               int64_t elapsed_ms, struct buf *out)
{
    uint64_t ms = elapsed_ms > 0 ? (uint64_t)elapsed_ms : 1;
    uint64_t rate = done * 1000 / ms;

    buf_printf(out, "%s  %3" PRIu64 "%%  ", p->what,
               total == 0 ? 100 : done * 100 / total);
    put_grouped(done, out);
    buf_put_ch(out, '/');
    put_grouped(total, out);
    buf_put_text(out, "  ");
    put_grouped(rate, out);
    buf_put_text(out, "/s");
    if (rate > 0 && done < total)
        buf_printf(out, "  ETA %" PRIu64 " s", (total - done) / rate + 1);
}

void
progress_step(struct progress *p, uint64_t done, uint64_t total)
{
    int64_t now = clock_monotonic_ms();
    struct buf line = { .max = 256 };

    if (now < p->next)
        return;
    p->next = now + (p->is_terminal ? REDRAW_MS : LINE_MS);
    progress_print(p, done, total, now - p->begun, &line);
    fprintf(stderr, p->is_terminal ? "\r%s\033[K" : "%s\n", buf_text(&line));
    p->is_shown = p->is_terminal;
    buf_free(&line);
}

void
progress_clear(struct progress *p)
{
    if (p->is_shown)
        fputs("\r\033[K", stderr);
    p->is_shown = false;
}
