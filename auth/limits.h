/* What one login, one alias and one guesser may cost us. */
#ifndef AUTH_LIMITS_H
#define AUTH_LIMITS_H

#include "mail/limits.h"

#define AUTH_PASSWORD_MAX 1024 /* octets                                  */
#define AUTH_LABEL_MAX    64   /* octets of a device's name               */
#define AUTH_MESSAGE_MAX                                                       \
    2048                           /* one SASL message, decoded; the longest
                                      is PLAIN's (RFC 4616 section 2)         */
#define AUTH_LINE_MAX        12288 /* RFC 4954 section 4, with base64         */
#define AUTH_CREDENTIALS_MAX 32    /* passwords of one user                   */
#define AUTH_SALT_SIZE       16
#define AUTH_ITERATIONS_MIN  4096  /* RFC 7677 section 4                      */
#define AUTH_ITERATIONS_MAX  65536 /* libsasl2's clients refuse more          */

#define AUTH_EXCHANGES_MAX   1024 /* of one front end at once                */
#define AUTH_EXCHANGE_MS     180000 /* for the client's next line              */
#define AUTH_IN_FLIGHT_MAX   4   /* of one address, delayed answers too     */
#define AUTH_WAITING_MAX     512 /* and so many more that wait their turn   */
#define AUTH_SESSION_TRIES   3   /* failures, then hang up                  */
#define AUTH_JOBS_PER_WORKER 64

#define ALIAS_DEPTH_MAX   8    /* aliases of aliases                      */
#define ALIAS_TARGETS_MAX 1000 /* of one alias, and of one address        */

#endif
