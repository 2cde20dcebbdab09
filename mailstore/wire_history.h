/* The bodies of undeleting and tracing: a part of wire.h, where the ops are. */
#ifndef MAILSTORE_WIRE_HISTORY_H
#define MAILSTORE_WIRE_HISTORY_H

#include "mailstore/wire.h"

struct wire_kept_list {
    struct span user, mailbox; /* mailbox "": all */
};
void wire_put_kept_list(struct buf *b, const struct wire_kept_list *x);
bool wire_get_kept_list(struct span *body, struct wire_kept_list *out);

void wire_put_kept(struct buf *b, const struct store_kept *x);
bool wire_get_kept(struct span *body, struct store_kept *out);

struct wire_undelete {
    struct span user, mailbox; /* mailbox "": all */
    int64_t since;
    struct numset uids; /* empty: all */
};
void wire_put_undelete(struct buf *b, const struct wire_undelete *x);
bool wire_get_undelete(struct span *body, struct wire_undelete *out);

void wire_put_undeleted(struct buf *b, const struct store_undeleted *x);
bool wire_get_undeleted(struct span *body, struct store_undeleted *out);

struct wire_history {
    struct span user; /* "": everybody */
    uint64_t after;
};
void wire_put_history(struct buf *b, const struct wire_history *x);
bool wire_get_history(struct span *body, struct wire_history *out);

/* As store_event; kind: one that has a name in history_kind.h. */
struct wire_event {
    uint64_t seq;
    int64_t time;
    uint8_t kind;
    struct span user;
    uint32_t folder, to_folder;
    struct span mailbox, to_mailbox;
    struct span who, detail, message_id;
    struct numset uids, to_uids;
};
void wire_put_event(struct buf *b, const struct wire_event *x);
bool wire_get_event(struct span *body, struct wire_event *out);

#endif
