#include "mailstore/quota.h"

#include "base/fs.h"
#include "base/mem.h"
#include "mailstore/account_file.h"
#include "mailstore/quota_warning.h"

#include <stdlib.h>
#include <unistd.h>

/* --- how much there is, and may be ----------------------------------------------- */

static uint64_t
effective(uint64_t own, uint64_t general)
{
    if (own == INDEX_LIMIT_NONE)
        return 0;
    return own != 0 ? own : general;
}

struct store_quota
quota_of_record(const struct core *c, const struct index_account *a)
{
    return (struct store_quota){
        .user = span_of(a->name),
        .bytes = a->bytes,
        .messages = a->messages,
        .limit_bytes = effective(a->limit_bytes, c->options->quota_bytes),
        .limit_messages =
            effective(a->limit_messages, c->options->quota_messages),
        .own_bytes = a->limit_bytes != 0,
        .own_messages = a->limit_messages != 0,
        .keep_deleted = home_keep_by_file(
            c, &(struct account_file){ .keep_deleted = a->keep_deleted }),
        .own_keep = a->keep_deleted != 0,
    };
}

struct store_quota
quota_of_nobody(const struct core *c, struct span user)
{
    const struct index_account nobody = { 0 };
    struct store_quota q = quota_of_record(c, &nobody);

    q.user = user;
    return q;
}

bool
quota_of(struct home *h, struct store_quota *q, struct error *e)
{
    struct index_txn *t = core_begin(h->core);
    struct index_account a;

    if (!index_get_account(t, h->record.id, &a, e)) {
        core_abort(h->core, &t, e);
        return false;
    }
    index_abort(&t);
    *q = quota_of_record(h->core, &a);
    q->user = span_of(h->name);
    return true;
}

/* --- does it fit? ------------------------------------------------------------------ */

static bool
one_fits(uint64_t limit, uint64_t used, uint64_t more)
{
    return limit == 0 || (used < limit && more <= limit - used);
}

static bool
one_could_fit(uint64_t limit, uint64_t more)
{
    return limit == 0 || more <= limit;
}

bool
quota_fits(const struct store_quota *q, uint64_t bytes, uint64_t messages,
           struct error *e)
{
    if (!one_could_fit(q->limit_bytes, bytes) ||
        !one_could_fit(q->limit_messages, messages))
        return fail(e, FAIL_OVERSIZE, "larger than the quota of %.*s",
                    SPAN(q->user));
    if (!one_fits(q->limit_bytes, q->bytes, bytes) ||
        !one_fits(q->limit_messages, q->messages, messages))
        return fail(e, FAIL_QUOTA, "%.*s is over quota", SPAN(q->user));
    return true;
}

bool
quota_is_limited(const struct home *h)
{
    const struct core_options *o = h->core->options;

    return effective(h->record.limit_bytes, o->quota_bytes) != 0 ||
           effective(h->record.limit_messages, o->quota_messages) != 0;
}

bool
quota_has_room(struct home *h, uint64_t bytes, uint64_t messages,
               struct error *e)
{
    struct store_quota q;

    if (!quota_is_limited(h))
        return true;
    if (!quota_of(h, &q, e))
        return false;
    q.bytes += h->claimed.bytes;
    q.messages += h->claimed.messages;
    return quota_fits(&q, bytes, messages, e);
}

bool
quota_take(struct home *h, uint64_t bytes, uint64_t messages,
           struct quota_claim *c, struct error *e)
{
    if (!quota_has_room(h, bytes, messages, e))
        return false;
    if (quota_is_limited(h))
        quota_warning_prepare(h);
    *c = (struct quota_claim){ h, bytes, messages };
    h->claimed.bytes += bytes;
    h->claimed.messages += messages;
    return true;
}

void
quota_give_back(struct quota_claim *c)
{
    if (c->home == NULL)
        return;
    c->home->claimed.bytes -= c->bytes;
    c->home->claimed.messages -= c->messages;
    quota_warning_look(c->home);
    c->home = NULL;
}

/* --- setting ----------------------------------------------------------------------- */

struct setting {
    struct pool_job job;
    struct home *home;
    struct quota_own own; /* as asked for */
    struct account_file file;
    bool failed;
    struct error e;
    core_done_fn *fn;
    void *arg;
};

static void
end_setting(struct setting *s, const struct error *e)
{
    home_changed(s->home);
    s->fn(s->arg, e);
    free(s);
}

static void
run_write(struct pool_job *job)
{
    struct setting *s = (struct setting *)job;
    struct home *h = s->home;
    int dir;

    s->failed = !fs_open_dir(h->core->root, h->path, &dir, &s->e);
    if (s->failed)
        return;
    s->failed = !account_file_write(dir, &s->file, &s->e);
    close(dir);
}

static void
written(struct pool_job *job)
{
    struct setting *s = (struct setting *)job;

    if (!s->failed)
        s->failed = !home_take_limits(s->home, &s->file, &s->e);
    end_setting(s, s->failed ? &s->e : NULL);
}

static uint64_t
changed(uint64_t asked, uint64_t before)
{
    return asked == STORE_QUOTA_KEEP ? before : asked;
}

/* It is our turn: nobody reads the file now. */
static void
begin_setting(void *arg, const struct error *e)
{
    struct setting *s = arg;
    const struct index_account *now = &s->home->record;

    if (e != NULL) {
        end_setting(s, e);
        return;
    }
    s->file.limit_bytes = changed(s->own.limit_bytes, now->limit_bytes);
    s->file.limit_messages =
        changed(s->own.limit_messages, now->limit_messages);
    s->file.keep_deleted = changed(s->own.keep_deleted, now->keep_deleted);
    s->job = (struct pool_job){ .run = run_write, .done = written };
    pool_add(s->home->core->pool, &s->job);
}

void
quota_set(struct home *h, const struct quota_own *own, core_done_fn *fn,
          void *arg)
{
    struct setting *s = mem_take(sizeof *s);

    *s = (struct setting){ .home = h, .own = *own, .fn = fn, .arg = arg };
    home_change(h, begin_setting, s);
}
