/* The keys of a SEARCH, up to a NUL, and a message behind it: the answer comes,
 * with no more of the message than was asked for, it is the same from a file
 * and from memory, and NOT of it is the opposite. */
#include "base/error.h"
#include "imapd-lite/search_match.h"

#include <sys/mman.h>
#include <unistd.h>

#define EXISTS   5
#define LAST_UID 50

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_message(struct span message, const struct summary *sum,
             const struct search_needs *needs, struct search_text *out)
{
    struct search_source file = { .fd = memfd_create("message", MFD_CLOEXEC) };
    struct search_source memory = { .fd = -1, .bytes = message };
    struct search_text other = { 0 };
    struct error e;

    if (file.fd == -1 ||
        write(file.fd, message.p, message.n) != (ssize_t)message.n ||
        !imap_search_read(&other, &file, sum, needs, &e))
        die("memfd");
    if (!imap_search_read(out, &memory, sum, needs, &e))
        bug("memory: %s", e.text);
    if (!span_eq(buf_span(&out->header), buf_span(&other.header)) ||
        !span_eq(buf_span(&out->body), buf_span(&other.body)))
        bug("the file and memory differ");
    imap_search_text_free(&other);
    close(file.fd);
}

/* Both keys, with what is known of m. */
static bool
agree(const struct search_keys *keys, const struct search_subject *m,
      enum search_verdict *v)
{
    struct search_key opposite = { .kind = SEARCH_NOT, .children = keys->root };
    enum search_verdict other = imap_search_match(&opposite, m);

    *v = imap_search_match(keys->root, m);
    return *v > MATCH_YES ? other == *v
                          : other == (*v == MATCH_YES ? MATCH_NO : MATCH_YES);
}

static void
judge(const struct search_keys *keys, struct search_subject *m,
      struct span message, const struct summary *sum)
{
    struct search_text text = { 0 };
    struct buf kept = { 0 };
    enum search_verdict v;

    if (!agree(keys, m, &v))
        bug("rows");
    if (v == MATCH_ASKS_FILE)
        bug("the file before the summary");
    m->summary = sum;
    imap_search_fold_header(sum->fields, &keys->needs, &kept);
    m->kept = buf_span(&kept);
    if (!agree(keys, m, &v) || v == MATCH_ASKS_SUMMARY)
        bug("summary");
    if (v == MATCH_ASKS_FILE) {
        read_message(message, sum, &keys->needs, &text);
        m->text = &text;
        if (!agree(keys, m, &v) || v > MATCH_YES)
            bug("file");
    }
    imap_search_text_free(&text);
    buf_free(&kept);
}

static void
judge_message(const struct search_keys *keys, struct span message)
{
    static const char *const keywords[] = { "work", "home", NULL };
    static const struct store_view view = { .keywords = keywords,
                                            .keyword_count = 2 };
    struct store_row row = { .uid = 20,
                             .flags = (uint16_t)(message.n & 127),
                             .keywords = message.n & 3,
                             .date = 760060800,
                             .size = message.n };
    struct search_subject m = { .seq = 2, .row = &row, .view = &view };
    struct summary_maker *maker = summary_begin();
    struct buf blob = { 0 };
    struct summary sum;

    summary_feed(maker, message);
    summary_finish(&maker, &blob);
    if (!summary_open(buf_span(&blob), &sum))
        bug("no summary");
    judge(keys, &m, message, &sum);
    buf_free(&blob);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span all = span_from(data, size);
    struct span text = span_sub(all, 0, span_find(all, '\0'));
    struct cursor c = cursor_on(text);
    struct arena a = { 0 };
    struct search_scope scope = { &a, EXISTS, LAST_UID };
    struct search_keys keys;

    if (imap_take_search(&c, &scope, &keys))
        judge_message(&keys, span_after(all, text.n + 1));
    else if (c.want == NULL)
        bug("refused without a reason");
    arena_clear(&a);
    return 0;
}
