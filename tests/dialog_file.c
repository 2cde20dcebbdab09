#include "tests/dialog_file.h"

#include "base/arena.h"
#include "base/cursor.h"
#include "base/error.h"
#include "base/fs.h"
#include "tests/check.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>

struct run {
    const struct dialog_calls *calls;
    void *arg;
    const char *path;
    struct dialog_start start;
    const char *login; /* who; NULL: nobody */
    struct arena memory;
    unsigned line;
    bool is_open, failed, has_port, skipped;
};

static void run_line(struct run *r, struct span line);

/* "*" is any run. The last one seen is enough to go back to. */
static bool
matches(struct span text, struct span pattern)
{
    size_t t = 0, p = 0, star = pattern.n, star_text = 0;

    while (t < text.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            star_text = t;
        } else if (p < pattern.n && pattern.p[p] == text.p[t]) {
            p++;
            t++;
        } else if (star < pattern.n) {
            p = star + 1;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}

/* The server's next line, without CR LF. */
static bool
next_said(struct run *r, struct span *line)
{
    struct span said = buf_span(r->calls->out);
    size_t at;

    if (!span_search(said, span_of("\r\n"), &at))
        return false;
    *line = span_sub(said, 0, at);
    return true;
}

static void
expect(struct run *r, struct span pattern)
{
    struct span line = { 0 };
    bool said = next_said(r, &line);

    CHECK(said && matches(line, pattern),
          "%s:%u: wanted \"%.*s\", got \"%.*s\"", r->path, r->line,
          SPAN(pattern), SPAN(line));
    r->failed = !said || !matches(line, pattern);
    if (said)
        buf_consume(r->calls->out, line.n + 2);
}

static void
until(struct run *r, struct span pattern)
{
    struct span line;
    bool found = false;

    while (!found && next_said(r, &line)) {
        found = matches(line, pattern);
        buf_consume(r->calls->out, line.n + 2);
    }
    CHECK(found, "%s:%u: no \"%.*s\"", r->path, r->line, SPAN(pattern));
    r->failed = !found;
}

static void
send_bytes(struct run *r, struct span bytes)
{
    CHECK(r->calls->out->n == 0, "%s:%u: the server also said \"%.*s\"",
          r->path, r->line, SPAN(buf_span(r->calls->out)));
    buf_clear(r->calls->out);
    r->calls->send(r->arg, bytes);
}

static char
escaped(struct span *text)
{
    char ch = *text->p;
    unsigned long byte;
    char hex[3] = { 0 };

    *text = span_after(*text, 1);
    switch (ch) {
    case 'r':
        return '\r';
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case '0':
        return '\0';
    case 'x':
        hex[0] = text->n > 0 ? text->p[0] : '\0';
        hex[1] = text->n > 1 ? text->p[1] : '\0';
        byte = strtoul(hex, NULL, 16);
        *text = span_after(*text, 2);
        return (char)byte;
    default:
        return ch;
    }
}

static void
unescape(struct span text, struct buf *out)
{
    while (text.n > 0) {
        char ch = *text.p;

        text = span_after(text, 1);
        if (ch == '\\' && text.n > 0)
            ch = escaped(&text);
        buf_put_ch(out, ch);
    }
}

/* "X: repeat 30 C: NOOP" */
static void
repeat(struct run *r, struct cursor *c)
{
    uint32_t n = 0;

    if (!take_number(c, &n) || !take(c, ' '))
        die("%s:%u: repeat wants a number and a line", r->path, r->line);
    for (uint32_t i = 0; i < n; i++)
        run_line(r, cursor_rest(c));
}

/* Handshakes always succeed here, and waiting is of no use. */
static void
run_extra(struct run *r, struct span what)
{
    struct cursor c = cursor_on(what);

    if (take_nocase(&c, "repeat "))
        repeat(r, &c);
    else if (take_nocase(&c, "wait-close"))
        CHECK(r->calls->is_closed(r->arg) && r->calls->out->n == 0,
              "%s:%u: not closed, or said more", r->path, r->line);
    else if (!take_nocase(&c, "starttls") && !take_nocase(&c, "pause"))
        die("%s:%u: unknown \"X: %.*s\"", r->path, r->line, SPAN(what));
}

static void
run_setting(struct run *r, struct span line)
{
    struct cursor c = cursor_on(line);
    struct span word;
    uint32_t n;

    if (take_nocase(&c, "@port ") && take_word(&c, &word)) {
        r->start.listener = arena_text(&r->memory, word);
        r->has_port = true;
    } else if (take_nocase(&c, "@mail ") && take_word(&c, &word) &&
               take(&c, ' ') && take_number(&c, &n)) {
        r->start.mails = n;
    } else if (r->calls->login != NULL && take_nocase(&c, "@login ") &&
               take_word(&c, &word)) {
        r->login = arena_text(&r->memory, word);
    } else if (take_nocase(&c, "@require-tls")) {
        r->start.require_tls = true;
    } else if (take_nocase(&c, "@quota ")) {
        r->skipped = true; /* only a true store counts */
    } else {
        die("%s:%u: unknown \"%.*s\"", r->path, r->line, SPAN(line));
    }
}

static void
run_lines(struct run *r, struct span text)
{
    struct span line;

    while (!r->failed && span_cut(&text, '\n', &line))
        run_line(r, line);
}

static void
open_once(struct run *r)
{
    struct buf lines = { 0 };

    if (r->is_open)
        return;
    r->is_open = true;
    r->calls->open(r->arg, &r->start);
    if (r->login == NULL)
        return;
    for (const char *p = r->calls->login; *p != '\0'; p++)
        if (*p == '%')
            buf_put_text(&lines, r->login);
        else
            buf_put_ch(&lines, *p);
    run_lines(r, buf_span(&lines));
    buf_free(&lines);
}

static void
run_line(struct run *r, struct span line)
{
    struct buf bytes = { 0 };
    struct span rest = span_after(line, 3);

    if (line.n == 0 || line.p[0] == '#')
        return;
    if (line.p[0] == '@') {
        run_setting(r, line);
        return;
    }
    open_once(r);
    if (span_starts(line, "S: ")) {
        expect(r, rest);
    } else if (span_starts(line, "S* ")) {
        until(r, rest);
    } else if (span_starts(line, "X: ")) {
        run_extra(r, rest);
    } else if (span_starts(line, "C:")) {
        buf_put(&bytes, rest);
        buf_put_text(&bytes, "\r\n");
        send_bytes(r, buf_span(&bytes));
    } else if (span_starts(line, "C< ")) {
        unescape(rest, &bytes);
        send_bytes(r, buf_span(&bytes));
    } else {
        die("%s:%u: what is \"%.*s\"?", r->path, r->line, SPAN(line));
    }
    buf_free(&bytes);
}

static void
run_file(struct run *r)
{
    struct buf text = { 0 };
    struct span rest, line;
    struct error e;

    if (!fs_read_file(AT_FDCWD, r->path, &text, &e))
        die("%s", e.text);
    CHECK(span_starts(buf_span(&text), "# "), "%s names its rule", r->path);
    rest = buf_span(&text);
    while (!r->failed && !r->skipped && span_cut(&rest, '\n', &line)) {
        r->line++;
        run_line(r, line);
    }
    CHECK(r->failed || r->calls->out->n == 0, "%s: at the end \"%.*s\"",
          r->path, SPAN(buf_span(r->calls->out)));
    if (r->is_open)
        r->calls->close(r->arg);
    buf_clear(r->calls->out);
    buf_free(&text);
    arena_clear(&r->memory);
}

/* On every listener, or on the one that the file names. */
static void
run_everywhere(const char *path, const char *const *listeners,
               const struct dialog_calls *calls, void *arg)
{
    for (size_t i = 0; listeners[i] != NULL; i++) {
        struct run r = { .calls = calls, .arg = arg, .path = path };

        r.start.listener = listeners[i];
        run_file(&r);
        if (r.has_port)
            return;
    }
}

void
dialog_run_folder(const char *folder, const char *const *listeners,
                  const struct dialog_calls *calls, void *arg)
{
    DIR *dir = opendir(folder);
    struct arena a = { 0 };
    struct dirent *entry;
    unsigned files = 0;

    if (dir == NULL)
        die("no folder %s (tests run in the project's root)", folder);
    while ((entry = readdir(dir)) != NULL) {
        if (!span_ends(span_of(entry->d_name), ".txt"))
            continue;
        run_everywhere(arena_printf(&a, "%s/%s", folder, entry->d_name),
                       listeners, calls, arg);
        files++;
    }
    CHECK(files > 0, "there are dialogues in %s", folder);
    closedir(dir);
    arena_clear(&a);
}
