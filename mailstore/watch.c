#include "mailstore/watch.h"

#include "base/mem.h"
#include "mail/flags.h"
#include "mailstore/gone.h"
#include "mailstore/names.h"

#include <stdlib.h>

uint64_t
watch_event(struct folder *f)
{
    return ++f->event;
}

bool
watch_has_writer(const struct folder *f)
{
    for (const struct view *v = f->views; v != NULL; v = v->next)
        if ((v->how & STORE_EXAMINE) == 0)
            return true;
    return false;
}

static void
tell_keywords(struct view *v)
{
    if (v->keywords_told == v->folder->record.keyword_count)
        return;
    v->keywords_told = v->folder->record.keyword_count;
    v->calls->keywords(v->arg, &v->folder->record);
}

static struct store_row *
as_recent(const struct store_row *rows, size_t count)
{
    struct store_row *copy = mem_take_array(count, sizeof *copy);

    for (size_t i = 0; i < count; i++) {
        copy[i] = rows[i];
        copy[i].flags |= MAIL_RECENT;
    }
    return copy;
}

void
watch_added(struct folder *f, uint64_t event, const struct store_row *rows,
            size_t count, bool claimed)
{
    struct store_row *recent = as_recent(rows, count);
    bool given = false;

    for (struct view *v = f->views; v != NULL; v = v->next) {
        bool writer = (v->how & STORE_EXAMINE) == 0;
        bool first = claimed ? writer && !given : !writer;

        if (v->joined >= event)
            continue;
        given |= first;
        tell_keywords(v);
        v->calls->added(v->arg, first ? recent : rows, count);
    }
    free(recent);
}

void
watch_flagged(struct folder *f, uint64_t event, const struct store_row *rows,
              size_t count)
{
    if (count == 0)
        return;
    for (struct view *v = f->views; v != NULL; v = v->next) {
        if (v->joined >= event)
            continue;
        tell_keywords(v);
        v->calls->flagged(v->arg, rows, count);
    }
}

void
watch_expunged(struct folder *f, uint64_t event, uint64_t modseq,
               const struct numset *uids)
{
    if (uids->n == 0)
        return;
    for (struct view *v = f->views; v != NULL; v = v->next)
        if (v->joined < event)
            v->calls->expunged(v->arg, modseq, uids);
}

static void
leave(struct view *v)
{
    struct folder *f = v->folder;
    struct view **at = &f->views;

    while (*at != v)
        at = &(*at)->next;
    *at = v->next;
    if (f->exclusive == v)
        f->exclusive = NULL;
    f->core->views--;
}

void
watch_gone(struct folder *f)
{
    for (struct view *v = f->views; v != NULL; v = v->next)
        v->calls->gone(v->arg);
}

void
view_close(struct view **view)
{
    struct view *v = *view;
    struct folder *f;

    if (v == NULL)
        return;
    f = v->folder;
    leave(v);
    gone_view_closed(f, v);
    if (f->views == NULL)
        names_hurry(f);
    folder_release(f);
    free(v);
    *view = NULL;
}
