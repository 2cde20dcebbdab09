#include "mail/charset.h"

#include "base/mem.h"
#include "mail/utf8.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#define CHARSET_NAME_MAX 40 /* RFC 2978 section 2.3 */
#define PIECE            512

#define NO_ICONV ((iconv_t)-1)

/* Names that mail uses and iconv does not know, or takes too literally. */
static const struct {
    const char *name;
    const char *known;
} aliases[] = {
    { "utf8", "utf-8" },
    { "unicode-1-1-utf-7", "utf-7" },
    { "x-gbk", "gbk" },
    { "gb2312", "gb18030" }, /* what claims to be the old one is the new */
    { "ks_c_5601-1987", "cp949" },
    { "euc-kr", "cp949" },
    { "x-sjis", "cp932" },
    { "shift_jis", "cp932" },
    { "x-euc-jp", "euc-jp" },
    { "iso-8859-8-i", "iso-8859-8" },
    { "iso-8859-6-i", "iso-8859-6" },
    { "x-mac-roman", "macintosh" },
    { "latin-1", "iso-8859-1" },
};

static bool
is_ascii_name(struct span charset)
{
    return charset.n == 0 || span_is_nocase(charset, "us-ascii") ||
           span_is_nocase(charset, "ascii") || span_is_nocase(charset, "utf-8");
}

/* Those in which a byte below 0x80 is always ASCII's. */
static bool
is_above_ascii(struct span charset)
{
    static const char *const families[] = { "iso-8859-", "windows-125",
                                            "koi8-" };

    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (span_starts_nocase(charset, families[i]))
            return true;
    return false;
}

/* The name for iconv, NUL-terminated. A "/" would be an instruction to it. */
static bool
known_name(struct span charset, char name[CHARSET_NAME_MAX + 1])
{
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (span_is_nocase(charset, aliases[i].name))
            charset = span_of(aliases[i].known);
    if (charset.n == 0 || charset.n > CHARSET_NAME_MAX)
        return false;
    for (size_t i = 0; i < charset.n; i++) {
        char ch = charset.p[i];

        if (!ascii_is_alpha(ch) && !ascii_is_digit(ch) &&
            (ch == '\0' || strchr("-_.:+()", ch) == NULL))
            return false;
        name[i] = ch;
    }
    name[charset.n] = '\0';
    return true;
}

static iconv_t
open_charset(struct span charset)
{
    char name[CHARSET_NAME_MAX + 1];

    return known_name(charset, name) ? iconv_open("UTF-8", name) : NO_ICONV;
}

bool
charset_is_known(struct span charset)
{
    iconv_t cd;

    if (is_ascii_name(charset))
        return true;
    cd = open_charset(charset);
    if (cd == NO_ICONV)
        return false;
    iconv_close(cd);
    return true;
}

static void
put_latin1(struct buf *out, struct span text)
{
    while (text.n > 0) {
        size_t n = utf8_ascii(text);

        buf_put(out, span_sub(text, 0, n));
        text = span_after(text, n);
        for (; text.n > 0 && (text.p[0] & 0x80) != 0;
             text = span_after(text, 1))
            utf8_put(out, (unsigned char)text.p[0]);
    }
}

/*
 * One call of iconv. False when it has done what it can: then *from stands on
 * a byte that has no meaning, or is empty.
 */
static bool
convert_piece(iconv_t cd, struct span *from, struct buf *out)
{
    char piece[PIECE];
    char *to = piece;
    size_t room = sizeof piece;
    char *in = (char *)(uintptr_t)from->p; /* iconv's interface lacks const */
    size_t left = from->n;
    size_t rc = iconv(cd, &in, &left, &to, &room);
    int reason = errno;

    buf_put(out, span_from(piece, sizeof piece - room));
    *from = span_from(in, left);
    return rc == (size_t)-1 && reason == E2BIG && !out->full;
}

static void
convert(iconv_t cd, struct span text, struct buf *out)
{
    char piece[PIECE];
    char *to = piece;
    size_t room = sizeof piece;

    while (text.n > 0 && !out->full) {
        if (convert_piece(cd, &text, out))
            continue;
        if (text.n > 0) {
            utf8_put(out, UTF8_REPLACEMENT);
            text = span_after(text, 1);
        }
    }
    if (iconv(cd, NULL, NULL, &to, &room) != (size_t)-1)
        buf_put(out, span_from(piece, sizeof piece - room));
}

bool
charset_to_utf8(struct span text, struct span charset, struct buf *out)
{
    iconv_t cd;

    if (is_ascii_name(charset)) {
        utf8_put_repaired(out, text);
        return true;
    }
    if (is_above_ascii(charset) && utf8_ascii(text) == text.n) {
        buf_put(out, text);
        return true;
    }
    if (span_is_nocase(charset, "iso-8859-1")) {
        put_latin1(out, text);
        return true;
    }
    cd = open_charset(charset);
    if (cd != NO_ICONV) {
        convert(cd, text, out);
        iconv_close(cd);
        return true;
    }
    if (utf8_is_valid(text))
        buf_put(out, text);
    else
        put_latin1(out, text);
    return false;
}

/* --- before a sandbox ------------------------------------------------------- */

/* Of the mail of the last decades nearly all; UTF-16 and UTF-32 are built in. */
/* clang-format off */
static const char *const common[] = {
    "iso-8859-1",   "iso-8859-2",   "iso-8859-3",   "iso-8859-4",
    "iso-8859-5",   "iso-8859-6",   "iso-8859-7",   "iso-8859-8",
    "iso-8859-9",   "iso-8859-10",  "iso-8859-11",  "iso-8859-13",
    "iso-8859-14",  "iso-8859-15",  "iso-8859-16",  "windows-1250",
    "windows-1251", "windows-1252", "windows-1253", "windows-1254",
    "windows-1255", "windows-1256", "windows-1257", "windows-1258",
    "koi8-r",       "koi8-u",       "cp437",        "cp850",
    "cp852",        "cp866",        "macintosh",    "tis-620",
    "windows-874",  "utf-7",        "iso-2022-jp",  "iso-2022-kr",
    "euc-jp",       "cp932",        "cp949",        "gbk",
    "gb18030",      "big5",         "big5-hkscs",
};
/* clang-format on */

#define COMMON (sizeof common / sizeof *common)

/* An open converter keeps its code loaded. */
struct charset_shelf {
    iconv_t converter[COMMON];
};

struct charset_shelf *
charset_load(void)
{
    struct charset_shelf *s = mem_take(sizeof *s);

    for (size_t i = 0; i < COMMON; i++)
        s->converter[i] = open_charset(span_of(common[i]));
    return s;
}

void
charset_unload(struct charset_shelf **s)
{
    if (*s == NULL)
        return;
    for (size_t i = 0; i < COMMON; i++)
        if ((*s)->converter[i] != NO_ICONV)
            iconv_close((*s)->converter[i]);
    free(*s);
    *s = NULL;
}
