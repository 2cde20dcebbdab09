/* RFC 2231 section 3 and 4.1: parameters that come in pieces. */
#ifndef MAIL_MIME_PARAMETER_H
#define MAIL_MIME_PARAMETER_H

#include "mail/mime_field.h"

/*
 * "name*0", "name*1*" ... become one "name", or "name*" where a piece is
 * percent-encoded. Pieces without a "*0" are left out.
 */
void mime_parameter_join(struct mime_field *f, struct arena *a);

#endif
