/*
 * What the header of a MIME part says of its content: the fields that
 * BODYSTRUCTURE shows (RFC 3501 section 7.4.2) and what we need to find our
 * way through it.
 */
#ifndef MAIL_CONTENT_H
#define MAIL_CONTENT_H

#include "mail/header.h"
#include "mail/mime_store.h"

struct content {
    struct span type, subtype; /* lower case, never empty                 */
    struct span charset;       /* lower case, maybe empty                 */
    struct span boundary;      /* empty: none that can be used            */
    struct span encoding;      /* lower case; "7bit"                      */
    struct span parameters;    /* IMAP text "(...)"; empty: none          */
    struct span disposition;   /* IMAP text "(...)"; empty: none          */
    struct span language;      /* IMAP text "(...)"; empty: none          */
    struct span id, description, md5, location; /* p == NULL: absent      */
};

/* The fields of one header, borrowed. Starts as { 0 }. */
struct content_reader {
    struct span type, encoding, disposition, language;
    struct span id, description, md5, location;
};

void content_field(struct content_reader *r, const struct header_field *f);

/* A part that names no type is text/plain, in a digest message/rfc822
 * (RFC 2046 section 5.1.5). */
void content_end(struct content_reader *r, struct mime_store *store,
                 bool in_digest, struct content *out);

/* Forget the type: what cannot be shown as what it claims to be. */
void content_become(struct content *c, const char *type, const char *subtype);

bool content_is_multipart(const struct content *c);
/* A message/rfc822 whose lines can be read (RFC 2046 section 5.2.1). */
bool content_is_message(const struct content *c);
bool content_is_text(const struct content *c);

/* '7' '8' 'b' 'q' 'B' '?', as struct summary_part has it. */
char content_encoding(const struct content *c);

#endif
