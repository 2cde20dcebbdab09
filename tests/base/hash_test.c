#include "base/hash.h"
#include "tests/check.h"

/* However it is cut, it is the same. */
static void
test_pieces(struct hash_key key)
{
    char bytes[61];
    uint64_t whole;

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7 + 1);
    whole = hash64(key, span_from(bytes, sizeof bytes));
    for (size_t piece = 1; piece <= sizeof bytes; piece++) {
        struct hash_stream h;

        hash_begin(&h, key);
        for (size_t at = 0; at < sizeof bytes; at += piece)
            hash_add(&h, span_sub(span_from(bytes, sizeof bytes), at, piece));
        hash_add(&h, span_of(""));
        CHECK(hash_end(&h) == whole, "in pieces of %zu", piece);
    }
}

int
main(void)
{
    /* The reference's vectors: key 00..0f, message 00, 00 01, ... */
    const struct hash_key key = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
    static const struct {
        size_t n;
        uint64_t hash;
    } known[] = {
        { 0, 0x726fdb47dd0e0e31 },
        { 1, 0x74f839c593dc67fd },
        { 8, 0x93f5f5799a932462 },
        { 15, 0xa129ca6149be45e5 },
    };
    char bytes[16];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        CHECK(hash64(key, span_from(bytes, known[i].n)) == known[i].hash,
              "of %zu bytes", known[i].n);
    CHECK(hash_key_random().k0 != hash_key_random().k0, "not twice the same");
    test_pieces(key);
    return check_report();
}
