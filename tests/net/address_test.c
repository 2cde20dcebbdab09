#include "net/address.h"

#include "tests/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static struct sockaddr_storage
address(const char *text, uint16_t port)
{
    struct sockaddr_storage out = { 0 };
    struct sockaddr_in6 six = { .sin6_family = AF_INET6,
                                .sin6_port = htons(port) };
    struct sockaddr_in four = { .sin_family = AF_INET,
                                .sin_port = htons(port) };

    if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
        memcpy(&out, &four, sizeof four);
    else if (inet_pton(AF_INET6, text, &six.sin6_addr) == 1)
        memcpy(&out, &six, sizeof six);
    return out;
}

/* clang-format off */
static const struct {
    const char *why, *in, *text;
} texts[] = {
    { "IPv4", "192.0.2.1", "192.0.2.1" },
    { "IPv6", "2001:DB8:0::1", "2001:db8::1" },
    { "IPv4-mapped", "::ffff:192.0.2.1", "192.0.2.1" },
    { "another family", "", "local" },
};

static const struct {
    const char *why, *a, *b;
    bool same;
} keys[] = {
    { "the same", "192.0.2.1", "192.0.2.1", true },
    { "mapped or not", "192.0.2.1", "::ffff:192.0.2.1", true },
    { "two IPv4 hosts", "192.0.2.1", "192.0.2.2", false },
    { "two mapped hosts", "::ffff:192.0.2.1", "::ffff:192.0.2.2", false },
    { "one IPv6 customer", "2001:db8::1", "2001:db8::ffff:2", true },
    { "two IPv6 customers", "2001:db8::1", "2001:db8:0:1::1", false },
};
/* clang-format on */

int
main(void)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct sockaddr_storage a = address(texts[i].in, 1234);
        char text[ADDRESS_TEXT_MAX];

        address_text(&a, text);
        CHECK(strcmp(text, texts[i].text) == 0, "%s: %s", texts[i].why, text);
        CHECK(address_port(&a) == (*texts[i].in == '\0' ? 0 : 1234), "%s",
              texts[i].why);
    }
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct sockaddr_storage a = address(keys[i].a, 1);
        struct sockaddr_storage b = address(keys[i].b, 2);
        unsigned char ka[ADDRESS_KEY_SIZE];
        unsigned char kb[ADDRESS_KEY_SIZE];

        address_key(&a, ka);
        address_key(&b, kb);
        CHECK((memcmp(ka, kb, sizeof ka) == 0) == keys[i].same, "%s",
              keys[i].why);
    }
    return check_report();
}
