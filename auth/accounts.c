#include "auth/accounts.h"

#include "auth/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/crypto.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define SECRET_SIZE 32

struct accounts {
    struct kv *kv;
    pthread_mutex_t lock; /* around all of kv but flush and checkpoint */
    const struct settings *settings;
    char secret[SECRET_SIZE];
};

static const struct kv_table tables[TABLE_COUNT] = {
    [TABLE_USERS] = { .name = "users" },
    [TABLE_ALIASES] = { .name = "aliases" },
    [TABLE_META] = { .name = "meta" },
};

bool
accounts_get(struct kv_txn *t, enum accounts_table table, struct span key,
             struct buf *out, bool *found, struct error *e)
{
    *found = kv_get(t, table, key, out, e);
    return *found || e->kind == FAIL_NOT_FOUND;
}

/*
 * The environment is lost for this process (DB_RUNRECOVERY), or what it wrote
 * may not be on the disk: the next one recovers it.
 */
static void
check(const struct error *e)
{
    if (e->kind != FAIL_CORRUPT && e->kind != FAIL_IO &&
        e->kind != FAIL_UNAVAILABLE)
        return;
    log_event(LOG_ERROR, "database-lost", log_text("why", e->text));
    _exit(EX_TEMPFAIL);
}

static bool
begin(struct accounts *a, struct kv_txn **t, struct error *e)
{
    if (kv_begin(a->kv, t, e))
        return true;
    check(e);
    return false;
}

static bool
run_look(struct accounts *a, accounts_work_fn *work, void *arg, struct error *e)
{
    struct kv_txn *t;
    bool done;

    if (!begin(a, &t, e))
        return false;
    done = work(t, arg, e);
    kv_abort(&t);
    return done;
}

static bool
run_change(struct accounts *a, accounts_work_fn *work, void *arg,
           struct error *e)
{
    struct kv_txn *t;

    if (!begin(a, &t, e))
        return false;
    if (!work(t, arg, e)) {
        kv_abort(&t);
        return false;
    }
    if (kv_commit(&t, e))
        return true;
    check(e);
    return false;
}

bool
accounts_look(struct accounts *a, accounts_work_fn *work, void *arg,
              struct error *e)
{
    bool done;

    pthread_mutex_lock(&a->lock);
    done = run_look(a, work, arg, e);
    pthread_mutex_unlock(&a->lock);
    return done;
}

bool
accounts_change(struct accounts *a, accounts_work_fn *work, void *arg,
                struct error *e)
{
    bool done;

    pthread_mutex_lock(&a->lock);
    done = run_change(a, work, arg, e);
    pthread_mutex_unlock(&a->lock);
    if (!done || kv_flush(a->kv, e))
        return done;
    check(e);
    return false;
}

/* Reads what the database is, or makes it so on the first start. */
static bool
take_meta(struct kv_txn *t, void *arg, struct error *e)
{
    struct accounts *a = arg;
    struct buf schema = { .max = 64 };
    struct buf secret = { .max = 64 };
    bool found, fine = false;

    if (!accounts_get(t, TABLE_META, span_of("schema"), &schema, &found, e))
        goto undo;
    if (!found) {
        crypto_random(a->secret, sizeof a->secret);
        fine = kv_put(t, TABLE_META, span_of("schema"), span_of("1"), e) &&
               kv_put(t, TABLE_META, span_of("secret"),
                      span_from(a->secret, sizeof a->secret), e);
        goto undo;
    }
    if (!kv_get(t, TABLE_META, span_of("secret"), &secret, e))
        goto undo;
    fine = span_is(buf_span(&schema), "1") && secret.n == sizeof a->secret;
    if (fine)
        memcpy(a->secret, secret.p, sizeof a->secret);
    else
        fail(e, FAIL_CORRUPT, "accounts: not a database of this version");
undo:
    buf_free(&schema);
    buf_free(&secret);
    return fine;
}

bool
accounts_open(struct accounts **a, const struct settings *s, struct error *e)
{
    const struct kv_options options = { .dir = s->auth.dir,
                                        .tables = tables,
                                        .table_count = TABLE_COUNT,
                                        .cache_bytes = 4 << 20 };
    struct accounts *made = mem_take(sizeof *made);
    bool was_clean;

    made->settings = s;
    pthread_mutex_init(&made->lock, NULL);
    if (!kv_open(&made->kv, &options, &was_clean, e) ||
        !accounts_change(made, take_meta, made, e)) {
        accounts_close(&made);
        return false;
    }
    *a = made;
    return true;
}

void
accounts_close(struct accounts **a)
{
    if (*a == NULL)
        return;
    if ((*a)->kv != NULL)
        kv_close(&(*a)->kv);
    pthread_mutex_destroy(&(*a)->lock);
    crypto_wipe((*a)->secret, sizeof(*a)->secret);
    free(*a);
    *a = NULL;
}

struct span
accounts_secret(const struct accounts *a)
{
    return span_from(a->secret, sizeof a->secret);
}

const struct settings *
accounts_settings(const struct accounts *a)
{
    return a->settings;
}

struct span
accounts_default_domain(const struct accounts *a)
{
    return span_of(a->settings->domains.items[0]);
}

uint32_t
accounts_iterations(const struct accounts *a)
{
    unsigned wanted = a->settings->auth.iterations;

    if (wanted < AUTH_ITERATIONS_MIN)
        return AUTH_ITERATIONS_MIN;
    return wanted > AUTH_ITERATIONS_MAX ? AUTH_ITERATIONS_MAX : wanted;
}

bool
accounts_has_domain(const struct accounts *a, struct span domain)
{
    const struct text_list *ours = &a->settings->domains;

    for (size_t i = 0; i < ours->count; i++)
        if (span_eq_nocase(domain, span_of(ours->items[i])))
            return true;
    return false;
}

bool
accounts_checkpoint(struct accounts *a, struct error *e)
{
    if (kv_checkpoint(a->kv, e))
        return true;
    check(e);
    return false;
}
