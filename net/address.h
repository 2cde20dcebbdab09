/*
 * Where a client comes from, for logs and for counting.
 */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include "base/span.h"

#include <stdint.h>
#include <sys/socket.h>

#define ADDRESS_TEXT_MAX 48
#define ADDRESS_KEY_SIZE 16

/* Numeric, without the port; an IPv4-mapped address as IPv4, any other family
 * as "local". */
void address_text(const struct sockaddr_storage *from,
                  char out[ADDRESS_TEXT_MAX]);

uint16_t address_port(const struct sockaddr_storage *from);

/* Equal for what is most likely one host: an IPv4 address, an IPv6 /64 (what
 * one customer gets: RFC 6177 section 2). */
void address_key(const struct sockaddr_storage *from,
                 unsigned char key[ADDRESS_KEY_SIZE]);

#endif
