/* pillarbox backup verify DIR [NAME]: is everything as the manifest says? */
#include "pillarbox/command.h"

#include "pillarbox/backup_show.h"
#include "pillarbox/moving.h"
#include "pillarbox/progress.h"

#include <stdio.h>
#include <string.h>

static const char *const columns[] = { "path", "difference", NULL };

struct verifying {
    const struct backup *backup;
    struct cli_table table;
    struct progress progress;
    uint64_t octets, total;
    bool interrupted;
};

static void
report(struct verifying *v, const char *path, const char *text)
{
    progress_clear(&v->progress);
    cli_table_add(&v->table, span_of(path));
    cli_table_add(&v->table, span_of(text));
}

/* A disk that cannot be read is a difference too, and not the last file's. */
static void
verify_file(struct verifying *v, const struct backup_entry *entry)
{
    struct error e;

    if (!backup_copy(v->backup, entry, NULL, NULL, &e))
        report(v, entry->path,
               e.kind == FAIL_NOT_FOUND ? "is missing" : e.text);
    v->octets += entry->size;
    progress_step(&v->progress, v->octets >> 10, v->total >> 10);
}

static bool
look_for_extra(void *arg, const char *path, const struct stat *st,
               struct error *e)
{
    struct verifying *v = arg;

    (void)e;
    if (!S_ISDIR(st->st_mode) && strcmp(path, BACKUP_MANIFEST) != 0 &&
        backup_manifest_find(&v->backup->manifest, path) == NULL)
        report(v, path, "is not in the manifest");
    return true;
}

static bool
verify(struct verifying *v, struct error *e)
{
    const struct backup_manifest *m = &v->backup->manifest;

    for (size_t i = 0; i < m->count; i++)
        v->total += m->entries[i].size;
    for (size_t i = 0; i < m->count; i++) {
        verify_file(v, &m->entries[i]);
        if (moving_is_interrupted()) {
            v->interrupted = true;
            return true;
        }
    }
    return backup_walk(v->backup->fd, look_for_extra, v, e);
}

static int
end(const struct cli *c, struct verifying *v)
{
    const struct backup_manifest *m = &v->backup->manifest;
    size_t differences = v->table.rows / 2;

    progress_clear(&v->progress);
    if (differences > 0 || c->json)
        cli_table_print(&v->table);
    fprintf(stderr, "%s: %zu files, %zu difference%s\n", v->backup->name,
            m->count, differences, differences == 1 ? "" : "s");
    if (v->interrupted) {
        fputs("pillarbox: backup verify: interrupted\n", stderr);
        return MOVING_INTERRUPTED;
    }
    return differences == 0 ? CLI_DONE : CLI_PROBLEM;
}

int
command_backup_verify(struct cli *c)
{
    struct verifying v = { .table = { .columns = columns, .json = c->json } };
    struct backup_dir d;
    struct backup b;
    struct error e;
    int code;

    if (!backup_choose(c, NULL, true, &d, &b, &code))
        return code;
    v.backup = &b;
    moving_hold_interrupts();
    progress_begin(&v.progress, "KiB verified");
    code = verify(&v, &e) ? end(c, &v) : cli_fail(c, b.name, &e);
    backup_close(&b);
    backup_dir_close(&d);
    return code;
}
