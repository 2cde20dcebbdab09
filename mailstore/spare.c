#include "mailstore/spare.h"

#include "base/fs.h"
#include "base/mem.h"
#include "mailstore/limits.h"
#include "mailstore/maildir.h"

#include <stdlib.h>
#include <unistd.h>

struct spare {
    struct pool_job job; /* makes files; its part is below */
    struct core *core;
    int ready[STORE_SPARE_FILES];
    unsigned count;
    unsigned want; /* so many are to be there: doubled when there was none */
    bool useless;  /* the file system has no unnamed files */

    bool making;
    int made[STORE_SPARE_FILES];
    unsigned to_make, made_count;
    struct error e;
};

struct spare *
spare_new(struct core *c)
{
    struct spare *s = mem_take(sizeof *s);

    s->core = c;
    return s;
}

void
spare_free(struct spare **at)
{
    struct spare *s = *at;

    if (s == NULL)
        return;
    for (unsigned i = 0; i < s->count; i++)
        close(s->ready[i]);
    free(s);
    *at = NULL;
}

static void
run_make(struct pool_job *job)
{
    struct spare *s = (struct spare *)job;

    while (s->made_count < s->to_make &&
           fs_create_unnamed(s->core->root, MAILDIR_TMP, 0600,
                             &s->made[s->made_count], &s->e))
        s->made_count++;
}

/* A failure is for the delivery that then makes its own to tell. */
static void
made(struct pool_job *job)
{
    struct spare *s = (struct spare *)job;

    s->making = false;
    s->useless = s->made_count < s->to_make && s->e.kind == FAIL_INVALID;
    for (unsigned i = 0; i < s->made_count; i++)
        s->ready[s->count++] = s->made[i];
}

static void
make_more(struct spare *s)
{
    if (s->making || s->useless || s->core->stopping || s->count > s->want / 2)
        return;
    s->making = true;
    s->to_make = s->want - s->count;
    s->made_count = 0;
    s->job = (struct pool_job){ .run = run_make, .done = made };
    pool_add(s->core->pool, &s->job);
}

bool
spare_take(struct spare *s, int *fd)
{
    bool found = s->count > 0;

    if (found)
        *fd = s->ready[--s->count];
    else if (s->want < STORE_SPARE_FILES)
        s->want = s->want == 0 ? 1 : s->want * 2;
    make_more(s);
    return found;
}
