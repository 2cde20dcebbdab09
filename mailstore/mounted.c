#include "mailstore/mounted.h"

#include "mailstore/limits.h"
#include "mailstore/sweep.h"

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
