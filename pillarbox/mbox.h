/*
 * Reading an mbox. A message starts with a line "From <sender> <date>" at the
 * start of the file or behind an empty line; the empty line is not part of the
 * message before. Lines that would look so are quoted with ">" (mboxrd, which
 * also quotes what is quoted; mboxo does not, and cannot be told apart). Where
 * Content-Length leads to such a line or to the end of the file, it is believed
 * (mboxcl), and nothing is unquoted if the text then has lines that mboxrd
 * would have quoted (mboxcl2).
 *
 * Status, X-Status, X-Keywords, X-UID, X-IMAP, X-IMAPbase and Content-Length
 * are the mbox's, not the message's: they are understood and left out.
 */
#ifndef PILLARBOX_MBOX_H
#define PILLARBOX_MBOX_H

#include "base/buf.h"
#include "base/error.h"

#include <stdint.h>

struct mbox_message {
    uint64_t start, body, end; /* offsets: header, body, behind the last line */
    uint64_t mark;             /* hash of the text, and how many before have
                                  the same; never 0 */
    int64_t date;              /* of the From_ line; 0: none                  */
    uint16_t flags;            /* enum mail_flag                              */
    bool is_old;               /* Status: O                                   */
    bool is_quoted;
    bool is_internal; /* c-client's "FOLDER INTERNAL DATA": no message */
    uint32_t uid;     /* X-UID, 0: none                               */
    size_t keywords, keywords_size; /* X-Keywords in mbox->keywords          */
};

struct mbox {
    struct mbox_message *messages;
    size_t count;
    uint32_t uid_validity, uid_last; /* X-IMAPbase; 0: none */
    struct buf keywords;
    int fd;
};

/* Reads through the whole file; fd stays the caller's and open. INVALID: not an
 * mbox. An empty file has no messages. Free also after a failure. */
bool mbox_scan(int fd, struct mbox *m, struct error *e);
void mbox_free(struct mbox *m);

/* The message's text, piece by piece, line ends as they are. False: put said
 * so, or the file cannot be read. */
typedef bool mbox_put_fn(void *arg, struct span bytes, struct error *e);
bool mbox_copy(const struct mbox *m, const struct mbox_message *one,
               mbox_put_fn *put, void *arg, struct error *e);

/* Is it a line that starts a message? */
bool mbox_is_from(struct span line, int64_t *date);

/* Is the header line one of those fields of the mbox? */
bool mbox_is_own_field(struct span line);

/* Adds "From <sender> <date>" LF. */
void mbox_put_from(struct span sender, int64_t date, struct buf *out);

#endif
