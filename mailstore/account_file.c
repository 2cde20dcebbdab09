/*
 * The file, one fact a line, unknown lines ignored:
 *
 *   pillarbox-account 1
 *   quota-bytes 1073741824      0: no limit; no line: mail.quota
 *   quota-messages 20000        0: no limit; no line: mail.quota_messages
 *   keep-deleted 2592000        seconds; 0: not; no line: mail.keep_deleted
 */
#include "mailstore/account_file.h"

#include "base/cursor.h"
#include "base/fs.h"
#include "mailstore/index.h"

#include <inttypes.h>

#define FIRST_LINE "pillarbox-account 1"
#define FILE_MAX   4096

/* A number and the end of the line; 0 is none. */
static bool
take_limit(struct span text, uint64_t *limit)
{
    struct cursor c = cursor_on(text);
    uint64_t n;

    if (!take_number64(&c, &n) || !take_end(&c))
        return false;
    *limit = n == 0 ? INDEX_LIMIT_NONE : n;
    return true;
}

bool
account_file_parse(struct span text, struct account_file *a, struct error *e)
{
    struct account_file found = { 0 };
    struct span line;
    struct span key;

    if (!span_cut(&text, '\n', &line) || !span_is(line, FIRST_LINE))
        return fail(e, FAIL_CORRUPT, "no line \"" FIRST_LINE "\"");
    while (span_cut(&text, '\n', &line)) {
        bool fine = true;

        if (!span_cut(&line, ' ', &key))
            continue;
        if (span_is(key, "quota-bytes"))
            fine = take_limit(line, &found.limit_bytes);
        else if (span_is(key, "quota-messages"))
            fine = take_limit(line, &found.limit_messages);
        else if (span_is(key, "keep-deleted"))
            fine = take_limit(line, &found.keep_deleted);
        if (!fine)
            return fail(e, FAIL_CORRUPT, "%.*s: no number", SPAN(key));
    }
    *a = found;
    return true;
}

static void
print_limit(const char *key, uint64_t limit, struct buf *out)
{
    if (limit != 0)
        buf_printf(out, "%s %" PRIu64 "\n", key,
                   limit == INDEX_LIMIT_NONE ? 0 : limit);
}

void
account_file_print(const struct account_file *a, struct buf *out)
{
    buf_put_text(out, FIRST_LINE "\n");
    print_limit("quota-bytes", a->limit_bytes, out);
    print_limit("quota-messages", a->limit_messages, out);
    print_limit("keep-deleted", a->keep_deleted, out);
}

bool
account_file_read(int dir, struct account_file *a, struct error *e)
{
    struct buf text = { .max = FILE_MAX };
    bool done = fs_read_file(dir, ACCOUNT_FILE, &text, e);

    if (done) {
        done = account_file_parse(buf_span(&text), a, e);
    } else if (e->kind == FAIL_NOT_FOUND) {
        *a = (struct account_file){ 0 };
        done = true;
    }
    buf_free(&text);
    return done;
}

bool
account_file_write(int dir, const struct account_file *a, struct error *e)
{
    struct buf text = { 0 };
    bool done;

    account_file_print(a, &text);
    done = fs_replace(dir, ACCOUNT_FILE, buf_span(&text), 0600, e);
    buf_free(&text);
    return done;
}
