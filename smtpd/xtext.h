/* xtext: how MAIL's parameters carry any bytes (RFC 3461 section 4). */
#ifndef SMTPD_XTEXT_H
#define SMTPD_XTEXT_H

#include "base/buf.h"

#define SMTP_XTEXT_MAX ((size_t)500) /* RFC 4954 section 3 */

/* False, with *out as it was, when it is not well formed, or does not fit. */
bool smtp_xtext_decode(struct span text, struct buf *out);

#endif
