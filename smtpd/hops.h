/*
 * How many servers a message has passed: the Received fields of its header,
 * counted while it streams by (RFC 5321 section 6.3).
 */
#ifndef SMTPD_HOPS_H
#define SMTPD_HOPS_H

#include "base/span.h"

/* Starts as { 0 }: at the beginning of the header. */
struct smtp_hops {
    unsigned count;
    size_t column; /* octets of this line so far */
    bool differs;  /* they do not begin "Received:" */
    bool in_body;
};

/* The message's bytes in order, cut anywhere, with CR LF line ends. */
void smtp_hops_feed(struct smtp_hops *h, struct span text);

#endif
