#include "auth/ticket.h"

#include "net/crypto.h"

#define TICKET_VERSION  1
#define NAME_MAX_OCTETS 255

static void
put_name(struct buf *b, struct span name)
{
    if (name.n > NAME_MAX_OCTETS)
        name.n = 0; /* a ticket for nobody, which ticket_check() refuses */
    buf_put_ch(b, (char)name.n);
    buf_put(b, name);
}

static void
put_seconds(struct buf *b, int64_t seconds)
{
    for (unsigned shift = 0; shift < 64; shift += 8)
        buf_put_ch(b, (char)((uint64_t)seconds >> shift & 0xff));
}

void
ticket_make(const unsigned char *key, struct span service, struct span user,
            int64_t expiry, struct buf *out)
{
    struct buf said = { .max = 1024 };
    unsigned char mac[SHA256_SIZE];

    buf_put_ch(&said, TICKET_VERSION);
    put_name(&said, service);
    put_name(&said, user);
    put_seconds(&said, expiry);
    crypto_hmac_sha256(span_from(key, SHA256_SIZE), buf_span(&said), mac);
    buf_put(out, buf_span(&said));
    buf_put(out, span_from(mac, sizeof mac));
    buf_free(&said);
}

static bool
get_name(struct span *rest, struct span *name)
{
    size_t n;

    if (rest->n < 1)
        return false;
    n = (unsigned char)rest->p[0];
    if (rest->n - 1 < n)
        return false;
    *name = span_sub(*rest, 1, n);
    *rest = span_after(*rest, 1 + n);
    return true;
}

static bool
get_seconds(struct span *rest, int64_t *seconds)
{
    uint64_t n = 0;

    if (rest->n < 8)
        return false;
    for (size_t i = 8; i-- > 0;)
        n = n << 8 | (unsigned char)rest->p[i];
    *seconds = (int64_t)n;
    *rest = span_after(*rest, 8);
    return true;
}

bool
ticket_check(const unsigned char *key, struct span ticket, struct span service,
             int64_t now, struct span *user)
{
    unsigned char mac[SHA256_SIZE];
    struct span said, of, name;
    int64_t expiry;

    if (ticket.n <= SHA256_SIZE)
        return false;
    said = span_sub(ticket, 0, ticket.n - SHA256_SIZE);
    crypto_hmac_sha256(span_from(key, SHA256_SIZE), said, mac);
    if (!crypto_equal(mac, said.p + said.n, sizeof mac))
        return false;
    if (said.p[0] != TICKET_VERSION)
        return false;
    said = span_after(said, 1);
    if (!get_name(&said, &of) || !get_name(&said, &name) ||
        !get_seconds(&said, &expiry) || said.n != 0)
        return false;
    if (!span_eq(of, service) || name.n == 0 || expiry <= now)
        return false;
    *user = name;
    return true;
}
