/* The bodies of quota, quota_check, quota_list, quota_set and quota_recount: a
 * part of wire.h, where the ops are. */
#ifndef MAILSTORE_WIRE_QUOTA_H
#define MAILSTORE_WIRE_QUOTA_H

#include "mailstore/wire.h"

void wire_put_quota(struct buf *b, const struct store_quota *x);
bool wire_get_quota(struct span *body, struct store_quota *out);

/* The end of login, where the account is to be warned; otherwise it is empty. */
struct wire_fullness {
    uint8_t percent;
};
void wire_put_fullness(struct buf *b, const struct wire_fullness *x);
bool wire_get_fullness(struct span *body, struct wire_fullness *out);

/* As store_set_quota() and store_set_keep() take them. */
struct wire_quota_set {
    struct span user;
    uint64_t limit_bytes, limit_messages, keep_deleted;
};
void wire_put_quota_set(struct buf *b, const struct wire_quota_set *x);
bool wire_get_quota_set(struct span *body, struct wire_quota_set *out);

/* Recipients as in wire_commit. */
struct wire_quota_check {
    uint64_t size; /* 0: not known */
    uint32_t recipient_count;
    struct span recipients;
};
void wire_put_quota_check(struct buf *b, const struct wire_quota_check *x);
bool wire_get_quota_check(struct span *body, struct wire_quota_check *out);

void wire_put_recount(struct buf *b, const struct store_recount *x);
bool wire_get_recount(struct span *body, struct store_recount *out);

#endif
