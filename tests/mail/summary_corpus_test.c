/* Every message of the corpus gives a legal summary, the same however it is
 * cut, and parts that lie where they are said to lie. */
#include "base/error.h"
#include "base/fs.h"
#include "mail/summary.h"
#include "tests/mail/summarize.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define MESSAGE_MAX ((size_t)4 << 20)

static int messages;

static void
put_crlf(struct buf *out, struct span text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\n' && (i == 0 || text.p[i - 1] != '\r'))
            buf_put_ch(out, '\r');
        buf_put_ch(out, text.p[i]);
    }
}

/* A body begins behind an empty line, unless its header has none. */
static void
check_part(const struct summary_part *p, struct span message, const char *name)
{
    struct span header = span_sub(message, p->mime_offset, p->mime_size);

    CHECK(p->body_offset == p->mime_offset + p->mime_size &&
              p->body_offset + p->body_size <= message.n,
          "inside: %s", name);
    CHECK(header.n == 0 || span_is(header, "\r\n") ||
              span_ends(header, "\r\n\r\n") || p->body_size == 0,
          "a body behind an empty line: %s: %.*s", name, SPAN(header));
}

static void
check_message(struct span raw, const char *name)
{
    struct buf message = { 0 }, blob = { 0 };
    struct summary s;
    struct summary_part p;

    put_crlf(&message, raw);
    summarize_checked(buf_span(&message), &blob, name);
    messages++;
    if (summary_open(buf_span(&blob), &s))
        for (uint32_t i = 0; summary_part(&s, i, &p); i++)
            check_part(&p, buf_span(&message), name);
    buf_free(&message);
    buf_free(&blob);
}

static void
check_mbox(const char *path)
{
    char command[4096];
    struct buf all = { 0 };
    struct span rest;
    size_t end;
    FILE *pipe;

    snprintf(command, sizeof command, "gzip -dc '%s' 2>/dev/null", path);
    pipe = popen(command, "r");
    for (size_t n = 1; pipe != NULL && n > 0;) {
        n = fread(buf_room(&all, 65536), 1, 65536, pipe);
        all.n += n;
    }
    if (pipe != NULL)
        pclose(pipe);
    for (rest = buf_span(&all); rest.n > 0; rest = span_after(rest, end)) {
        rest = span_after(rest, span_find(rest, '\n') + 1); /* From_ */
        if (!span_search(rest, span_of("\nFrom "), &end))
            end = rest.n - 1;
        end++;
        check_message(span_sub(rest, 0, end), path);
    }
    buf_free(&all);
}

static void
check_file(const char *path)
{
    struct buf file = { .max = MESSAGE_MAX };
    struct error e;

    if (span_ends(span_of(path), ".mbox.gz"))
        check_mbox(path);
    else if (span_ends(span_of(path), ".eml") &&
             fs_read_file(AT_FDCWD, path, &file, &e))
        check_message(buf_span(&file), path);
    buf_free(&file);
}

static void
check_tree(const char *path, int depth)
{
    DIR *dir = depth < 8 ? opendir(path) : NULL;
    struct dirent *entry;
    char inside[4096];

    if (dir == NULL) {
        check_file(path);
        return;
    }
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name);
        check_tree(inside, depth + 1);
    }
    closedir(dir);
}

int
main(void)
{
    const char *corpus = getenv("PILLARBOX_CORPUS");

    check_tree(corpus != NULL ? corpus : "../shared/corpus", 0);
    if (messages == 0) {
        printf("skipped: there is no corpus\n0 passed, 0 failed, 1 skipped\n");
        return EXIT_SUCCESS;
    }
    printf("%d messages\n", messages);
    return check_report();
}
