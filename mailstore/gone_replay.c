/* What an earlier life left is due again. */
#include "mailstore/gone.h"

struct replay {
    struct core *core;
    uint32_t folder; /* whose UIDs these are */
    struct numset uids;
    struct numset folders; /* that have any */
};

static bool
note_folder(void *arg, const struct index_gone *g)
{
    struct replay *r = arg;

    numset_add(&r->folders, g->folder, g->folder);
    return true;
}

static bool
note_uid(void *arg, const struct index_gone *g)
{
    struct replay *r = arg;

    numset_add(&r->uids, g->uid, g->uid);
    return true;
}

static void
replay_folder(struct replay *r, uint32_t id)
{
    struct index_txn *t = core_begin(r->core);
    struct folder *f;
    struct error e;

    numset_clear(&r->uids);
    if (!index_each_gone(t, id, note_uid, r, &e))
        core_abort(r->core, &t, &e);
    index_abort(&t);
    /* A folder that cannot be opened keeps them until it can. */
    if (!folder_use_id(r->core, id, &f, &e))
        return;
    gone_add(f, UINT64_MAX, 0, &r->uids);
    folder_release(f);
}

void
gone_replay(struct core *c)
{
    struct replay r = { .core = c };
    struct index_txn *t = core_begin(c);
    struct numset_walk at = { 0 };
    struct error e;
    uint32_t id;

    if (!index_each_gone(t, 0, note_folder, &r, &e))
        core_abort(c, &t, &e);
    index_abort(&t);
    while (numset_next(&r.folders, &at, &id))
        replay_folder(&r, id);
    numset_free(&r.folders);
    numset_free(&r.uids);
}
