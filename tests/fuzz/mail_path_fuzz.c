#include "base/error.h"
#include "mail/account.h"
#include "mail/limits.h"
#include "mail/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef bool take_fn(struct cursor *c, bool utf8, struct mail_path *out);

static void
check(take_fn *take_path, struct span text, bool utf8)
{
    struct cursor c = cursor_on(text);
    struct mail_path p;
    struct buf out = { 0 };

    if (!take_path(&c, utf8, &p)) {
        if (c.want == NULL || cursor_rest(&c).n != text.n)
            bug("refused, but moved");
        return;
    }
    if (p.local.n + p.domain.n > ADDRESS_MAX || span_has(p.local, '\n') ||
        span_has(p.domain, '\n') || span_has(p.local, '\0'))
        bug("accepted too much");
    if (mail_path_canonical(&p, &out) &&
        account_name_is_valid(buf_span(&out))) {
        struct buf path = { 0 };

        account_name_to_path(buf_span(&out), &path);
        if (path.p[0] == '/' || path.p[0] == '.')
            bug("leaves its directory");
        buf_free(&path);
    }
    buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_from(data, size);

    check(take_reverse_path, text, false);
    check(take_forward_path, text, true);
    check(take_mailbox_address, text, true);
    account_name_is_valid(text);
    domain_is_valid(text);
    return 0;
}
