#include "mailstore/sweep.h"

#include "base/fs.h"
#include "base/mem.h"
#include "mail/account.h"
#include "mailstore/dispose.h"
#include "mailstore/folder.h"
#include "mailstore/reconcile.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- which accounts ------------------------------------------------------------- */

static DIR *
open_list(int dir, const char *path)
{
    struct error e;
    int fd;
    DIR *d;

    if (!fs_open_dir(dir, path, &fd, &e))
        return NULL;
    d = fdopendir(fd);
    if (d == NULL)
        close(fd);
    return d;
}

static void
list_domain(DIR *d, const char *domain, struct sweep_accounts *out)
{
    struct dirent *entry;
    struct buf name = { 0 };

    while ((entry = readdir(d)) != NULL) {
        buf_clear(&name);
        buf_printf(&name, "%s@%s", entry->d_name, domain);
        if (!account_name_is_valid(buf_span(&name)))
            continue;
        out->names =
            mem_grow(out->names, (out->count + 1) * sizeof *out->names);
        out->names[out->count++] = mem_text(buf_text(&name));
    }
    buf_free(&name);
}

void
sweep_list_accounts(struct core *c, struct sweep_accounts *out)
{
    DIR *d = open_list(c->root, ".");
    struct dirent *entry;
    DIR *inside;

    *out = (struct sweep_accounts){ 0 };
    if (d == NULL)
        return;
    while ((entry = readdir(d)) != NULL) {
        if (!domain_is_valid(span_of(entry->d_name)))
            continue;
        inside = open_list(dirfd(d), entry->d_name);
        if (inside == NULL)
            continue;
        list_domain(inside, entry->d_name, out);
        closedir(inside);
    }
    closedir(d);
}

void
sweep_accounts_free(struct sweep_accounts *a)
{
    for (size_t i = 0; i < a->count; i++)
        free(a->names[i]);
    free(a->names);
    *a = (struct sweep_accounts){ 0 };
}

/* --- one account ------------------------------------------------------------------ */

struct home_sweep {
    struct home *home;
    uint32_t *ids;
    size_t count, at;
    struct folder *folder; /* the present one, held */
    sweep_each_fn *each;
    void *each_arg;
    core_done_fn *fn;
    void *arg;
};

static bool
add_id(void *arg, const struct index_folder *f)
{
    struct home_sweep *s = arg;

    if (dispose_is_disposed(f))
        return true;
    s->ids = mem_grow(s->ids, (s->count + 1) * sizeof *s->ids);
    s->ids[s->count++] = f->id;
    return true;
}

static void next_folder(void *arg);

static void
folder_done(void *arg, const struct error *e)
{
    struct home_sweep *s = arg;

    (void)e; /* it was logged; the others are not to blame */
    folder_release(s->folder);
    core_defer(s->home->core, next_folder, s);
}

static void
next_folder(void *arg)
{
    struct home_sweep *s = arg;
    struct error e;

    while (s->at < s->count && !s->home->core->stopping) {
        if (!folder_use_id(s->home->core, s->ids[s->at++], &s->folder, &e))
            continue;
        if (s->each != NULL)
            s->each(s->each_arg, s->folder, folder_done, s);
        else
            reconcile_ready(s->folder, RECONCILE_FRESH, folder_done, s);
        return;
    }
    s->fn(s->arg, NULL);
    free(s->ids);
    free(s);
}

void
sweep_home(struct home *h, sweep_each_fn *each, void *each_arg,
           core_done_fn *fn, void *arg)
{
    struct home_sweep *s = mem_take(sizeof *s);
    struct index_txn *t = core_begin(h->core);
    struct error e;

    *s = (struct home_sweep){
        .home = h, .each = each, .each_arg = each_arg, .fn = fn, .arg = arg
    };
    if (!index_each_folder(t, h->record.id, add_id, s, &e))
        core_abort(h->core, &t, &e);
    index_abort(&t);
    core_defer(h->core, next_folder, s);
}

/* --- all accounts ------------------------------------------------------------------- */

struct sweep {
    struct pool_job job;
    struct core *core;
    struct sweep_accounts accounts;
    size_t at;
};

static void next_home(void *arg);

static void
home_swept(void *arg, const struct error *e)
{
    struct sweep *s = arg;

    (void)e;
    core_defer(s->core, next_home, s);
}

static void
home_found(void *arg, struct home *h, const struct error *e)
{
    struct sweep *s = arg;

    if (e == NULL)
        sweep_home(h, NULL, NULL, home_swept, s);
    else
        core_defer(s->core, next_home, s);
}

static void
next_home(void *arg)
{
    struct sweep *s = arg;

    if (s->at == s->accounts.count || s->core->stopping) {
        sweep_accounts_free(&s->accounts);
        free(s);
        return;
    }
    home_use(s->core, span_of(s->accounts.names[s->at++]), 0, home_found, s);
}

static void
run_list(struct pool_job *job)
{
    struct sweep *s = (struct sweep *)job;

    sweep_list_accounts(s->core, &s->accounts);
}

static void
listed(struct pool_job *job)
{
    next_home(job);
}

void
sweep_begin(struct core *c)
{
    struct sweep *s = mem_take(sizeof *s);

    *s =
        (struct sweep){ .job = { .run = run_list, .done = listed }, .core = c };
    pool_add(c->pool, &s->job);
}
