/*
 * The maildrop as it was when the session locked it (RFC 1939 section 4):
 * messages keep their numbers and sizes until the session ends, whatever
 * happens to the mailbox. Numbers count from 1.
 */
#ifndef POP3D_DROP_H
#define POP3D_DROP_H

#include "base/cursor.h"
#include "base/numset.h"
#include "mailstore/client.h"

enum pop3_mark {
    POP3_DELETED = 1, /* by DELE, until RSET                 */
    POP3_SEEN = 2,    /* has \Seen already                   */
    POP3_READ = 4     /* went out whole in this session      */
};

struct pop3_message {
    uint64_t size;
    uint32_t uid;
    uint32_t marks;
    size_t uidl; /* where its unique-id starts in drop.uidls; 0: none */
};

struct pop3_drop {
    struct pop3_message *messages;
    size_t count;
    uint32_t uid_validity;
    size_t left; /* not deleted */
    uint64_t left_bytes;
    struct buf uidls; /* unique-ids from other servers, NUL-terminated */
};

/* Copies what it needs. hide_deleted: leave out what has \Deleted. */
void pop3_drop_fill(struct pop3_drop *d, const struct store_view *view,
                    bool hide_deleted);
/* A unique-id that a message brought from another server. */
void pop3_drop_uidl(struct pop3_drop *d, const struct store_uidl *u);
void pop3_drop_clear(struct pop3_drop *d);

void pop3_drop_delete(struct pop3_drop *d, struct pop3_message *m);
void pop3_drop_reset(struct pop3_drop *d);

/* The UIDs of those that DELE marked; of those read, not deleted and not \Seen
 * before. */
void pop3_drop_deleted(const struct pop3_drop *d, struct numset *uids);
void pop3_drop_read(const struct pop3_drop *d, struct numset *uids);

enum pop3_found {
    POP3_FOUND,
    POP3_NO_NUMBER,
    POP3_NO_MESSAGE,
    POP3_IS_DELETED
};

/* SP msg: a message-number (RFC 1939 section 5). */
enum pop3_found pop3_take_message(struct pop3_drop *d, struct cursor *c,
                                  struct pop3_message **out);

/* The number of one of its messages. */
size_t pop3_drop_number(const struct pop3_drop *d,
                        const struct pop3_message *m);

#endif
