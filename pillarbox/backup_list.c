#include "pillarbox/command.h"

#include "base/fs.h"
#include "pillarbox/backup_show.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HEAD_MAX 4096
#define TAIL_MAX 200 /* holds the last line */

/* The manifest's first octets, and whether its last line is there. */
static bool
read_head(int fd, struct arena *memory, struct backup_head *head,
          struct error *e)
{
    char text[HEAD_MAX];
    struct stat st;
    uint64_t tail;
    size_t got;
    size_t at;

    if (fstat(fd, &st) == -1)
        return fail_sys(e, "the manifest");
    tail = st.st_size > TAIL_MAX ? (uint64_t)(st.st_size - TAIL_MAX) : 0;
    if (!fs_read_at(fd, tail, text, TAIL_MAX, &got, e))
        return false;
    if (!span_search(span_from(text, got), span_of("\nend "), &at))
        return fail(e, FAIL_CORRUPT, "the manifest is cut off: it has no end");
    return fs_read_at(fd, 0, text, sizeof text, &got, e) &&
           backup_manifest_parse_head(span_from(text, got), memory, head, e);
}

static void
add_row(struct cli_table *t, const struct backup_dir *d, const char *name)
{
    struct arena memory = { 0 };
    struct backup_head head;
    struct error e;
    bool done;
    int dir;
    int fd;

    done = fs_open_dir(d->fd, name, &dir, &e);
    if (done) {
        done = fs_open_read(dir, BACKUP_MANIFEST, &fd, &e);
        close(dir);
    }
    if (done) {
        done = read_head(fd, &memory, &head, &e);
        close(fd);
    }
    if (!done)
        fprintf(stderr, "pillarbox: %s/%s: %s\n", d->path, name, e.text);
    backup_show_row(t, name, done ? &head : NULL,
                    !done               ? "damaged"
                    : head.only == NULL ? "whole"
                                        : head.only);
    arena_clear(&memory);
}

int
command_backup_list(struct cli *c)
{
    struct cli_table t = { .columns = backup_columns, .json = c->json };
    struct backup_dir d;
    struct error e;

    if (!backup_dir_open(c->args[0], &d, &e))
        return cli_fail(c, c->args[0], &e);
    for (size_t i = 0; i < d.count; i++)
        add_row(&t, &d, d.names[i]);
    for (size_t i = 0; i < d.torn_count; i++)
        backup_show_row(&t, d.torn[i], NULL, "torn");
    cli_table_print(&t);
    backup_dir_close(&d);
    return CLI_DONE;
}
