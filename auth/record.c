#include "auth/record.h"

#include <string.h>

#define RECORD_VERSION 1

static void
put_number(struct buf *b, uint64_t n, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        buf_put_ch(b, (char)(n >> (8 * i) & 0xff));
}

static bool
take_bytes(struct span *rest, void *to, size_t n)
{
    if (rest->n < n)
        return false;
    if (n > 0)
        memcpy(to, rest->p, n);
    *rest = span_after(*rest, n);
    return true;
}

static bool
take_number_le(struct span *rest, size_t bytes, uint64_t *n)
{
    unsigned char raw[8];

    if (!take_bytes(rest, raw, bytes))
        return false;
    *n = 0;
    for (size_t i = bytes; i-- > 0;)
        *n = *n << 8 | raw[i];
    return true;
}

void
user_record_put(const struct user_record *u, struct buf *out)
{
    const struct verifier *v = &u->verifier;

    put_number(out, RECORD_VERSION, 1);
    put_number(out, u->flags, 1);
    put_number(out, (uint64_t)u->created, 8);
    put_number(out, u->revision, 8);
    put_number(out, v->iterations, 4);
    buf_put(out, span_from(v->salt, sizeof v->salt));
    put_number(out, u->next_id, 4);
    put_number(out, v->count, 1);
    for (uint32_t i = 0; i < v->count; i++) {
        const struct credential *c = &v->credentials[i];
        struct span label = span_of(c->label);

        put_number(out, c->id, 4);
        put_number(out, c->kind, 1);
        put_number(out, label.n, 1);
        buf_put(out, label);
        buf_put(out, span_from(c->keys.stored, SHA256_SIZE));
        buf_put(out, span_from(c->keys.server, SHA256_SIZE));
    }
}

static bool
take_credential(struct span *rest, struct credential *c)
{
    uint64_t id, kind, label;

    if (!take_number_le(rest, 4, &id) || !take_number_le(rest, 1, &kind) ||
        !take_number_le(rest, 1, &label))
        return false;
    if (label > AUTH_LABEL_MAX ||
        (kind != CREDENTIAL_MAIN && kind != CREDENTIAL_DEVICE))
        return false;
    c->id = (uint32_t)id;
    c->kind = (enum credential_kind)kind;
    return take_bytes(rest, c->label, (size_t)label) &&
           memchr(c->label, '\0', (size_t)label) == NULL &&
           take_bytes(rest, c->keys.stored, SHA256_SIZE) &&
           take_bytes(rest, c->keys.server, SHA256_SIZE);
}

static bool
take_verifier(struct span *rest, uint32_t *next_id, struct verifier *v)
{
    uint64_t iterations, next, count;

    if (!take_number_le(rest, 4, &iterations) ||
        !take_bytes(rest, v->salt, sizeof v->salt) ||
        !take_number_le(rest, 4, &next) || !take_number_le(rest, 1, &count))
        return false;
    if (iterations < AUTH_ITERATIONS_MIN || iterations > AUTH_ITERATIONS_MAX ||
        count < 1 || count > AUTH_CREDENTIALS_MAX)
        return false;
    for (uint64_t i = 0; i < count; i++)
        if (!take_credential(rest, &v->credentials[i]))
            return false;
    v->iterations = (uint32_t)iterations;
    v->count = (uint32_t)count;
    *next_id = (uint32_t)next;
    return true;
}

bool
user_record_take(struct span value, struct user_record *out)
{
    uint64_t version, flags, created;

    memset(out, 0, sizeof *out);
    if (!take_number_le(&value, 1, &version) || version != RECORD_VERSION)
        return false;
    if (!take_number_le(&value, 1, &flags) ||
        !take_number_le(&value, 8, &created) ||
        !take_number_le(&value, 8, &out->revision))
        return false;
    out->flags = (unsigned)flags;
    out->created = (int64_t)created;
    return take_verifier(&value, &out->next_id, &out->verifier) && value.n == 0;
}
