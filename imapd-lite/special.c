#include "imapd-lite/special.h"

#include "mailstore/client.h"

struct special {
    uint32_t flag;
    const char *name;
};

static const struct special specials[] = {
    { STORE_DRAFTS, "Drafts" },   { STORE_SENT, "Sent" },
    { STORE_JUNK, "Junk" },       { STORE_TRASH, "Trash" },
    { STORE_ARCHIVE, "Archive" },
};

#define SPECIALS (sizeof specials / sizeof *specials)

uint32_t
imap_special_use_named(struct span name)
{
    for (size_t i = 0; i < SPECIALS; i++)
        if (span_is_nocase(name, specials[i].name))
            return specials[i].flag;
    return 0;
}

void
imap_put_special_use(uint32_t flags, struct buf *out)
{
    for (size_t i = 0; i < SPECIALS; i++) {
        if ((flags & specials[i].flag) == 0)
            continue;
        buf_put_text(out, " \\");
        buf_put_text(out, specials[i].name);
    }
}
