/* The bodies of index_check and index_rebuild: a part of wire.h, where the ops
 * are. */
#ifndef MAILSTORE_WIRE_CHECK_H
#define MAILSTORE_WIRE_CHECK_H

#include "mailstore/wire.h"

/* user empty: all. how: enum store_check_how. */
struct wire_check {
    struct span user;
    uint32_t how;
};
void wire_put_check(struct buf *b, const struct wire_check *x);
bool wire_get_check(struct span *body, struct wire_check *out);

void wire_put_report(struct buf *b, const struct store_report *x);
bool wire_get_report(struct span *body, struct store_report *out);

#endif
