/* SMTP's addresses: Path and Mailbox of RFC 5321 section 4.1.2. */
#ifndef MAIL_PATH_H
#define MAIL_PATH_H

#include "base/buf.h"
#include "base/cursor.h"

struct mail_path {
    struct span local;  /* as written; quoted strings still quoted            */
    struct span domain; /* as written; "[1.2.3.4]" with its brackets; empty
                           for <> and for <postmaster>                        */
};

/*
 * Path = "<" [ A-d-l ":" ] Mailbox ">"            RFC 5321 section 4.1.2
 *
 * A source route is accepted and ignored (section 4.1.1.3). take_reverse_path
 * also takes "<>" (both spans empty); take_forward_path also takes
 * <Postmaster> without a domain (section 4.1.1.3). "_" in a domain is let through. Controls, 8-bit (unless
 * utf8 is set: RFC 6531) and over-long parts are refused.
 */
bool take_reverse_path(struct cursor *c, bool utf8, struct mail_path *out);
bool take_forward_path(struct cursor *c, bool utf8, struct mail_path *out);

/* Mailbox without angle brackets, for the command line and settings. */
bool take_mailbox_address(struct cursor *c, bool utf8, struct mail_path *out);

/*
 * The address in the form that is looked up: local part unquoted and
 * unescaped, lower case, "@", domain in lower case. False for a local part
 * that only quoting makes possible (spaces, "@", "/"...): nobody has it here;
 * and for <>. <Postmaster> gives "postmaster", without "@".
 */
bool mail_path_canonical(const struct mail_path *p, struct buf *out);

#endif
