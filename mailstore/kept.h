/*
 * What was expunged or deleted, kept for a while as files that nobody takes
 * for mail (neither we nor Dovecot nor mutt: folders begin with "."):
 *
 *   <account>/expunged/<mailbox id>/       32 hex digits
 *     name                                 of the mailbox, as last known
 *     pillarbox-mailbox                    its control file: the keywords
 *     <time>,<uid>,<file name>             a message, expunged at <time>
 *     deleted,<time>/                      the mailbox itself, as it was
 *
 * The files are the truth: what is kept survives an index that is lost. Pure
 * work on files, for the pool; KEPT_LOCK of the core is held by whoever makes
 * a name here, or takes an empty directory away.
 */
#ifndef MAILSTORE_KEPT_H
#define MAILSTORE_KEPT_H

#include "base/arena.h"
#include "mailstore/control.h"
#include "mailstore/core.h"

#define KEPT_DIR "expunged"

/* --- keeping ------------------------------------------------------------------- */

/* Whose messages these are: filled in the loop, used in the pool. */
struct kept_box {
    char id[33];
    char name[MAILBOX_NAME_MAX + 1];
    struct control control;
};

void kept_describe(const struct index_folder *record, struct kept_box *b);

/* The box's directory, made where it is missing, with what it says of itself
 * up to date, durably. *dir is the caller's. */
bool kept_open(struct core *c, const char *home, const struct kept_box *b,
               int *dir, struct error *e);

/* "<time>,<uid>,<base>:2,<letters>" */
void kept_name(const struct index_gone *g, struct span base, struct buf *out);

/* A second name for the file; content where it has it already. */
bool kept_link(int from_dir, const char *from, int dir, const char *name,
               struct error *e);

/* "expunged/<id>/deleted,<time>": where a deleted mailbox goes. */
void kept_mailbox_path(const struct kept_box *b, int64_t time, struct buf *out);

/* --- looking -------------------------------------------------------------------- */

struct kept_item {
    size_t box;        /* index in the list's boxes                          */
    const char *path;  /* from the account's directory                       */
    int64_t time;      /* when it was expunged or deleted                    */
    uint32_t uid;      /* 0: not known                                       */
    uint16_t flags;    /* enum mail_flag                                     */
    uint32_t keywords; /* letters a-z                                       */
    bool is_mailbox;   /* the mailbox itself, none of its messages           */
};

struct kept_list {
    struct arena memory;
    struct kept_box *boxes;
    size_t box_count;
    struct kept_item *items; /* by box, mailboxes before messages, by time  */
    size_t count;
};

/* All that an account has kept; none is fine. */
bool kept_list(int root, const char *home, struct kept_list *l,
               struct error *e);
void kept_list_free(struct kept_list *l);

/* In the loop: the mailbox that they were in, whatever it is called now; else
 * the name that it had. */
struct home;
void kept_target(struct home *h, const struct kept_box *box,
                 char name[MAILBOX_NAME_MAX + 1]);

/* In the loop: would all that are chosen fit into the quota? QUOTA, OVERSIZE,
 * with a sentence. */
typedef bool kept_chosen_fn(void *arg, const struct kept_item *item);
bool kept_has_room(struct home *h, const struct kept_list *l,
                   kept_chosen_fn *chosen, void *arg, struct error *e);

/* --- letting go ------------------------------------------------------------------ */

/* Removes at most `most` files that were kept before `before`, and what is
 * empty then; *more: it is to be called again. */
bool kept_purge(struct core *c, const char *home, int64_t before, unsigned most,
                bool *more, struct error *e);

#endif
