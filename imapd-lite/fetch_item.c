#include "imapd-lite/fetch_item.h"

#include "imapd-lite/parse.h"
#include "mail/limits.h"

#define ITEMS_MAX  64  /* of one FETCH                             */
#define FIELDS_MAX 256 /* of all HEADER.FIELDS (...) of one FETCH  */

struct simple {
    const char *name;
    struct fetch_item item;
};

/* Longer names before those they begin with. */
/* clang-format off */
static const struct simple simple_items[] = {
    { "ENVELOPE",      { FETCH_ENVELOPE } },
    { "FLAGS",         { FETCH_FLAGS } },
    { "INTERNALDATE",  { FETCH_INTERNALDATE } },
    { "UID",           { FETCH_UID } },
    { "RFC822.SIZE",   { FETCH_SIZE } },
    { "RFC822.HEADER", { FETCH_SECTION, "RFC822.HEADER", true,  SECTION_HEADER } },
    { "RFC822.TEXT",   { FETCH_SECTION, "RFC822.TEXT",   false, SECTION_BODY_TEXT } },
    { "RFC822",        { FETCH_SECTION, "RFC822",        false, SECTION_ALL } },
    { "BODYSTRUCTURE", { FETCH_BODY_STRUCTURE } },
};

static const struct {
    const char *name;
    enum fetch_kind kinds[5];
    size_t count;
} macros[] = { /* RFC 3501 section 6.4.5 */
    { "ALL",  { FETCH_FLAGS, FETCH_INTERNALDATE, FETCH_SIZE, FETCH_ENVELOPE },             4 },
    { "FAST", { FETCH_FLAGS, FETCH_INTERNALDATE, FETCH_SIZE },                             3 },
    { "FULL", { FETCH_FLAGS, FETCH_INTERNALDATE, FETCH_SIZE, FETCH_ENVELOPE, FETCH_BODY }, 5 },
};

static const struct {
    const char *name;
    enum section_text text;
} texts[] = {
    { "HEADER.FIELDS.NOT", SECTION_FIELDS_NOT },
    { "HEADER.FIELDS",     SECTION_FIELDS },
    { "HEADER",            SECTION_HEADER },
    { "TEXT",              SECTION_BODY_TEXT },
    { "MIME",              SECTION_MIME },
};
/* clang-format on */

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* header-list = "(" header-fld-name *(SP header-fld-name) ")" */
static bool
take_fields(struct cursor *c, struct arena *a, struct fetch_item *item)
{
    struct span *fields = arena_take(a, FIELDS_MAX * sizeof *fields);
    size_t n = 0;

    if (!take(c, ' ') || !take(c, '('))
        return false;
    do {
        if (n == FIELDS_MAX)
            return want(c, "fewer header fields");
        if (!imap_take_astring(c, a, &fields[n++]))
            return false;
    } while (take(c, ' '));
    if (!take(c, ')'))
        return false;
    item->fields = fields;
    item->field_count = n;
    return true;
}

/* section-msgtext / "MIME"; MIME only behind a part (RFC 3501 section 9). */
static bool
take_section_text(struct cursor *c, struct arena *a, struct fetch_item *item)
{
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        if (!take_nocase(c, texts[i].name))
            continue;
        item->text = texts[i].text;
        if (item->text == SECTION_MIME && item->number_count == 0)
            return want(c, "a part before MIME");
        if (item->text != SECTION_FIELDS && item->text != SECTION_FIELDS_NOT)
            return true;
        return take_fields(c, a, item);
    }
    return want(c, "HEADER, HEADER.FIELDS, TEXT or MIME");
}

/* section-part = nz-number *("." nz-number); the "." before a section-text is
 * consumed too, and *more says that one has to follow. */
static bool
take_section_part(struct cursor *c, struct arena *a, struct fetch_item *item,
                  bool *more)
{
    uint32_t *numbers = arena_take(a, MIME_DEPTH_MAX * sizeof *numbers);
    size_t n = 0;

    *more = true;
    while (c->at < c->end && ascii_is_digit(*c->at)) {
        if (n == MIME_DEPTH_MAX)
            return want(c, "a part that is not so deep");
        if (!take_number(c, &numbers[n]))
            return false;
        if (numbers[n++] == 0)
            return want(c, "a part number other than 0");
        *more = take(c, '.');
        if (!*more)
            break;
    }
    item->numbers = numbers;
    item->number_count = n;
    return true;
}

/* section = "[" [section-spec] "]" */
static bool
take_section(struct cursor *c, struct arena *a, struct fetch_item *item)
{
    bool more;

    if (!take(c, '['))
        return false;
    if (take(c, ']'))
        return true;
    if (!take_section_part(c, a, item, &more))
        return false;
    if (more && !take_section_text(c, a, item))
        return false;
    return take(c, ']') || want(c, "\"]\"");
}

/* ["<" number "." nz-number ">"] */
static bool
take_partial(struct cursor *c, struct fetch_item *item)
{
    uint32_t origin;
    uint32_t length;

    if (!take(c, '<'))
        return true;
    if (!take_number(c, &origin) || !take(c, '.') || !take_number(c, &length) ||
        !take(c, '>'))
        return false;
    if (length == 0)
        return want(c, "a length other than 0");
    item->is_partial = true;
    item->origin = origin;
    item->length = length;
    return true;
}

