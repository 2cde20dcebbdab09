/* Accounts, their limits, aliases, and our own CA: from a backup. */
#include "pillarbox/backup_restore.h"

#include "base/fs.h"
#include "base/map.h"
#include "base/mem.h"
#include "pillarbox/moving.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PASSES 8 /* aliases of aliases: each needs its target first */

struct alias {
    struct span name, target; /* of the backup's text */
    bool is_over;
    struct error e; /* why it is not */
};

struct aliases {
    struct cli_wait wait; /* first: cli_done() takes it */
    struct restoring *restoring;
    struct map *living;
    struct alias *all;
    size_t count;
};

/* --- accounts ------------------------------------------------------------------------------ */

static void
on_user(void *arg, struct span name, struct span record)
{
    struct restoring *r = arg;
    char what[300];
    struct error e;

    if (!restoring_wants_user(r, name))
        return;
    auth_user_import(cli_auth(r->cli), name, record, cli_done, &r->wait);
    if (moving_wait(&r->wait, &e)) {
        map_put(r->made, name, r);
        r->users_made++;
    } else if (e.kind == FAIL_EXISTS) {
        r->users_there++;
    } else {
        snprintf(what, sizeof what, "%.*s", SPAN(name));
        restoring_complain(r, what, &e);
    }
}

static void
on_limits(void *arg, struct span name, uint64_t bytes, uint64_t messages)
{
    struct restoring *r = arg;
    char what[300];
    struct error e;

    if (map_get(r->made, name) == NULL)
        return;
    store_set_quota(cli_store(r->cli), name, bytes, messages, cli_done,
                    &r->wait);
    if (moving_wait(&r->wait, &e))
        return;
    snprintf(what, sizeof what, "%.*s: its limits", SPAN(name));
    restoring_complain(r, what, &e);
}

static void
on_keep(void *arg, struct span name, uint64_t seconds)
{
    struct restoring *r = arg;
    char what[300];
    struct error e;

    if (map_get(r->made, name) == NULL)
        return;
    store_set_keep(cli_store(r->cli), name, seconds, cli_done, &r->wait);
    if (moving_wait(&r->wait, &e))
        return;
    snprintf(what, sizeof what, "%.*s: how long it keeps", SPAN(name));
    restoring_complain(r, what, &e);
}

/* --- aliases ------------------------------------------------------------------------------- */

static void
on_living(void *arg, const struct auth_row *row)
{
    struct aliases *a = arg;

    map_put(a->living, row->name, a);
}

/* Those of an account that is there already are its owner's business. */
static void
on_alias(void *arg, struct span name, struct span target)
{
    struct aliases *a = arg;
    struct restoring *r = a->restoring;

    if (map_get(a->living, name) != NULL ||
        (r->user != NULL &&
         (map_count(r->made) == 0 ||
          !backup_alias_leads(target, span_of(r->user),
                              r->cli->settings->mail.subaddress))))
        return;
    a->all = mem_grow(a->all, (a->count + 1) * sizeof *a->all);
    a->all[a->count++] = (struct alias){ .name = name, .target = target };
}

static bool
add_alias(struct aliases *a, struct alias *alias)
{
    auth_alias_add(cli_auth(a->restoring->cli), alias->name, alias->target,
                   cli_done, &a->wait);
    alias->is_over = moving_wait(&a->wait, &alias->e);
    if (alias->is_over)
        a->restoring->aliases_made++;
    return alias->is_over;
}

static void
add_aliases(struct aliases *a)
{
    bool more = true;

    for (int pass = 0; more && pass < PASSES; pass++) {
        more = false;
        for (size_t i = 0; i < a->count; i++)
            if (!a->all[i].is_over && add_alias(a, &a->all[i]))
                more = true;
    }
    for (size_t i = 0; i < a->count; i++) {
        char what[600];

        if (a->all[i].is_over)
            continue;
        snprintf(what, sizeof what, "alias %.*s", SPAN(a->all[i].name));
        restoring_complain(a->restoring, what, &a->all[i].e);
    }
}

static bool
restore_aliases(struct restoring *r, struct error *e)
{
    static const struct backup_account_calls calls = { .alias = on_alias };
    struct aliases a = { .wait = { .cli = r->cli },
                         .restoring = r,
                         .living = map_new() };
    bool done;

    auth_alias_list(cli_auth(r->cli), on_living, cli_done, &a);
    done = moving_wait(&a.wait, e) &&
           backup_accounts_parse(buf_span(&r->accounts), &calls, &a, e);
    if (done)
        add_aliases(&a);
    map_free(&a.living);
    free(a.all);
    return done;
}

bool
restoring_accounts(struct restoring *r, struct error *e)
{
    static const struct backup_account_calls users = { .user = on_user };
    static const struct backup_account_calls limits = { .limits = on_limits,
                                                        .keep = on_keep };

    return backup_accounts_parse(buf_span(&r->accounts), &users, r, e) &&
           backup_accounts_parse(buf_span(&r->accounts), &limits, r, e) &&
           restore_aliases(r, e);
}

/* --- certificates ----------------------------------------------------------------------------- */

/* One that the backup does not have is left out. */
static bool
restore_file(struct restoring *r, int dir, const char *name, struct error *e)
{
    struct buf path = { .max = BACKUP_PATH_MAX };
    struct buf text = { .max = (size_t)1 << 20 };
    bool done = true;

    buf_printf(&path, BACKUP_TLS "/%s", name);
    if (backup_manifest_find(&r->backup->manifest, buf_text(&path)) != NULL)
        done = backup_read(r->backup, buf_text(&path), &text, e) &&
               fs_replace(dir, name, buf_span(&text), 0600, e);
    if (text.p != NULL)
        crypto_wipe(text.p, text.n);
    buf_free(&text);
    buf_free(&path);
    return done;
}

/* Only where there is no CA yet: those who trust ours go on doing so. */
bool
restoring_certificates(struct restoring *r, struct error *e)
{
    const struct settings *s = r->cli->settings;
    struct stat st;
    bool done = true;
    int dir;

    if (!s->tls.automatic)
        return true;
    if (!fs_mkdir_all(AT_FDCWD, s->tls.dir, 0700, e) ||
        !fs_open_dir(AT_FDCWD, s->tls.dir, &dir, e))
        return false;
    if (!fs_stat(dir, "ca.pem", &st, e))
        for (size_t i = 0; done && backup_tls_files[i] != NULL; i++)
            done = restore_file(r, dir, backup_tls_files[i], e);
    close(dir);
    return done;
}
