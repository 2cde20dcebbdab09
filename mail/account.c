#include "mail/account.h"

#include "mail/limits.h"

#define DOMAIN_MAX 253 /* octets as text; RFC 1035 section 2.3.4 */
#define LABEL_MAX  63  /* RFC 1035 section 2.3.4 */

static bool
is_alnum(char ch)
{
    return ascii_is_alpha(ch) || ascii_is_digit(ch);
}

static bool
is_upper(char ch)
{
    return ch != ascii_lower(ch);
}

static bool
label_is_valid(struct span label)
{
    if (label.n == 0 || label.n > LABEL_MAX || !is_alnum(label.p[0]) ||
        !is_alnum(label.p[label.n - 1]))
        return false;
    for (size_t i = 0; i < label.n; i++)
        if (!is_alnum(label.p[i]) && label.p[i] != '-')
            return false;
    return true;
}

/* sub-domain = Let-dig [Ldh-str]                   RFC 5321 section 4.1.2 */
bool
domain_is_valid(struct span domain)
{
    struct span rest = domain;
    struct span label;

    if (domain.n == 0 || domain.n > DOMAIN_MAX)
        return false;
    while (span_cut(&rest, '.', &label))
        if (!label_is_valid(label))
            return false;
    return true;
}

static bool
local_is_valid(struct span local)
{
    if (local.n == 0 || local.n > LOCAL_PART_MAX || !is_alnum(local.p[0]) ||
        local.p[local.n - 1] == '.')
        return false;
    for (size_t i = 0; i < local.n; i++) {
        char ch = local.p[i];

        if (is_upper(ch) ||
            (!is_alnum(ch) && ch != '.' && ch != '_' && ch != '-'))
            return false;
        if (ch == '.' && local.p[i - 1] == '.')
            return false;
    }
    return true;
}

bool
account_name_is_valid(struct span name)
{
    size_t at = span_find(name, '@');
    struct span domain = span_after(name, at + 1);

    if (at == name.n || name.n > ADDRESS_MAX ||
        !local_is_valid(span_sub(name, 0, at)) || !domain_is_valid(domain))
        return false;
    for (size_t i = 0; i < domain.n; i++)
        if (is_upper(domain.p[i]))
            return false;
    return true;
}

void
account_name_to_path(struct span name, struct buf *out)
{
    size_t at = span_find(name, '@');

    buf_put(out, span_after(name, at + 1));
    buf_put_ch(out, '/');
    buf_put(out, span_sub(name, 0, at));
}
