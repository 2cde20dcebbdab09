#include "auth/name.h"

#include "auth/limits.h"
#include "mail/account.h"
#include "mail/charset.h"

bool
auth_name_canonical(struct span typed, struct span default_domain,
                    struct buf *out)
{
    struct buf name = { .max = ADDRESS_MAX };
    bool valid;

    for (size_t i = 0; i < typed.n && i <= ADDRESS_MAX; i++)
        buf_put_ch(&name, ascii_lower(typed.p[i]));
    if (!span_has(typed, '@')) {
        buf_put_ch(&name, '@');
        buf_put(&name, default_domain);
    }
    valid = !name.full && account_name_is_valid(buf_span(&name));
    if (valid)
        buf_put(out, buf_span(&name));
    buf_free(&name);
    return valid;
}

/* C0 and C1 controls and DEL; C1 stands in UTF-8 as C2 80 to C2 9F. */
static bool
has_control(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char ch = (unsigned char)s.p[i];

        if (ch < 0x20 || ch == 0x7f)
            return true;
        if (ch == 0xc2 && i + 1 < s.n && (unsigned char)s.p[i + 1] < 0xa0)
            return true;
    }
    return false;
}

bool
auth_password_is_valid(struct span password)
{
    return password.n > 0 && password.n <= AUTH_PASSWORD_MAX &&
           !has_control(password) && utf8_is_valid(password);
}

bool
auth_label_is_valid(struct span label)
{
    return label.n > 0 && label.n <= AUTH_LABEL_MAX && !has_control(label) &&
           utf8_is_valid(label);
}
