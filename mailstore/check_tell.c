/* The sentences: what is wrong, and what to do about it or what was done. */
#include "mailstore/check_inside.h"

#include "base/mem.h"
#include "mailstore/maildir.h"

#include <stdlib.h>
#include <string.h>

#define RESTORE "put the file back from a backup, or delete the message"
#define RENEW   "--fix makes the mailbox's index anew from its files"
#define RENEWED "the mailbox's index was made anew from its files"

/* clang-format off */
static const struct {
    const char *remedy, *mended; /* mended NULL: cannot be */
} sentences[CHECK_KINDS] = {
    [CHECK_FILE_MISSING] = { "put it back from a backup; --fix forgets the message", "the message was forgotten" },
    [CHECK_FILE_UNKNOWN] = { "--fix takes it in, as does opening the mailbox", "it was taken in" },
    [CHECK_ROW_LOST]     = { RENEW, RENEWED },
    [CHECK_FLAGS]        = { "--fix takes over what the name says, as does opening the mailbox", "what the name says was taken over" },
    [CHECK_NOT_MAIL]     = { "look at it, and move it elsewhere", NULL },
    [CHECK_COUNT]        = { "--fix counts anew", "it was counted anew" },
    [CHECK_CONTROL]      = { "--fix writes it anew", "it was written anew" },
    [CHECK_ROW]          = { RENEW, RENEWED },
    [CHECK_FILE_SIZE]    = { RESTORE, NULL },
    [CHECK_DATE]         = { "--fix gives the file that time again", "the file has that time again" },
    [CHECK_CONTENT]      = { RESTORE, NULL },
    [CHECK_GONE]         = { "it cannot be brought back; --fix forgets it", "it was forgotten" },
    [CHECK_ACCOUNT_FILE] = { "--fix writes it anew with the limits in force", "it was written anew with the limits in force" },
    [CHECK_USAGE]        = { "--fix counts anew", "it was counted anew" },
    [CHECK_LEFTOVER]     = { "--fix removes it", "it was removed" },
    [CHECK_UNHASHED]     = { "--content --fix notes what they are now", "what they are now was noted" },
};
/* clang-format on */

void
check_find(struct check *c, enum check_what what, uint32_t uid,
           const char *file, const char *text)
{
    if (c->count == c->room) {
        c->room = c->room * 2 + 16;
        c->findings = mem_grow(c->findings, c->room * sizeof *c->findings);
    }
    c->findings[c->count++] = (struct check_finding){
        .what = what, .uid = uid, .file = file, .text = text
    };
}

bool
check_has(const struct check *c, enum check_what what)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->findings[i].what == what)
            return true;
    return false;
}

void
check_tell_one(struct tour *t, struct home *h, struct span mailbox,
               const struct check_finding *found)
{
    const char *remedy = found->mended ? sentences[found->what].mended
                                       : sentences[found->what].remedy;
    struct store_report x = { .kind = STORE_REPORT_DIFFERS,
                              .account = span_of(h->name),
                              .mailbox = mailbox,
                              .uid = found->uid,
                              .text = span_of(found->text),
                              .remedy = span_of(remedy) };

    if (found->file != NULL)
        x.file = span_of(found->file);
    if (found->what == CHECK_UNHASHED)
        x.kind = STORE_REPORT_NOTE;
    else if (found->mended)
        x.kind = STORE_REPORT_FIXED;
    tour_report(t, &x);
}

/* From the account's directory. */
static void
place(struct check *c, struct check_finding *found)
{
    if (found->file != NULL && strcmp(c->folder->path, ".") != 0)
        found->file =
            arena_printf(&c->arena, "%s/%s", c->folder->path, found->file);
}

void
check_tell(struct check *c)
{
    struct folder *f = c->folder;

    for (size_t i = 0; i < c->count; i++) {
        place(c, &c->findings[i]);
        check_tell_one(c->tour, f->home, folder_name(f), &c->findings[i]);
    }
    c->fn(c->arg, NULL);
    scan_free(&c->scan);
    arena_clear(&c->arena);
    free(c->findings);
    free(c->gone);
    free(c);
    folder_release(f);
}