/* "BODY" / "BODY" section / "BODY.PEEK" section */
static bool
take_body(struct cursor *c, struct arena *a, struct fetch_item *item)
{
    *item = (struct fetch_item){ .kind = FETCH_SECTION };
    if (take_nocase(c, "BODY.PEEK")) {
        item->peek = true;
        return take_section(c, a, item) && take_partial(c, item);
    }
    if (!take_nocase(c, "BODY"))
        return want(c, "something to fetch");
    if (c->at < c->end && *c->at == '[')
        return take_section(c, a, item) && take_partial(c, item);
    item->kind = FETCH_BODY;
    return true;
}

static bool
take_item(struct cursor *c, struct arena *a, struct fetch_item *item)
{
    for (size_t i = 0; i < COUNT_OF(simple_items); i++) {
        if (!take_nocase(c, simple_items[i].name))
            continue;
        *item = simple_items[i].item;
        return true;
    }
    return take_body(c, a, item);
}

static bool
take_macro(struct cursor *c, struct fetch_items *out)
{
    for (size_t i = 0; i < COUNT_OF(macros); i++) {
        if (!take_nocase(c, macros[i].name))
            continue;
        for (size_t k = 0; k < macros[i].count; k++)
            out->all[out->count++] =
                (struct fetch_item){ .kind = macros[i].kinds[k] };
        return true;
    }
    return false;
}

/* "ALL" / "FULL" / "FAST" / fetch-att /
 * "(" fetch-att *(SP fetch-att) ")"              RFC 3501 section 9 */
bool
imap_take_fetch_items(struct cursor *c, struct arena *a,
                      struct fetch_items *out)
{
    size_t fields = 0;

    out->all = arena_take(a, ITEMS_MAX * sizeof *out->all);
    out->count = 0;
    if (take_macro(c, out))
        return true;
    if (!take(c, '('))
        return take_item(c, a, &out->all[out->count++]);
    do {
        if (out->count == ITEMS_MAX)
            return want(c, "fewer items");
        if (!take_item(c, a, &out->all[out->count]))
            return false;
        fields += out->all[out->count++].field_count;
        if (fields > FIELDS_MAX)
            return want(c, "fewer header fields");
    } while (take(c, ' '));
    return take(c, ')');
}

/* --- names ------------------------------------------------------------------- */

static bool
is_plain(struct span field)
{
    for (size_t i = 0; i < field.n; i++) {
        char ch = field.p[i];

        if (!ascii_is_alpha(ch) && !ascii_is_digit(ch) && ch != '-' &&
            ch != '_')
            return false;
    }
    return field.n > 0;
}

static void
put_fields(const struct fetch_item *item, struct buf *out)
{
    buf_put_text(out, " (");
    for (size_t i = 0; i < item->field_count; i++) {
        if (i > 0)
            buf_put_ch(out, ' ');
        if (is_plain(item->fields[i]))
            buf_put(out, item->fields[i]);
        else
            imap_put_string(out, item->fields[i]);
    }
    buf_put_ch(out, ')');
}

static void
put_section(const struct fetch_item *item, struct buf *out)
{
    for (size_t i = 0; i < item->number_count; i++)
        buf_printf(out, i > 0 ? ".%u" : "%u", item->numbers[i]);
    if (item->text == SECTION_ALL)
        return;
    if (item->number_count > 0)
        buf_put_ch(out, '.');
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (texts[i].text == item->text)
            buf_put_text(out, texts[i].name);
    if (item->field_count > 0)
        put_fields(item, out);
}

void
imap_put_fetch_name(const struct fetch_item *item, struct buf *out)
{
    static const char *const names[] = {
        [FETCH_FLAGS] = "FLAGS",
        [FETCH_UID] = "UID",
        [FETCH_INTERNALDATE] = "INTERNALDATE",
        [FETCH_SIZE] = "RFC822.SIZE",
        [FETCH_ENVELOPE] = "ENVELOPE",
        [FETCH_BODY] = "BODY",
        [FETCH_BODY_STRUCTURE] = "BODYSTRUCTURE",
        [FETCH_SECTION] = "BODY",
    };

    if (item->kind == FETCH_SECTION && item->old_name != NULL) {
        buf_put_text(out, item->old_name);
        return;
    }
    buf_put_text(out, names[item->kind]);
    if (item->kind != FETCH_SECTION)
        return;
    buf_put_ch(out, '[');
    put_section(item, out);
    buf_put_ch(out, ']');
    if (item->is_partial)
        buf_printf(out, "<%llu>", (unsigned long long)item->origin);
}

bool
imap_fetch_wants_field(const struct fetch_item *item, struct span name)
{
    bool named = false;

    for (size_t i = 0; i < item->field_count && !named && name.n > 0; i++)
        named = span_eq_nocase(item->fields[i], name);
    return named == (item->text == SECTION_FIELDS);
}
