/* Parts of bodies that several files of wire.h share. Each get_ stays where it
 * was when it is false, or leaves a body that is refused as a whole. */
#ifndef MAILSTORE_WIRE_PRIVATE_H
#define MAILSTORE_WIRE_PRIVATE_H

#include "mailstore/wire.h"

/* 0 or 1, nothing else. */
bool wire_get_bool(struct span *body, bool *out);

/* u32 count, then that many spans. */
void wire_put_names(struct buf *b, const struct span *names, size_t count);
bool wire_get_names(struct span *body, struct span *names, size_t *count);

void wire_put_keyword_list(struct buf *b, const struct wire_keyword_list *x);
bool wire_get_keyword_list(struct span *body, struct wire_keyword_list *out);

/* Without the session. */
void wire_put_row_list(struct buf *b, const struct wire_rows *x);
bool wire_get_row_list(struct span *body, size_t max, struct wire_rows *out);

void wire_put_flags(struct buf *b, const struct wire_flags *x);
bool wire_get_flags(struct span *body, struct wire_flags *out);

#endif
