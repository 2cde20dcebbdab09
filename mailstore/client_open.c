#include "mailstore/client_private.h"

#include "base/mem.h"

#include <stdlib.h>
#include <unistd.h>

static struct store_opened *
make_opened(struct store_session *x, const struct wire_view *w, int fd,
            struct error *e)
{
    struct store_opened *o;
    struct store_rows got;

    if (!store_map_rows(fd, w, &got, e))
        return NULL;
    o = mem_take(sizeof *o);
    o->view.rows = got.rows;
    o->view.count = got.count;
    o->mapped = got.mapped;
    o->view.recent = w->recent;
    o->view.first_unseen = w->first_unseen;
    o->view.uid_validity = w->uid_validity;
    o->view.uid_next = w->uid_next;
    o->view.modseq = w->modseq;
    o->view.read_only = w->read_only;
    o->highest = w->uid_next > 0 ? w->uid_next - 1 : 0;
    store_opened_keywords(o, &w->keywords);
    buf_put(&o->name, buf_span(&x->opening));
    o->how = x->opening_how;
    o->calls = x->opening_calls;
    return o;
}

static void
tell_close(struct store_session *x)
{
    struct buf b = { 0 };

    wire_put_session(&b, &(struct wire_session){ x->number });
    store_tell(x, WIRE_CLOSE, &b);
}

/* NULL: mailstored has it open, but we have not. */
static struct store_opened *
take_opened(struct store_session *x, struct span body, int fd, struct error *e)
{
    struct store_opened *o = NULL;
    struct wire_view w;

    if (!x->opening_cancelled && wire_get_view(&body, &w)) {
        o = make_opened(x, &w, fd, e);
    } else {
        if (fd != -1)
            close(fd);
        if (x->opening_cancelled)
            fail(e, FAIL_NOT_FOUND, "closed before it was open");
        else
            store_malformed(e);
    }
    if (o == NULL)
        tell_close(x);
    return o;
}

static void
end_open(struct store_session *x, const struct store_request *r,
         struct span body, int fd, const struct error *e)
{
    struct store_opened *o = NULL;
    struct error mine;

    if (e != NULL) {
        if (fd != -1)
            close(fd);
    } else {
        o = take_opened(x, body, fd, &mine);
        e = o == NULL ? &mine : NULL;
    }
    if (o != NULL) {
        o->arg = r->arg;
        x->opened = o;
        r->end.opened(r->arg, &o->view, NULL);
    } else {
        r->end.opened(r->arg, NULL, e);
    }
}

static const struct store_kind open_kind = {
    .op = WIRE_OPEN, .only_reads = true, .has_descriptor = true, .end = end_open
};

void
store_open(struct store_session *x, struct span name, unsigned how,
           const struct store_view_calls *calls, store_opened_fn *fn, void *arg)
{
    struct store_request r = { .kind = &open_kind,
                               .end.opened = fn,
                               .arg = arg };

    store_bury(x);
    buf_clear(&x->opening);
    buf_put(&x->opening, name);
    x->opening_how = how;
    x->opening_calls = calls;
    x->opening_cancelled = false;
    wire_put_open(&r.body, &(struct wire_open){ x->number, name, how });
    store_ask(x, &r);
}

void
store_close(struct store_session *x)
{
    x->opening_cancelled = true;
    if (x->opened == NULL)
        return;
    store_bury(x);
    tell_close(x);
}
