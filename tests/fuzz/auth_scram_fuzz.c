/* SCRAM messages as anybody on the net may send them. The first byte chooses:
 * first or final message. */
#include "auth/scram.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static bool
is_inside(struct span part, struct span whole)
{
    return part.p >= whole.p && part.p + part.n <= whole.p + whole.n;
}

static void
check_first(struct span message)
{
    struct scram_first f;

    if (!scram_take_first(message, &f))
        return;
    if (!is_inside(f.header, message) || !is_inside(f.bare, message) ||
        !is_inside(f.nonce, f.bare) || f.header.n + f.bare.n != message.n ||
        f.nonce.n < SCRAM_NONCE_MIN || f.user[0] == '\0' ||
        strlen(f.user) > ADDRESS_MAX)
        abort();
}

static void
check_final(struct span message)
{
    struct scram_final f;

    if (!scram_take_final(message, &f))
        return;
    if (!is_inside(f.without_proof, message) ||
        !is_inside(f.nonce, f.without_proof) ||
        !is_inside(f.binding, f.without_proof))
        abort();
    scram_binding_fits(&f, span_of("n,,"));
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
    struct span message;

    if (n == 0)
        return 0;
    message = span_from(data + 1, n - 1);
    if (data[0] == '1')
        check_first(message);
    else
        check_final(message);
    return 0;
}
