/*
 * IMAP's tokens (RFC 3501 section 9), taken from a cursor (base/cursor.h) that
 * stands on a complete command. Its literals are in place, as they came:
 * "{5}" CR LF and five octets; "{5+}" likewise (RFC 7888).
 *
 * As with every take_*(): either one grammar element is consumed and true
 * returned, or the cursor stays, c->want says what was missing, and the
 * handler returns RUN_BAD. Spans borrow from the command's text where they
 * can, otherwise from the arena; both live until the command has ended.
 */
#ifndef IMAPD_LITE_PARSE_H
#define IMAPD_LITE_PARSE_H

#include "base/arena.h"
#include "base/cursor.h"
#include "base/numset.h"
#include "mailstore/client.h"

/* tag = 1*<any ASTRING-CHAR except "+"> */
bool imap_take_tag(struct cursor *c, struct span *out);

/* atom = 1*ATOM-CHAR */
bool imap_take_atom(struct cursor *c, struct span *out);

/* string = quoted / literal. Quoted: backslashes are undone. A NUL in either
 * is refused. */
bool imap_take_string(struct cursor *c, struct arena *a, struct span *out);

/* astring = 1*ASTRING-CHAR / string */
bool imap_take_astring(struct cursor *c, struct arena *a, struct span *out);

/* nstring = string / nil. NIL gives p == NULL; an empty string has p set. */
bool imap_take_nstring(struct cursor *c, struct arena *a, struct span *out);

/*
 * mailbox = "INBOX" / astring: decoded from modified UTF-7 (section 5.1.3)
 * into the canonical UTF-8 name. What can never name a mailbox is taken too,
 * so that the answer is NO and not BAD: ask imap_name_is_usable() of command.h
 * before the store is asked. Text that is not modified UTF-7 is refused.
 */
bool imap_take_mailbox(struct cursor *c, struct arena *a, struct span *out);

/* list-mailbox = 1*list-char / string, decoded as above, not made canonical. */
bool imap_take_pattern(struct cursor *c, struct arena *a, struct span *out);

/*
 * sequence-set = (seq-number / seq-range) *("," sequence-set)
 *
 * Added to *out; *out is untouched on failure. `star` is what "*" stands for:
 * the number of messages, or the highest UID of the mailbox. Numbers are
 * 1 to 2^32-1: nothing wraps, zero is refused. At most IMAP_SET_MAX elements.
 * With has_limit (sequence numbers, not UIDs) what lies beyond star is
 * refused, as section 9 "seq-number" wants. In an empty mailbox (star == 0) an
 * element with "*" matches nothing. Handlers use imap_take_set() of command.h.
 */
struct imap_set_bounds {
    uint32_t star;  /* what "*" means; 0 in an empty mailbox              */
    bool has_limit; /* numbers above star are an error                    */
};
bool imap_take_sequence_set(struct cursor *c, struct imap_set_bounds bounds,
                            struct numset *out);

/*
 * flag-list = "(" [flag *(SP flag)] ")"; STORE also has flag *(SP flag)
 * without parentheses. \Recent and unknown \Flags are refused: a client may
 * not set them. Keywords borrow from the command.
 */
bool imap_take_flag_list(struct cursor *c, struct arena *a,
                         struct store_flags *out);
bool imap_take_flags(struct cursor *c, struct arena *a,
                     struct store_flags *out);

/* The announcement of a literal at the very end of a line. */
struct imap_literal {
    uint64_t size;
    bool waits;  /* {n}: the client waits for "+"; not so for {n+}        */
    size_t text; /* octets of the announcement: "{12}" is 4              */
};

/*
 * Does this line (without its CR LF) announce a literal? LITERAL_BAD: it
 * looks so, but the number is not one (too large for 63 bits).
 */
enum imap_literal_is { LITERAL_NONE, LITERAL_HERE, LITERAL_BAD };
enum imap_literal_is imap_literal_at_end(struct span line,
                                         struct imap_literal *out);

/* --- writing ------------------------------------------------------------ */

/* A quoted string, or a literal where quoting cannot hold the bytes. */
void imap_put_string(struct buf *out, struct span s);

/* The same, and NIL where s.p == NULL. */
void imap_put_nstring(struct buf *out, struct span s);

/* A UTF-8 mailbox name as the wire wants it: modified UTF-7, quoted. */
void imap_put_mailbox(struct buf *out, struct span name);

#endif
