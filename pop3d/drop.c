#include "pop3d/drop.h"

#include "base/mem.h"
#include "mail/flags.h"

#include <stdlib.h>

void
pop3_drop_fill(struct pop3_drop *d, const struct store_view *view,
               bool hide_deleted)
{
    pop3_drop_clear(d);
    d->uid_validity = view->uid_validity;
    d->messages = mem_take_array(view->count + 1, sizeof *d->messages);
    for (size_t i = 0; i < view->count; i++) {
        const struct store_row *row = &view->rows[i];

        if (hide_deleted && (row->flags & MAIL_DELETED) != 0)
            continue;
        d->messages[d->count++] = (struct pop3_message){
            .size = row->size,
            .uid = row->uid,
            .marks = (row->flags & MAIL_SEEN) != 0 ? POP3_SEEN : 0,
        };
    }
    pop3_drop_reset(d);
}

static int
order_by_uid(const void *a, const void *b)
{
    const struct pop3_message *x = a;
    const struct pop3_message *y = b;

    return x->uid < y->uid ? -1 : x->uid > y->uid;
}

void
pop3_drop_uidl(struct pop3_drop *d, const struct store_uidl *u)
{
    struct pop3_message key = { .uid = u->uid };
    struct pop3_message *m =
        bsearch(&key, d->messages, d->count, sizeof *d->messages, order_by_uid);

    if (m == NULL)
        return;
    if (d->uidls.n == 0)
        buf_put_ch(&d->uidls, '\0'); /* 0 is: none */
    m->uidl = d->uidls.n;
    buf_put(&d->uidls, u->text);
    buf_put_ch(&d->uidls, '\0');
}

void
pop3_drop_clear(struct pop3_drop *d)
{
    free(d->messages);
    buf_free(&d->uidls);
    *d = (struct pop3_drop){ 0 };
}

void
pop3_drop_delete(struct pop3_drop *d, struct pop3_message *m)
{
    m->marks |= POP3_DELETED;
    d->left--;
    d->left_bytes -= m->size;
}

void
pop3_drop_reset(struct pop3_drop *d)
{
    d->left = d->count;
    d->left_bytes = 0;
    for (size_t i = 0; i < d->count; i++) {
        d->messages[i].marks &= ~(uint32_t)POP3_DELETED;
        d->left_bytes += d->messages[i].size;
    }
}

/* The UIDs of those that have exactly these of these marks. */
static void
collect(const struct pop3_drop *d, uint32_t of, uint32_t these,
        struct numset *uids)
{
    for (size_t i = 0; i < d->count; i++)
        if ((d->messages[i].marks & of) == these)
            numset_add(uids, d->messages[i].uid, d->messages[i].uid);
}

void
pop3_drop_deleted(const struct pop3_drop *d, struct numset *uids)
{
    collect(d, POP3_DELETED, POP3_DELETED, uids);
}

void
pop3_drop_read(const struct pop3_drop *d, struct numset *uids)
{
    collect(d, POP3_DELETED | POP3_SEEN | POP3_READ, POP3_READ, uids);
}

enum pop3_found
pop3_take_message(struct pop3_drop *d, struct cursor *c,
                  struct pop3_message **out)
{
    uint32_t n;

    if (!take(c, ' ') || !take_number(c, &n))
        return POP3_NO_NUMBER;
    if (n == 0 || n > d->count)
        return POP3_NO_MESSAGE;
    if ((d->messages[n - 1].marks & POP3_DELETED) != 0)
        return POP3_IS_DELETED;
    *out = &d->messages[n - 1];
    return POP3_FOUND;
}

size_t
pop3_drop_number(const struct pop3_drop *d, const struct pop3_message *m)
{
    return (size_t)(m - d->messages) + 1;
}
