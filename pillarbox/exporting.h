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
    uint32_t flags; /* enum store_mailbox_flag */
    bool is_subscribed;
    uint32_t messages;
    /* From begin on: */
    uint32_t uid_validity, uid_next;
    uint32_t first_recent;       /* below, somebody has seen them */
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
    /* May be NULL: told first, a subscription without a mailbox. */
    void (*absent)(void *arg, struct span name);
};

/* One account or several. */
struct exporting {
    struct cli *cli;
    struct progress progress;
    struct cli_table *table; /* a row a mailbox; NULL: not wanted */
    uint64_t total;          /* messages, as far as known */
    bool knows_total;        /* it is set already */
    uint64_t passed, present, failed;
    bool interrupted;
};

/* what: for the progress line. From here on Ctrl-C is only noted. */
void exporting_begin(struct exporting *x, struct cli *c, const char *what);
/* Everything that the user has. False: it cannot go on, or (interrupted is
 * set) somebody pressed Ctrl-C. */
bool exporting_account(struct exporting *x, const char *user,
                       const struct exporting_sink *sink, void *arg,
                       struct error *e);
void exporting_end(struct exporting *x);

/* The whole command: exit code. */
int exporting_run(struct cli *c, const char *user,
                  const struct exporting_sink *sink, void *arg);

#endif
