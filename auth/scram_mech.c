#include "auth/sasl_session.h"

#include "auth/scram.h"
#include "base/base64.h"
#include "base/clock.h"

#include <sasl/sasl.h>
#include <sasl/saslplug.h>
#include <stdlib.h>
#include <string.h>

/*
 * SCRAM-SHA-256 as a mechanism of libsasl2. Its own knows one password a user;
 * ours all of them, and takes the keys from the database without an auxprop.
 *
 *   WAIT_FIRST --first--> WAIT_FINAL --final, proof right--> OVER
 *       |                     | anything else                 (v=..., OK)
 *       +---------------------+--> OVER (failed)
 *
 * Channel binding is not offered (no -PLUS), so "p" is refused and "y" fits
 * (RFC 5802 section 6).
 */
enum scram_state { WAIT_FIRST, WAIT_FINAL, OVER };

#define NONCE_BYTES 18

struct scram_context {
    enum scram_state state;
    struct buf header, bare, nonce, challenge, signature;
    struct subject subject;
};

static int
mech_new(void *glob, sasl_server_params_t *params, const char *challenge,
         unsigned challenge_len, void **context)
{
    struct scram_context *x = params->utils->calloc(1, sizeof *x);

    (void)glob;
    (void)challenge;
    (void)challenge_len;
    if (x == NULL)
        return SASL_NOMEM;
    x->header.max = x->bare.max = x->nonce.max = SCRAM_MESSAGE_MAX;
    x->challenge.max = x->signature.max = SCRAM_MESSAGE_MAX;
    *context = x;
    return SASL_OK;
}

static void
mech_dispose(void *context, const sasl_utils_t *utils)
{
    struct scram_context *x = context;

    if (x == NULL)
        return;
    buf_free(&x->header);
    buf_free(&x->bare);
    buf_free(&x->nonce);
    buf_free(&x->challenge);
    buf_free(&x->signature);
    crypto_wipe(x, sizeof *x);
    utils->free(x);
}

/* Our own struct rides along as the context of the password callback. */
static struct sasl_session *
session_of(const sasl_server_params_t *params)
{
    sasl_callback_ft fn;
    void *session;

    if (params->utils->getcallback(params->utils->conn,
                                   SASL_CB_SERVER_USERDB_CHECKPASS, &fn,
                                   &session) != SASL_OK)
        return NULL;
    return session;
}

static int
refuse(struct sasl_session *s, enum verdict v)
{
    s->verdict = v;
    return v == VERDICT_TEMPFAIL ? SASL_UNAVAIL : SASL_BADAUTH;
}

static int
take_names(const sasl_server_params_t *params, const struct scram_first *first,
           sasl_out_params_t *out)
{
    unsigned flags = SASL_CU_AUTHID;
    int rc;

    if (first->authzid[0] == '\0')
        flags |= SASL_CU_AUTHZID;
    rc = params->canon_user(params->utils->conn, first->user, 0, flags, out);
    if (rc == SASL_OK && first->authzid[0] != '\0')
        rc = params->canon_user(params->utils->conn, first->authzid, 0,
                                SASL_CU_AUTHZID, out);
    return rc;
}

static void
make_challenge(struct scram_context *x, const struct scram_first *first)
{
    unsigned char random[NONCE_BYTES];

    buf_put(&x->header, first->header);
    buf_put(&x->bare, first->bare);
    buf_put(&x->nonce, first->nonce);
    crypto_random(random, sizeof random);
    base64_encode(&x->nonce, span_from(random, sizeof random));
    scram_put_challenge(buf_span(&x->nonce), &x->subject.verifier,
                        &x->challenge);
}

static int
take_first(struct scram_context *x, const sasl_server_params_t *params,
           struct span message, sasl_out_params_t *out)
{
    struct sasl_session *s = session_of(params);
    struct scram_first first;
    struct error e;
    struct span user;
    int rc;

    if (s == NULL || !scram_take_first(message, &first) || first.flag == 'p')
        return SASL_BADPROT;
    rc = take_names(params, &first, out);
    if (rc != SASL_OK)
        return rc;
    user = span_of(s->user);
    if (!throttle_allows_user(s->checker->throttle, user, span_of(s->address),
                              clock_monotonic_ms()))
        return refuse(s, VERDICT_LIMIT);
    if (!checker_subject(s->checker, user, &x->subject, &e))
        return refuse(s, VERDICT_TEMPFAIL);
    s->exists = x->subject.exists;
    make_challenge(x, &first);
    x->state = WAIT_FINAL;
    return SASL_CONTINUE;
}

