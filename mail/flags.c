#include "mail/flags.h"

#include "mail/limits.h"

#include <string.h>

struct flag_row {
    enum mail_flag flag;
    char letter; /* 0: never in a name */
    const char *name;
};

/* In the order of RFC 3501 section 2.3.2; $Forwarded is of the IANA registry
 * of RFC 5788. */
/* clang-format off */
static const struct flag_row flag_rows[] = {
    { MAIL_ANSWERED, 'R', "\\Answered" },
    { MAIL_FLAGGED,  'F', "\\Flagged"  },
    { MAIL_DELETED,  'T', "\\Deleted"  },
    { MAIL_SEEN,     'S', "\\Seen"     },
    { MAIL_DRAFT,    'D', "\\Draft"    },
    { MAIL_PASSED,   'P', "$Forwarded" },
    { MAIL_RECENT,   0,   "\\Recent"   },
};
/* clang-format on */

#define FLAG_ROWS (sizeof flag_rows / sizeof *flag_rows)

uint16_t
mail_flag_named(struct span name)
{
    for (size_t i = 0; i < FLAG_ROWS; i++)
        if (flag_rows[i].letter != 0 && span_is_nocase(name, flag_rows[i].name))
            return (uint16_t)flag_rows[i].flag;
    return 0;
}

void
mail_flags_print(uint16_t flags, struct buf *out)
{
    bool first = true;

    for (size_t i = 0; i < FLAG_ROWS; i++) {
        if ((flags & flag_rows[i].flag) == 0)
            continue;
        if (!first)
            buf_put_ch(out, ' ');
        buf_put_text(out, flag_rows[i].name);
        first = false;
    }
}

static uint16_t
flag_of_letter(char letter)
{
    for (size_t i = 0; i < FLAG_ROWS; i++)
        if (letter != 0 && flag_rows[i].letter == letter)
            return (uint16_t)flag_rows[i].flag;
    return 0;
}

void
mail_flags_letters(uint16_t flags, struct buf *out)
{
    for (const char *at = "DFPRST"; *at != '\0'; at++)
        if ((flags & flag_of_letter(*at)) != 0)
            buf_put_ch(out, *at);
}

uint16_t
mail_flags_from_letters(struct span letters)
{
    uint16_t flags = 0;

    for (size_t i = 0; i < letters.n; i++)
        flags = (uint16_t)(flags | flag_of_letter(letters.p[i]));
    return flags;
}

/*
 * flag-keyword = atom                              RFC 3501 section 9
 * atom-specials = "(" / ")" / "{" / SP / CTL / list-wildcards /
 *                 quoted-specials / resp-specials
 */
bool
mail_keyword_is_valid(struct span name)
{
    if (name.n == 0 || name.n > KEYWORD_MAX)
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] <= ' ' || name.p[i] > '~' ||
            strchr("(){%*\"\\]", name.p[i]) != NULL)
            return false;
    return true;
}
