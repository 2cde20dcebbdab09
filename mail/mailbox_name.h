/*
 * Mailbox names: UTF-8 with "/" between levels inside pillarbox; modified
 * UTF-7 on IMAP's wire (RFC 3501 section 5.1.3); a Maildir++ directory on disk
 * (".Archive.2024"; each level in modified UTF-7, a "." inside a level as
 * "&AC4-"). INBOX is the Maildir itself (directory "."). "INBOX" in any case
 * is INBOX, also as the first level.
 */
#ifndef MAIL_MAILBOX_NAME_H
#define MAIL_MAILBOX_NAME_H

#include "base/buf.h"

/*
 * May it be the name of a mailbox? Not empty, valid UTF-8 without control
 * characters, no empty level ("a//b", "/a", "a/"), not "." or ".." as a level,
 * at most MAILBOX_NAME_MAX octets, MAILBOX_DEPTH_MAX levels and 255 octets as
 * a directory; none of "*%", and no "#" in front (RFC 3501 section 5.1.2).
 */
bool mailbox_name_is_valid(struct span name);

/* Adds the name with a first level of "inbox" in any case made "INBOX". */
void mailbox_name_canonical(struct span name, struct buf *out);

/* False (nothing added) where the text is not valid modified UTF-7. */
bool mailbox_name_from_utf7(struct span wire, struct buf *out);
void mailbox_name_to_utf7(struct span name, struct buf *out);

/* The directory in the user's Maildir: ".Sent"; "." for INBOX. */
void mailbox_name_to_folder(struct span name, struct buf *out);
/* False for what is no folder of ours: "..", not starting with ".", or not the
 * one directory that its name gets (".INBOX", ".inbox.a"). */
bool mailbox_name_from_folder(struct span folder, struct buf *out);

/* LIST's pattern: "*" any run, "%" any run without "/"
 * (RFC 3501 section 6.3.8). In time linear in name x pattern at the worst.
 * A first level INBOX of the name matches in any case. */
bool mailbox_name_matches(struct span name, struct span pattern);

#endif
