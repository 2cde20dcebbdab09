#include "mailstore/dispose.h"
#include "mailstore/kept.h"

#include <string.h>

struct by_id {
    const char *id;
    char name[MAILBOX_NAME_MAX + 1];
};

static bool
has_id(void *arg, const struct index_folder *f)
{
    struct by_id *b = arg;
    struct kept_box box;

    if (dispose_is_disposed(f))
        return true;
    kept_describe(f, &box);
    if (strcmp(box.id, b->id) != 0)
        return true;
    memcpy(b->name, f->name, sizeof b->name);
    return false;
}

void
kept_target(struct home *h, const struct kept_box *box,
            char name[MAILBOX_NAME_MAX + 1])
{
    struct by_id b = { .id = box->id };
    struct index_txn *t = core_begin(h->core);
    struct error e;

    if (!index_each_folder(t, h->record.id, has_id, &b, &e))
        core_abort(h->core, &t, &e);
    index_abort(&t);
    memcpy(name, b.name[0] != '\0' ? b.name : box->name, sizeof b.name);
}
