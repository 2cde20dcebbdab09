/*
 * One mailbox of another mail system that is to be moved in, as it was found:
 * its messages in the order they are imported, and how to read them.
 */
#ifndef PILLARBOX_SOURCE_H
#define PILLARBOX_SOURCE_H

#include "base/arena.h"
#include "base/error.h"
#include "pillarbox/foreign.h"
#include "pillarbox/mbox.h"

#include <stdint.h>

struct source_message {
    uint32_t uid;  /* 0: none                                              */
    uint64_t mark; /* not 0: the same each time, another for each message  */
    int64_t date;
    uint16_t flags;         /* enum mail_flag                              */
    uint32_t keywords;      /* bit i: source.keywords[i]                   */
    bool is_old;            /* somebody saw it already                     */
    const char *uidl;       /* what POP3 clients know it as; NULL: nothing */
    const char *path;       /* of a Maildir: "cur/NAME"                    */
    struct mbox_message in; /* of an mbox                                  */
};

struct source {
    struct arena memory;
    const char *mailbox; /* where to */
    bool is_subscribed;
    bool is_wanted_again; /* what was expunged here since is brought back */
    uint32_t uid_validity, uid_next; /* 0: none */
    struct foreign_keywords keywords;
    struct source_message *messages; /* those with UIDs first, ascending */
    size_t count;
    int dir;          /* of a Maildir, or -1 */
    struct mbox mbox; /* fd -1: none */
    bool (*copy)(const struct source *s, const struct source_message *m,
                 mbox_put_fn *put, void *arg, struct error *e);
};

/* The mailbox of the Maildir in this directory (which the source takes over):
 * its cur/ and new/, with what Dovecot or Courier know of them. */
bool source_maildir(int dir, const char *mailbox, struct source *s,
                    struct error *e);

/* Of this mbox; fd is taken over. */
bool source_mbox(int fd, const char *mailbox, struct source *s,
                 struct error *e);

/* Also after a failure. */
void source_free(struct source *s);

/* Sorts, and takes away the UIDs of those that have one twice. */
void source_sort(struct source *s);

#endif
