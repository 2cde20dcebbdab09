#include "base/hash.h"

#include "base/error.h"

#include <endian.h>
#include <string.h>
#include <sys/random.h>

struct sip {
    uint64_t a, b, c, d;
};

static uint64_t
rotate(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

static void
sip_round(struct sip *s)
{
    s->a += s->b;
    s->c += s->d;
    s->b = rotate(s->b, 13) ^ s->a;
    s->d = rotate(s->d, 16) ^ s->c;
    s->a = rotate(s->a, 32);
    s->c += s->b;
    s->a += s->d;
    s->b = rotate(s->b, 17) ^ s->c;
    s->d = rotate(s->d, 21) ^ s->a;
    s->c = rotate(s->c, 32);
}

static void
sip_word(struct sip *s, uint64_t word)
{
    s->d ^= word;
    sip_round(s);
    sip_round(s);
    s->a ^= word;
}

void
hash_begin(struct hash_stream *h, struct hash_key key)
{
    *h = (struct hash_stream){
        .state = { key.k0 ^ 0x736f6d6570736575, key.k1 ^ 0x646f72616e646f6d,
                   key.k0 ^ 0x6c7967656e657261, key.k1 ^ 0x7465646279746573 }
    };
}

static struct sip
load(const struct hash_stream *h)
{
    return (struct sip){ h->state[0], h->state[1], h->state[2], h->state[3] };
}

static uint64_t
word_at(const void *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
    return le64toh(word);
}

void
hash_add(struct hash_stream *h, struct span bytes)
{
    struct sip s = load(h);
    size_t held = h->n % 8;
    size_t i = 0;

    h->n += bytes.n;
    while (i < bytes.n && held > 0 && held < 8)
        h->rest[held++] = (unsigned char)bytes.p[i++];
    if (held == 8)
        sip_word(&s, word_at(h->rest));
    if (held > 0 && held < 8)
        return; /* it was too little for a word */
    for (; i + 8 <= bytes.n; i += 8)
        sip_word(&s, word_at(bytes.p + i));
    if (i < bytes.n)
        memcpy(h->rest, bytes.p + i, bytes.n - i);
    h->state[0] = s.a;
    h->state[1] = s.b;
    h->state[2] = s.c;
    h->state[3] = s.d;
}

uint64_t
hash_end(const struct hash_stream *h)
{
    struct sip s = load(h);
    uint64_t last = h->n << 56;

    for (size_t i = 0; i < h->n % 8; i++)
        last |= (uint64_t)h->rest[i] << 8 * i;
    sip_word(&s, last);
    s.c ^= 0xff;
    for (int round = 0; round < 4; round++)
        sip_round(&s);
    return s.a ^ s.b ^ s.c ^ s.d;
}

uint64_t
hash64(struct hash_key key, struct span bytes)
{
    struct hash_stream h;

    hash_begin(&h, key);
    hash_add(&h, bytes);
    return hash_end(&h);
}

struct hash_key
hash_key_random(void)
{
    struct hash_key key;

    if (getrandom(&key, sizeof key, 0) != (ssize_t)sizeof key)
        die("no random numbers from the system");
    return key;
}
