#include "imapd-lite/bits.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define WORD_BITS 64

static uint64_t
bit_of(size_t n)
{
    return (uint64_t)1 << (n % WORD_BITS);
}

static void
grow(struct imap_bits *b, size_t words)
{
    size_t more = b->word_count + b->word_count / 2;

    if (more < words)
        more = words;
    b->words = mem_grow(b->words, more * sizeof *b->words);
    memset(b->words + b->word_count, 0,
           (more - b->word_count) * sizeof *b->words);
    b->word_count = more;
}

void
imap_bits_add(struct imap_bits *b, size_t n)
{
    if (n / WORD_BITS >= b->word_count)
        grow(b, n / WORD_BITS + 1);
    if (imap_bits_has(b, n))
        return;
    b->words[n / WORD_BITS] |= bit_of(n);
    if (b->count == 0 || n < b->from)
        b->from = n;
    b->count++;
}

void
imap_bits_remove(struct imap_bits *b, size_t n)
{
    if (!imap_bits_has(b, n))
        return;
    b->words[n / WORD_BITS] &= ~bit_of(n);
    b->count--;
}

bool
imap_bits_has(const struct imap_bits *b, size_t n)
{
    return n / WORD_BITS < b->word_count &&
           (b->words[n / WORD_BITS] & bit_of(n)) != 0;
}

bool
imap_bits_first(struct imap_bits *b, size_t *n)
{
    if (b->count == 0)
        return false;
    while (!imap_bits_has(b, b->from)) {
        if (b->words[b->from / WORD_BITS] == 0)
            b->from = (b->from / WORD_BITS + 1) * WORD_BITS;
        else
            b->from++;
    }
    *n = b->from;
    return true;
}

void
imap_bits_free(struct imap_bits *b)
{
    free(b->words);
    *b = (struct imap_bits){ 0 };
}
