/*
 * The structured fields of MIME: Content-Type (RFC 2045 section 5.1) and
 * Content-Disposition (RFC 2183), with the parameter pieces of RFC 2231
 * section 3 put together. At most MIME_PARAMETERS_MAX pieces are looked at.
 */
#ifndef MAIL_MIME_FIELD_H
#define MAIL_MIME_FIELD_H

#include "base/arena.h"
#include "mail/limits.h"

struct mime_parameter {
    struct span name, value; /* the name in lower case; with "*" behind it
                                where the value is RFC 2231's charset'lang'... */
};

struct mime_field {
    struct span type, subtype; /* lower case; a disposition is a type alone */
    struct mime_parameter parameter[MIME_PARAMETERS_MAX];
    size_t count;
};

/* False where there is no type. The spans live in the arena. */
bool mime_field_read(struct mime_field *f, struct arena *a, struct span value);

/* The parameter's value; p == NULL: absent. */
struct span mime_field_find(const struct mime_field *f, const char *name);

#endif
