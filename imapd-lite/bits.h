/*
 * A set of small numbers (slots of a mailbox) that change often and are walked
 * in order: one bit each, growing as needed, no cost while empty. Starts as
 * { 0 }.
 */
#ifndef IMAPD_LITE_BITS_H
#define IMAPD_LITE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct imap_bits {
    uint64_t *words;
    size_t word_count;
    size_t count; /* of the numbers in it          */
    size_t from;  /* no number below is in it      */
};

void imap_bits_add(struct imap_bits *b, size_t n);
void imap_bits_remove(struct imap_bits *b, size_t n);
bool imap_bits_has(const struct imap_bits *b, size_t n);

/* The smallest number in it; false: it is empty. */
bool imap_bits_first(struct imap_bits *b, size_t *n);

/* Empty, with its memory given back. */
void imap_bits_free(struct imap_bits *b);

#endif
