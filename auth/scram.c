#include "auth/scram.h"

#include "base/base64.h"
#include "base/cursor.h"

#include <string.h>

/* printable = %x21-2B / %x2D-7E ; everything visible but ","   RFC 5802 s. 7 */
static bool
is_printable(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 0x21 || s.p[i] > 0x7e || s.p[i] == ',')
            return false;
    return true;
}

static struct span
take_value(struct cursor *c)
{
    struct span s = span_sub(cursor_rest(c), 0, span_find(cursor_rest(c), ','));

    c->at += s.n;
    return s;
}

/*
 * saslname = 1*(value-safe-char / "=2C" / "=3D")     RFC 5802 section 7
 */
static bool
decode_saslname(struct span s, char out[ADDRESS_MAX + 1])
{
    size_t n = 0;

    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char ch = s.p[i];

        if (ch == '=' && span_starts_nocase(span_after(s, i), "=2C"))
            ch = ',';
        else if (ch == '=' && !span_starts_nocase(span_after(s, i), "=3D"))
            return false;
        if (ch == '\0' || n == ADDRESS_MAX)
            return false;
        i += s.p[i] == '=' ? 2 : 0;
        out[n++] = ch;
    }
    out[n] = '\0';
    return true;
}

/*
 * gs2-header     = gs2-cbind-flag "," [ authzid ] ","
 * gs2-cbind-flag = ("p=" cb-name) / "n" / "y"        RFC 5802 section 7
 */
static bool
take_header(struct cursor *c, struct scram_first *out)
{
    const char *start = c->at;

    if (take(c, 'n'))
        out->flag = 'n';
    else if (take(c, 'y'))
        out->flag = 'y';
    else if (take(c, 'p') && take(c, '=') && take_value(c).n > 0)
        out->flag = 'p';
    else
        return false;
    if (!take(c, ','))
        return false;
    if (take(c, 'a') &&
        (!take(c, '=') || !decode_saslname(take_value(c), out->authzid)))
        return false;
    if (!take(c, ','))
        return false;
    out->header = span_from(start, (size_t)(c->at - start));
    return true;
}

/*
 * extensions = attr-val *("," attr-val)              RFC 5802 section 7
 * "Unknown optional extensions MUST be ignored"; "m=", which is mandatory, can
 * stand only where a name must, and so is refused.
 */
static bool
take_extensions(struct cursor *c)
{
    struct span name;

    while (!cursor_at_end(c)) {
        if (!take(c, ',') || !take_alpha(c, &name) || name.n != 1 ||
            !take(c, '=') || take_value(c).n == 0)
            return false;
        if (name.p[0] == 'm')
            return false;
    }
    return true;
}

static bool
has_nul(struct span s)
{
    return span_has(s, '\0');
}

static bool
take_nonce(struct cursor *c, size_t max, struct span *out)
{
    if (!take(c, 'r') || !take(c, '='))
        return false;
    *out = take_value(c);
    return out->n >= SCRAM_NONCE_MIN && out->n <= max && is_printable(*out);
}

/*
 * client-first-message-bare = [reserved-mext ","] username "," nonce
 *                             ["," extensions]       RFC 5802 section 7
 */
bool
scram_take_first(struct span message, struct scram_first *out)
{
    struct cursor c = cursor_on(message);

    memset(out, 0, sizeof *out);
    if (message.n > SCRAM_MESSAGE_MAX || has_nul(message) ||
        !take_header(&c, out))
        return false;
    out->bare = cursor_rest(&c);
    return take(&c, 'n') && take(&c, '=') &&
           decode_saslname(take_value(&c), out->user) && take(&c, ',') &&
           take_nonce(&c, SCRAM_NONCE_MAX, &out->nonce) && take_extensions(&c);
}

/* The offset of ",p=", which stands last. */
static bool
find_proof(struct span message, size_t *at)
{
    size_t from = 0, found;

    if (!span_search(message, span_of(",p="), at))
        return false;
    while (span_search(span_after(message, from), span_of(",p="), &found)) {
        *at = from + found;
        from = *at + 1;
    }
    return true;
}

static bool
decode_proof(struct span text, unsigned char out[SHA256_SIZE])
{
    struct buf bytes = { .max = 256 };
    bool fine =
        text.n <= 64 && base64_decode(&bytes, text) && bytes.n == SHA256_SIZE;

    if (fine)
        memcpy(out, bytes.p, SHA256_SIZE);
    buf_free(&bytes);
    return fine;
}

/*
 * client-final-message-without-proof = channel-binding "," nonce
 *                                      ["," extensions]
 * client-final-message = client-final-message-without-proof "," proof
 *                                                    RFC 5802 section 7
 */
bool
scram_take_final(struct span message, struct scram_final *out)
{
    struct cursor c;
    size_t at;

    memset(out, 0, sizeof *out);
    if (message.n > SCRAM_MESSAGE_MAX || has_nul(message) ||
        !find_proof(message, &at))
        return false;
    out->without_proof = span_sub(message, 0, at);
    c = cursor_on(out->without_proof);
    if (!take(&c, 'c') || !take(&c, '='))
        return false;
    out->binding = take_value(&c);
    return take(&c, ',') && take_nonce(&c, SCRAM_NONCE_MAX * 2, &out->nonce) &&
           take_extensions(&c) &&
           decode_proof(span_after(message, at + 3), out->proof);
}

bool
scram_binding_fits(const struct scram_final *f, struct span header)
{
    struct buf said = { .max = SCRAM_MESSAGE_MAX };
    bool fits =
        base64_decode(&said, f->binding) && span_eq(buf_span(&said), header);

    buf_free(&said);
    return fits;
}

void
scram_put_challenge(struct span nonce, const struct verifier *v,
                    struct buf *out)
{
    buf_put_text(out, "r=");
    buf_put(out, nonce);
    buf_put_text(out, ",s=");
    base64_encode(out, span_from(v->salt, sizeof v->salt));
    buf_printf(out, ",i=%u", v->iterations);
}

/*
 * ClientSignature := HMAC(StoredKey, AuthMessage)
 * ClientKey       := ClientProof XOR ClientSignature
 * right when H(ClientKey) = StoredKey                RFC 5802 section 3
 */
static bool
proof_fits(const struct verifier_keys *keys, struct span auth_message,
           const unsigned char proof[SHA256_SIZE])
{
    unsigned char client[SHA256_SIZE], stored[SHA256_SIZE];
    bool fits;

    crypto_hmac_sha256(span_from(keys->stored, SHA256_SIZE), auth_message,
                       client);
    for (size_t i = 0; i < SHA256_SIZE; i++)
        client[i] ^= proof[i];
    crypto_sha256(span_from(client, sizeof client), stored);
    fits = crypto_equal(stored, keys->stored, SHA256_SIZE);
    crypto_wipe(client, sizeof client);
    return fits;
}

int
scram_find(const struct verifier *v, struct span auth_message,
           const unsigned char proof[SHA256_SIZE])
{
    int found = -1;

    for (uint32_t i = 0; i < v->count; i++)
        if (proof_fits(&v->credentials[i].keys, auth_message, proof))
            found = (int)i;
    return found;
}

/*
 * ServerSignature := HMAC(ServerKey, AuthMessage)    RFC 5802 section 3
 */
void
scram_put_signature(const struct verifier_keys *keys, struct span auth_message,
                    struct buf *out)
{
    unsigned char signature[SHA256_SIZE];

    crypto_hmac_sha256(span_from(keys->server, SHA256_SIZE), auth_message,
                       signature);
    buf_put_text(out, "v=");
    base64_encode(out, span_from(signature, sizeof signature));
}
