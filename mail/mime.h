/*
 * The parts of a message, found while its bytes stream by: their headers are
 * read, their places and line counts noted, their bodies forgotten.
 *
 * Work is linear in the bytes, memory bounded by limits.h. However the bytes
 * are cut, the tree is the same.
 */
#ifndef MAIL_MIME_H
#define MAIL_MIME_H

#include "mail/content.h"
#include "mail/envelope.h"
#include "mail/limits.h"
#include "mail/summary.h"

/* A place in the message, and the line ends in front of it. */
struct mime_place {
    uint64_t offset;
    uint64_t lines;
};

struct mime_part {
    enum part_kind kind;
    uint32_t parent;
    uint32_t first_child, last_child; /* 0: none */
    uint32_t next;                    /* 0: none */
    uint64_t mime_offset;
    struct mime_place body, end;
    struct content content;
    struct envelope *envelope; /* of the message's own and a message/rfc822's
                                  header; else NULL                          */
};

/* In the order of the bytes: a first child follows its parent. */
struct mime_tree {
    struct mime_part *part;
    uint32_t count;
    uint32_t room;
    struct mime_store store;
};

/* The longest line that can be a boundary, with some white space behind it. */
#define MIME_LINE_KEPT (MIME_BOUNDARY_MAX + 56)

/* Called once, with the message's own header; whole is false where only its
 * first HEADER_BYTES_MAX octets are there. */
typedef void mime_header_fn(void *arg, struct span header, bool whole);

struct mime_splitter {
    struct mime_tree tree;
    mime_header_fn *on_header;
    void *arg;

    uint32_t open[MIME_DEPTH_MAX + 1]; /* parts, from the message inwards */
    size_t depth;

    bool in_header; /* of the innermost part */
    struct buf header;
    size_t header_line; /* where the current line begins in it */
    struct envelope_reader envelope;

    struct mime_place line; /* where the current line begins      */
    uint64_t line_size;     /* of it, so far                      */
    char line_text[MIME_LINE_KEPT];
    size_t line_kept;
    unsigned end_before; /* octets of the line end in front of it */
    char last;           /* octet                                 */
};

void mime_begin(struct mime_splitter *s, mime_header_fn *on_header, void *arg);
void mime_feed(struct mime_splitter *s, struct span bytes);
/* After it the tree is complete. */
void mime_end(struct mime_splitter *s);
void mime_free(struct mime_splitter *s);

/*
 * Keep only the first `count` parts. The siblings that go belong to the body
 * of the leaf in front of them; what has lost all its parts becomes a leaf.
 */
void mime_tree_prune(struct mime_tree *t, uint32_t count);

#endif
