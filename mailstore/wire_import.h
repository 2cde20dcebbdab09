/* The bodies of moving mail in and out: a part of wire.h, where the ops are. */
#ifndef MAILSTORE_WIRE_IMPORT_H
#define MAILSTORE_WIRE_IMPORT_H

#include "mailstore/wire.h"

struct wire_login_as {
    uint32_t session;
    struct span user;
    struct span session_id; /* for the log */
};
void wire_put_login_as(struct buf *b, const struct wire_login_as *x);
bool wire_get_login_as(struct span *body, struct wire_login_as *out);

struct wire_import_begin {
    uint32_t session;
    struct span mailbox;
    uint32_t uid_validity; /* 0: none is wanted */
};
void wire_put_import_begin(struct buf *b, const struct wire_import_begin *x);
bool wire_get_import_begin(struct span *body, struct wire_import_begin *out);

/* At most WIRE_MARKS_MAX of wire_put_mark(), one after the other. */
#define WIRE_MARKS_MAX 2000
struct wire_mark {
    uint32_t uid;
    uint64_t mark; /* 0: the UID was expunged */
};
void wire_put_mark(struct buf *b, const struct wire_mark *x);
/* rest starts as the body; false at the end. */
bool wire_next_mark(struct span *rest, struct wire_mark *out);

struct wire_import_state {
    uint32_t uid_validity, uid_next;
};
void wire_put_import_state(struct buf *b, const struct wire_import_state *x);
bool wire_get_import_state(struct span *body, struct wire_import_state *out);

/* As store_import; the delivery was begun without a session. */
struct wire_import {
    uint32_t session;
    uint32_t delivery;
    struct span mailbox;
    uint32_t uid; /* 0: the next */
    uint64_t mark;
    bool is_old; /* not \Recent */
    uint64_t size;
    int64_t date;
    struct wire_flags flags;
    struct span summary;
};
void wire_put_import(struct buf *b, const struct wire_import *x);
bool wire_get_import(struct span *body, struct wire_import *out);

struct wire_import_end {
    uint32_t session;
    struct span mailbox;
    uint32_t uid_next;
};
void wire_put_import_end(struct buf *b, const struct wire_import_end *x);
bool wire_get_import_end(struct span *body, struct wire_import_end *out);

/* Encoded by wire_put_uidl(), one after the other; a get makes sure that
 * wire_next_uidl() takes all of them. */
struct wire_uidls {
    struct span uidls;
};
void wire_put_uidls(struct buf *b, const struct wire_uidls *x);
bool wire_get_uidls(struct span *body, struct wire_uidls *out);
void wire_put_uidl(struct buf *b, const struct store_uidl *x);
bool wire_next_uidl(struct span *rest, struct store_uidl *out);

struct wire_put_uidls {
    uint32_t session;
    struct span mailbox;
    struct span uidls; /* as in wire_uidls */
};
void wire_put_put_uidls(struct buf *b, const struct wire_put_uidls *x);
bool wire_get_put_uidls(struct span *body, struct wire_put_uidls *out);

#endif
