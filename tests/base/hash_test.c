#include "base/hash.h"
#include "tests/check.h"

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
    return check_report();
}
