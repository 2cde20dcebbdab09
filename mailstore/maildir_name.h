/*
 * Names of message files:
 *
 *   <sec>.M<usec>P<pid>Q<n>F<tag>.<host>,S=<size>,U=<uid>:2,<letters>
 *
 * What stands before the ":" is the base name: it names the message whatever
 * its flags are, and lasts as long as the message. F<tag>, five hex digits,
 * says for which folder the UID was given (maildir_name_tag). Other people's
 * names are read as far as they follow Maildir: Dovecot's ,S= and ,W=,
 * Courier's ,S=, mbsync's ,U=.
 */
#ifndef MAILSTORE_MAILDIR_NAME_H
#define MAILSTORE_MAILDIR_NAME_H

#include "base/buf.h"

#include <stdint.h>

#define MAILDIR_NO_TAG UINT32_MAX

struct maildir_name {
    struct span base;
    int64_t seconds;    /* leading number, when it was put here; 0: none  */
    uint32_t tag;       /* MAILDIR_NO_TAG where the name is not ours      */
    uint32_t uid;       /* U=; 0: none                                    */
    uint64_t size;      /* S=                                             */
    uint64_t wire_size; /* W=: size with CR LF line ends                  */
    bool has_size, has_wire_size;
    uint16_t flags;      /* enum mail_flag                                 */
    uint32_t keywords;   /* bit 0 is the letter a                          */
    struct span letters; /* all behind ":2,"                               */
};

/* False for what cannot be a message: empty, or starting with ".". */
bool maildir_name_parse(struct span file, struct maildir_name *n);

struct maildir_stamp {
    int64_t micros;
    uint32_t pid;
    uint64_t number; /* of this process, never repeated */
    const char *host;
};

/* What a base name of ours says. */
struct maildir_facts {
    uint32_t tag, uid;
    uint64_t size;      /* of the file                                   */
    uint64_t wire_size; /* with CR LF line ends; W= is put if it differs */
};

void maildir_name_make(const struct maildir_stamp *by,
                       const struct maildir_facts *f, struct buf *out);

/* base:2,LETTERS in ASCII order; letters of `old` that mean nothing to us are
 * kept. */
void maildir_name_put(struct span base, uint16_t flags, uint32_t keywords,
                      struct span old, struct buf *out);

/* The tag of a folder: 20 bits of a hash of its id and UIDVALIDITY. */
uint32_t maildir_name_tag(const unsigned char id[16], uint32_t uid_validity);

/* The host's name with everything but letters, digits and "-" made "-". */
void maildir_name_host(char out[64]);

#endif
