#include "mailstore/mounted.h"

#include "base/fs.h"
#include "mailstore/limits.h"
#include "mailstore/sweep.h"

#include <fcntl.h>

static bool
add_account(void *arg, const struct index_account *a)
{
    uint64_t *messages = arg;

    *messages += a->messages;
    return true;
}

bool
mounted_check(struct core *c, struct error *e)
{
    struct index_txn *t = core_begin(c);
    struct sweep_accounts accounts;
    uint64_t messages = 0;
    bool found;

    if (!index_each_account(t, add_account, &messages, e)) {
        core_abort(c, &t, e);
        return false;
    }
    index_abort(&t);
    if (messages <= STORE_GUARD_COUNT)
        return true;
    sweep_list_accounts(c, &accounts);
    found = accounts.count > 0;
    sweep_accounts_free(&accounts);
    return found ||
           fail(e, FAIL_UNAVAILABLE,
                "%s has no mail, but the index %s knows some: is a disk not "
                "mounted? (Remove the index if the mail is gone for good.)",
                c->options->mail_dir, c->options->index_dir);
}

bool
mounted_still(struct core *c)
{
    struct stat held;
    struct stat there;
    struct error e;

    if (fstat(c->root, &held) == -1)
        return true;
    if (fs_stat(AT_FDCWD, c->options->mail_dir, &there, &e))
        return there.st_dev == held.st_dev && there.st_ino == held.st_ino;
    return e.kind != FAIL_NOT_FOUND || held.st_nlink > 0;
}
