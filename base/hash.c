#include "base/hash.h"

#include "base/error.h"

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

uint64_t
hash64(struct hash_key key, struct span bytes)
{
    struct sip s = { key.k0 ^ 0x736f6d6570736575, key.k1 ^ 0x646f72616e646f6d,
                     key.k0 ^ 0x6c7967656e657261, key.k1 ^ 0x7465646279746573 };
    uint64_t last = (uint64_t)bytes.n << 56;
    size_t i = 0;

    for (; i + 8 <= bytes.n; i += 8) {
        uint64_t word;

        memcpy(&word, bytes.p + i, sizeof word);
        sip_word(&s, word);
    }
    for (unsigned shift = 0; i < bytes.n; i++, shift += 8)
        last |= (uint64_t)(unsigned char)bytes.p[i] << shift;
    sip_word(&s, last);
    s.c ^= 0xff;
    for (int round = 0; round < 4; round++)
        sip_round(&s);
    return s.a ^ s.b ^ s.c ^ s.d;
}

struct hash_key
hash_key_random(void)
{
    struct hash_key key;

    if (getrandom(&key, sizeof key, 0) != (ssize_t)sizeof key)
        die("no random numbers from the system");
    return key;
}
