/*
 * Moving mailboxes out: everything a user has, mailbox by mailbox and message
 * by message, to a sink that knows the format.
 */
#ifndef PILLARBOX_EXPORTING_H
#define PILLARBOX_EXPORTING_H

#include "pillarbox/cli.h"
#include "pillarbox/progress.h"

struct exporting_mailbox {
    const char *name;
    bool is_subscribed;
    uint32_t messages;
    uint32_t uid_validity, uid_next;
    const char *const *keywords; /* by number */
    size_t keyword_count;
};

struct exporting_message {
    const struct store_row *row;
    const char *uidl; /* from another server, or NULL */
    int fd;           /* CR LF line ends; the caller closes it */
};

/* has, begin, end: once a mailbox. */
struct exporting_sink {
    const char *format;
    /* It is written already: nothing else is called for it. */
    bool (*is_there)(void *arg, const struct exporting_mailbox *b);
    bool (*begin)(void *arg, const struct exporting_mailbox *b,
                  struct error *e);
    /* True: it has this one from an earlier run (put is called with fd -1). */
    bool (*has)(void *arg, const struct store_row *row);
    bool (*put)(void *arg, const struct exporting_message *m, struct error *e);
    bool (*end)(void *arg, const struct exporting_mailbox *b, struct error *e);
    /* All mailboxes are through. */
    bool (*finish)(void *arg, struct error *e);
};

/* The whole command: exit code. */
int exporting_run(struct cli *c, const char *user,
                  const struct exporting_sink *sink, void *arg);

#endif
