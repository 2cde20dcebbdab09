/* What is an account's own: its sums, its file, what is left in tmp/. */
#include "base/fs.h"
#include "base/mem.h"
#include "mailstore/check_inside.h"
#include "mailstore/maildir.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

struct account_check {
    struct pool_job job;
    struct tour *tour;
    struct home *home;
    struct arena arena;
    bool file_damaged;
    const char *why;
    const char **leftovers; /* from the account's directory */
    size_t leftover_count;
    core_done_fn *fn;
    void *arg;
};

static void
tell(struct account_check *c, enum check_what what, const char *file,
     const char *text, bool mended)
{
    const struct check_finding found = {
        .what = what, .file = file, .text = text, .mended = mended
    };

    check_tell_one(c->tour, c->home, span_of(""), &found);
}

static bool
fixes(const struct account_check *c)
{
    return (c->tour->how & STORE_CHECK_FIX) != 0;
}

/* --- in the pool ------------------------------------------------------------------------ */

struct litter {
    struct account_check *check;
    const char *folder; /* its directory */
};

static void
add_leftover(void *arg, const char *file)
{
    struct litter *l = arg;
    struct account_check *c = l->check;
    bool inbox = l->folder[0] == '.' && l->folder[1] == '\0';

    c->leftovers =
        mem_grow(c->leftovers, (c->leftover_count + 1) * sizeof *c->leftovers);
    c->leftovers[c->leftover_count++] =
        arena_printf(&c->arena, "%s%s" MAILDIR_TMP "/%s",
                     inbox ? "" : l->folder, inbox ? "" : "/", file);
}

static void
look_for_litter(struct account_check *c, int home, const char *folder)
{
    struct litter l = { c, folder };
    struct error e;
    int dir;

    if (!fs_open_dir(home, folder, &dir, &e))
        return;
    maildir_each_litter(dir, add_leftover, &l);
    if (fixes(c))
        maildir_sweep_tmp(dir);
    close(dir);
}

static void
run_check(struct pool_job *job)
{
    struct account_check *c = (struct account_check *)job;
    struct core *core = c->home->core;
    struct maildir_folders folders = { 0 };
    struct account_file file;
    struct error e;
    int dir;

    if (!fs_open_dir(core->root, c->home->path, &dir, &e))
        return; /* then its mailboxes have been told of */
    if (!account_file_read(dir, &file, &e)) {
        c->file_damaged = true;
        c->why = arena_text(&c->arena, span_of(e.text));
    }
    look_for_litter(c, dir, ".");
    if (maildir_list(core->root, c->home->path, &folders, &e))
        for (size_t i = 0; i < folders.count; i++)
            if (folders.names[i][1] != '\0')
                look_for_litter(c, dir, folders.names[i]);
    maildir_list_free(&folders);
    close(dir);
}

/* --- in the loop -------------------------------------------------------------------------- */

static void
end(struct account_check *c, const struct error *e)
{
    c->fn(c->arg, e);
    arena_clear(&c->arena);
    free(c->leftovers);
    free(c);
}

static void
file_written(void *arg, const struct error *e)
{
    struct account_check *c = arg;

    tell(c, CHECK_ACCOUNT_FILE, ACCOUNT_FILE, c->why, e == NULL);
    end(c, NULL);
}

static bool
compare_usage(struct account_check *c, struct error *e)
{
    struct quota_off off = { 0 };
    bool mended = false;

    if (!quota_compare_account(c->home, &off, e))
        return false;
    if (off.bytes == 0 && off.messages == 0)
        return true;
    if (fixes(c)) {
        struct quota_off again = { 0 };

        mended = quota_recount_account(c->home, &again, e);
    }
    tell(c, CHECK_USAGE, NULL,
         arena_printf(&c->arena,
                      "what counts for the quota is off by %" PRId64
                      " octets and %" PRId64 " messages",
                      off.bytes, off.messages),
         mended);
    return true;
}

static void
checked(struct pool_job *job)
{
    static const struct quota_own as_it_is = { STORE_QUOTA_KEEP,
                                               STORE_QUOTA_KEEP,
                                               STORE_QUOTA_KEEP };
    struct account_check *c = (struct account_check *)job;
    struct error e;

    for (size_t i = 0; i < c->leftover_count; i++)
        tell(c, CHECK_LEFTOVER, c->leftovers[i],
             "left over from what never became a message", fixes(c));
    if (!compare_usage(c, &e)) {
        end(c, &e);
        return;
    }
    if (c->file_damaged && fixes(c)) {
        quota_set(c->home, &as_it_is, file_written, c);
        return;
    }
    if (c->file_damaged)
        tell(c, CHECK_ACCOUNT_FILE, ACCOUNT_FILE, c->why, false);
    end(c, NULL);
}

void
check_account(struct tour *t, struct home *h, core_done_fn *fn, void *arg)
{
    struct account_check *c = mem_take(sizeof *c);

    *c = (struct account_check){ .job = { .run = run_check, .done = checked },
                                 .tour = t,
                                 .home = h,
                                 .fn = fn,
                                 .arg = arg };
    pool_add(h->core->pool, &c->job);
}
