/*
 * Collects a command: lines, and the literals between them, into one text in
 * which every literal stands as it came. What a client sends is bounded here,
 * before it is stored; message bytes never become commands: a literal that is
 * refused is either not sent ({n}: no "+" goes out, and the command ends) or
 * swallowed to its end ({n+}), together with the rest of the command.
 *
 *           line without literal
 *   LINE ------------------------------> INPUT_COMMAND
 *    ^ |  line ends in {n} or {n+}
 *    | +-------------------------------> INPUT_LITERAL (announced)
 *    |                    imap_input_accept |  | imap_input_stream
 *    +------------- LITERAL <---------------+  +---> STREAM: the handler takes
 *    |                    imap_input_refuse |        the octets itself
 *    +------------- SWALLOW <---------------+        |
 *    +-----------------------------------------------+
 */
#ifndef IMAPD_LITE_INPUT_H
#define IMAPD_LITE_INPUT_H

#include "base/buf.h"
#include "imapd-lite/parse.h"
#include "net/line.h"

enum imap_input_state {
    INPUT_AT_LINE,      /* in a line                                       */
    INPUT_AT_ANNOUNCED, /* behind a line with a literal: somebody decides  */
    INPUT_AT_LITERAL,   /* in a literal that is kept                       */
    INPUT_AT_STREAM,    /* in a literal that the handler takes             */
    INPUT_AT_SWALLOW,   /* in a literal that is dropped                    */
    INPUT_AT_END,       /* the command is complete                         */
    INPUT_AT_HOPELESS   /* nothing more is read                            */
};

struct imap_input {
    struct line line;
    enum imap_input_state state;
    struct buf text;             /* .max is set from the limits            */
    struct imap_literal literal; /* the last one announced                 */
    uint64_t left;               /* octets of it still to come             */
    size_t literals;             /* octets of all that were kept           */
    uint64_t swallowed;          /* octets of all that were dropped        */
    const char *refused;         /* the command is refused, for this       */
    const char *refused_code;    /* response code, or NULL: BAD            */
};

struct imap_input_limits {
    size_t line_max;      /* all lines of a command, without literals      */
    size_t literals_max;  /* all kept literals of a command                */
    uint64_t swallow_max; /* all refused {n+} of a command, else hopeless  */
};

enum imap_got {
    INPUT_MORE,    /* nothing complete yet; all that could be was used     */
    INPUT_COMMAND, /* text is a complete command, or what there is of one
                      that is refused (`refused` says why)                 */
    INPUT_LITERAL, /* `literal` is announced: accept, stream or refuse     */
    INPUT_HOPELESS /* a line or literal that cannot even be skipped: say
                      BYE (`refused` says why) and close                   */
};

enum imap_got imap_input_take(struct imap_input *i, struct span *in,
                              const struct imap_input_limits *limits);

/* Keep the literal in the text where the limits allow it, else refuse it.
 * True: the client waits for "+ ...". */
bool imap_input_accept(struct imap_input *i,
                       const struct imap_input_limits *limits);

/* The handler takes left octets itself (imap_input_chunk); then
 * imap_input_take() collects the rest of the command behind what is there. */
void imap_input_stream(struct imap_input *i);

/* The next octets of a streamed literal, moved past in *in; empty when none
 * are there. */
struct span imap_input_chunk(struct imap_input *i, struct span *in);

/* The command fails: why is static text; code is NULL for BAD. In the middle
 * of a streamed literal the rest of it is swallowed. */
void imap_input_refuse(struct imap_input *i, const char *code, const char *why);

/* True: octets of a literal are still on their way, so what comes next is no
 * command. */
bool imap_input_is_inside(const struct imap_input *i);

/* Ready for the next command; gives large memory back. */
void imap_input_clear(struct imap_input *i);
void imap_input_free(struct imap_input *i);

#endif
