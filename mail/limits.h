/* What one message may cost us, whatever it contains. */
#ifndef MAIL_LIMITS_H
#define MAIL_LIMITS_H

#include <stddef.h>

/* clang-format off */
#define MIME_DEPTH_MAX        50    /* deeper parts are leaves                 */
#define MIME_PARTS_MAX        1000  /* later parts belong to the last one      */
#define MIME_BOUNDARY_MAX     200   /* RFC 2046 section 5.1.1 allows 70        */
#define MIME_PARAMETERS_MAX   64    /* of one field; RFC 2231 pieces counted   */
#define HEADER_BYTES_MAX      ((size_t)1 << 20) /* of a header that is looked at */
#define HEADER_FIELD_MAX      ((size_t)64 << 10) /* of one field that is looked at */
#define ENVELOPE_ADDRESSES_MAX 1000 /* of one field; later ones are left out   */
#define SUMMARY_FIELDS_MAX    ((size_t)16 << 10) /* of the kept header fields  */
#define SUMMARY_TEXT_MAX      ((size_t)48 << 10) /* of each IMAP text; beyond
                                                  it is cut to a plainer one  */
#define SUMMARY_BLOB_MAX      ((size_t)60000) /* fits one IPC frame with its head */
#define MIME_STORE_MAX        ((size_t)512 << 10) /* header texts kept meanwhile */
#define ENVELOPE_STRING_MAX   4096  /* octets of Subject and the like           */
#define ENVELOPE_LIST_MAX     ((size_t)32 << 10) /* of one address list's text */
#define LEAN_STRING_MAX       200   /* the same where the summary must shrink  */
#define LEAN_LIST_MAX         1024
#define ADDRESS_TEXT_MAX      1024  /* octets of a name, a local part, a domain */
#define MAILBOX_NAME_MAX      240   /* octets of UTF-8                          */
#define MAILBOX_DEPTH_MAX     32    /* levels                                   */
#define ADDRESS_MAX           254   /* RFC 5321 section 4.5.3.1.3, without <>   */
#define LOCAL_PART_MAX        64    /* RFC 5321 section 4.5.3.1.1               */
#define KEYWORD_MAX           64    /* octets of one flag keyword               */
/* clang-format on */

#endif
