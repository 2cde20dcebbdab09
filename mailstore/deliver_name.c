/* The UID and the name that a delivery gets in each of its folders. */
#include "mailstore/deliver.h"

#include <inttypes.h>
#include <stdio.h>

const char *
deliver_part(const struct delivery *d)
{
    return deliver_has_flags(d) ? "cur" : "new";
}

uint32_t
deliver_uids(const struct delivery *d, const struct folder *f)
{
    return d->uid > f->next_uid ? d->uid - f->next_uid + 1 : 1;
}

bool
deliver_has_uid(struct delivery *d)
{
    struct error e;

    if (d->uid == 0 || d->uid >= d->targets[0].folder->next_uid)
        return true;
    fail(&e, FAIL_EXISTS, "the UID is not free any more");
    deliver_fail(d, &e);
    return false;
}

void
deliver_give_uid(struct delivery *d, struct deliver_target *t)
{
    struct folder *f = t->folder;
    struct maildir_stamp by = core_stamp(d->core);
    struct maildir_facts facts = { .tag = f->record.tag,
                                   .size = d->size,
                                   .wire_size = d->wire_size != 0 ? d->wire_size
                                                                  : d->size };
    struct buf base = { .max = NAME_MAX };
    struct buf file = { .max = sizeof t->file - 1 };

    folder_share(f);
    f->next_uid += deliver_uids(d, f);
    t->uid = f->next_uid - 1;
    facts.uid = t->uid;
    maildir_name_make(&by, &facts, &base);
    if (d->mark != 0)
        buf_printf(&base, ",I=%016" PRIx64, d->mark);
    folder_moving(f, buf_span(&base));
    buf_printf(&file, "%s/", deliver_part(d));
    if (deliver_has_flags(d))
        maildir_name_put(buf_span(&base), d->flags, (uint32_t)t->keywords,
                         span_of(""), &file);
    else
        buf_put(&file, buf_span(&base));
    snprintf(t->file, sizeof t->file, "%s", buf_text(&file));
    buf_free(&base);
    buf_free(&file);
}