static void
put_auth_message(const struct scram_context *x, struct span without_proof,
                 struct buf *out)
{
    buf_put(out, buf_span(&x->bare));
    buf_put_ch(out, ',');
    buf_put(out, buf_span(&x->challenge));
    buf_put_ch(out, ',');
    buf_put(out, without_proof);
}

static int
finish(struct scram_context *x, struct sasl_session *s,
       const struct scram_final *final)
{
    struct buf said = { .max = 4 * SCRAM_MESSAGE_MAX };
    int found;

    put_auth_message(x, final->without_proof, &said);
    found = scram_find(&x->subject.verifier, buf_span(&said), final->proof);
    if (found >= 0)
        scram_put_signature(&x->subject.verifier.credentials[found].keys,
                            buf_span(&said), &x->signature);
    buf_free(&said);
    if (found < 0 || !x->subject.exists)
        return refuse(s, VERDICT_WRONG);
    if (x->subject.disabled)
        return refuse(s, VERDICT_DISABLED);
    s->verdict = VERDICT_RIGHT;
    return SASL_OK;
}

static int
take_final(struct scram_context *x, const sasl_server_params_t *params,
           struct span message, sasl_out_params_t *out)
{
    struct sasl_session *s = session_of(params);
    struct scram_final final;
    int rc;

    if (s == NULL || !scram_take_final(message, &final) ||
        !scram_binding_fits(&final, buf_span(&x->header)) ||
        !span_eq(final.nonce, buf_span(&x->nonce)))
        return SASL_BADPROT;
    rc = finish(x, s, &final);
    if (rc == SASL_OK)
        out->doneflag = 1;
    return rc;
}

static void
give(const struct buf *b, const char **to, unsigned *n)
{
    *to = b->p;
    *n = (unsigned)b->n;
}

static int
mech_step(void *context, sasl_server_params_t *params, const char *in,
          unsigned in_len, const char **out, unsigned *out_len,
          sasl_out_params_t *result)
{
    struct scram_context *x = context;
    struct span message = span_from(in, in_len);
    enum scram_state was = x->state;
    int rc;

    *out = NULL;
    *out_len = 0;
    if (was == WAIT_FIRST && in_len == 0)
        return SASL_CONTINUE; /* no initial response: an empty challenge */
    x->state = OVER;
    if (was == WAIT_FIRST) {
        rc = take_first(x, params, message, result);
        if (rc == SASL_CONTINUE)
            give(&x->challenge, out, out_len);
        return rc;
    }
    if (was != WAIT_FINAL)
        return SASL_BADPROT;
    rc = take_final(x, params, message, result);
    if (rc == SASL_OK)
        give(&x->signature, out, out_len);
    return rc;
}

static void
mech_free(void *glob, const sasl_utils_t *utils)
{
    utils->free(glob);
}

/* libsasl2 wants a table that it may write to: one of its own, on its heap. */
static int
mech_init(const sasl_utils_t *utils, int max_version, int *version,
          sasl_server_plug_t **plugs, int *count)
{
    static const sasl_server_plug_t row = {
        .mech_name = "SCRAM-SHA-256",
        .security_flags = SASL_SEC_NOPLAINTEXT | SASL_SEC_NOACTIVE |
                          SASL_SEC_NOANONYMOUS | SASL_SEC_MUTUAL_AUTH,
        .features = SASL_FEAT_ALLOWS_PROXY,
        .mech_new = mech_new,
        .mech_step = mech_step,
        .mech_dispose = mech_dispose,
        .mech_free = mech_free,
    };

    if (max_version < SASL_SERVER_PLUG_VERSION)
        return SASL_BADVERS;
    *plugs = utils->malloc(sizeof row);
    if (*plugs == NULL)
        return SASL_NOMEM;
    **plugs = row;
    (*plugs)->glob_context = *plugs;
    *version = SASL_SERVER_PLUG_VERSION;
    *count = 1;
    return SASL_OK;
}

int
scram_mech_add(void)
{
    return sasl_server_add_plugin(SCRAM_MECH_PLUGIN, mech_init);
}
