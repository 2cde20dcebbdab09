#include "mailstore/client_private.h"

#include "base/mem.h"

#include <stdlib.h>

static void
on_up(void *arg)
{
    struct store *s = arg;

    for (struct store_session *x = s->sessions; x != NULL; x = x->next)
        store_session_up(x);
}

static void
on_down(void *arg)
{
    struct store *s = arg;

    s->line++;
    for (struct store_session *x = s->sessions; x != NULL; x = x->next)
        store_session_down(x);
}

/* An event for a session that has ended meanwhile is of no interest. */
static void
on_pushed(void *arg, uint16_t op, struct span body)
{
    struct store *s = arg;
    struct span start = body;
    struct store_session *x;
    uint32_t number;

    if (!get_u32(&start, &number))
        return;
    x = map_get(s->by_number, span_from(&number, sizeof number));
    if (x != NULL)
        store_event(x, op, body);
}

static const struct ipc_client_calls calls = { .up = on_up,
                                               .down = on_down,
                                               .pushed = on_pushed };

static struct store *
new_store(struct loop *l)
{
    struct store *s = mem_take(sizeof *s);

    s->loop = l;
    s->by_number = map_new();
    return s;
}

struct store *
store_client_new(struct loop *l, const char *socket_path)
{
    struct store *s = new_store(l);

    s->ipc = ipc_client_new(l, socket_path, &calls, s, wire_ops);
    return s;
}

struct store *
store_client_on_fd(struct loop *l, int fd)
{
    struct store *s = new_store(l);

    s->ipc = ipc_client_on_fd(l, fd, &calls, s, wire_ops);
    return s;
}

void
store_client_free(struct store **sp)
{
    struct store *s = *sp;

    *sp = NULL;
    if (s == NULL)
        return;
    while (s->sessions != NULL) {
        struct store_session *x = s->sessions;

        store_logout(&x);
    }
    store_admins_free(s);
    ipc_client_free(&s->ipc);
    map_free(&s->by_number);
    free(s);
}

const struct error *
store_malformed(struct error *e)
{
    fail(e, FAIL_IO, "mailstored's answer is malformed");
    return e;
}
