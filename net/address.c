#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define MAPPED_PREFIX 12 /* ::ffff:0:0/96, RFC 4291 section 2.5.5.2 */
#define IPV6_HOST     8

/* As IPv6; false for other families. */
static bool
get_in6(const struct sockaddr_storage *from, struct in6_addr *out)
{
    struct sockaddr_in6 six;
    struct sockaddr_in four;

    if (from->ss_family == AF_INET6) {
        memcpy(&six, from, sizeof six);
        *out = six.sin6_addr;
        return true;
    }
    if (from->ss_family != AF_INET)
        return false;
    memcpy(&four, from, sizeof four);
    memset(out, 0, sizeof *out);
    out->s6_addr[10] = 0xff;
    out->s6_addr[11] = 0xff;
    memcpy(out->s6_addr + MAPPED_PREFIX, &four.sin_addr, sizeof four.sin_addr);
    return true;
}

void
address_text(const struct sockaddr_storage *from, char out[ADDRESS_TEXT_MAX])
{
    struct in6_addr a;

    if (!get_in6(from, &a))
        snprintf(out, ADDRESS_TEXT_MAX, "local");
    else if (IN6_IS_ADDR_V4MAPPED(&a))
        inet_ntop(AF_INET, a.s6_addr + MAPPED_PREFIX, out, ADDRESS_TEXT_MAX);
    else
        inet_ntop(AF_INET6, &a, out, ADDRESS_TEXT_MAX);
}

uint16_t
address_port(const struct sockaddr_storage *from)
{
    struct sockaddr_in6 six;
    struct sockaddr_in four;

    if (from->ss_family == AF_INET6) {
        memcpy(&six, from, sizeof six);
        return ntohs(six.sin6_port);
    }
    if (from->ss_family != AF_INET)
        return 0;
    memcpy(&four, from, sizeof four);
    return ntohs(four.sin_port);
}

void
address_key(const struct sockaddr_storage *from,
            unsigned char key[ADDRESS_KEY_SIZE])
{
    struct in6_addr a;

    memset(key, 0, ADDRESS_KEY_SIZE);
    if (!get_in6(from, &a))
        return;
    memcpy(key, a.s6_addr,
           IN6_IS_ADDR_V4MAPPED(&a) ? ADDRESS_KEY_SIZE : IPV6_HOST);
}
