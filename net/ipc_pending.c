#include "net/ipc_pending.h"

#include <stdlib.h>
#include <unistd.h>

void
ipc_pending_add(struct ipc_pending_list *l, struct ipc_pending *p)
{
    p->in = l;
    p->prev = l->last;
    p->next = NULL;
    if (l->last != NULL)
        l->last->next = p;
    else
        l->first = p;
    l->last = p;
}

void
ipc_pending_remove(struct ipc_pending *p)
{
    struct ipc_pending_list *l = p->in;

    if (p->prev != NULL)
        p->prev->next = p->next;
    else
        l->first = p->next;
    if (p->next != NULL)
        p->next->prev = p->prev;
    else
        l->last = p->prev;
}

void
ipc_pending_drop_body(struct ipc_pending *p)
{
    free((char *)p->body.p);
    p->body = (struct span){ 0 };
    if (p->fd != -1)
        close(p->fd);
    p->fd = -1;
}
