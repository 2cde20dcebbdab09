/* A damaged record in the database; a forged ticket. */
#include "auth/record.h"
#include "auth/ticket.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static void
check_record(struct span value)
{
    struct user_record u;
    struct buf again = { 0 };

    if (!user_record_take(value, &u))
        return;
    user_record_put(&u, &again);
    if (!span_eq(buf_span(&again), value))
        abort();
    buf_free(&again);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
    static const unsigned char key[32] = "nobody who forges knows this key";
    struct span value = span_from(data, n);
    struct span user;

    check_record(value);
    if (ticket_check(key, value, span_of("imap"), 0, &user))
        abort();
    return 0;
}
