/*
 * Imports go on in the order of their commits, that of their UIDs: the next one
 * looks for its mailbox when this one has got into the committer's list, or
 * failed.
 */
#include "mailstore/committer.h"
#include "mailstore/deliver.h"

void
deliver_import_queue(struct delivery *d)
{
    struct delivery **at = &d->core->imports;

    while (*at != NULL)
        at = &(*at)->next_import;
    *at = d;
}

void
deliver_imports_go_on(struct core *c)
{
    struct delivery *d;

    if (c->going_on)
        return;
    c->going_on = true;
    while ((d = c->imports) != NULL && d->settled && !d->resolving) {
        d->resolving = true;
        deliver_find_targets(d);
    }
    c->going_on = false;
}

void
deliver_import_resolved(struct delivery *d)
{
    struct core *c = d->core;

    c->imports = d->next_import;
    if (d->failed)
        deliver_end_later(d);
    else
        committer_add(c->committer, d);
    deliver_imports_go_on(c);
}
