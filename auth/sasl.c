#include "auth/sasl.h"

#include "auth/name.h"
#include "auth/sasl_session.h"
#include "base/mem.h"

#include <pthread.h>
#include <sasl/sasl.h>
#include <sasl/saslplug.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * What libsasl2 2.1 does, and what follows from it:
 *
 * L1  After a mechanism has ended with data for the client (SCRAM's "v="), the
 *     next step succeeds whatever came between. So: one sasl_conn_t per
 *     exchange, nothing but freeing after an error, and OK is believed only
 *     when our own verdict says the same.
 * L2  The last step does not write its outputs: they are cleared before every
 *     call.
 * L3  A step before a start crashes: only AUTH_CONTINUE opens the next step.
 * L4  "-PLUS" and channel binding flags are not checked against each other:
 *     only the three names in auth_mechanisms() are let through.
 * L5  When the password callback says no, the library asks pwcheck_method;
 *     "none" exists nowhere, and the callback's own answer is lost: `verdict`.
 * L6  Unknown user and wrong password are different codes: both AUTH_FAILED.
 * L7  Its base64 accepts what is none: base/base64 decodes.
 * L8  A server without its own name in sasl_server_new() asks DNS.
 * L9  LOGIN loses the memory of a password whose user name is refused: a name
 *     that nobody can have becomes NOBODY's, who has no account.
 */
struct sasl_exchange {
    struct sasl_session session;
    sasl_callback_t callbacks[4];
    sasl_conn_t *conn;
    bool goes_on; /* a step may follow */
};

/* --- callbacks --------------------------------------------------------------- */

#define NOBODY "?"

/* The library keeps all callbacks as one function type and calls each with its
 * own; by way of void (*)(void), as every function pointer may go. */
#define CALLBACK(fn) ((sasl_callback_ft)(void (*)(void))(fn))

static int
on_option(void *context, const char *plugin, const char *option,
          const char **result, unsigned *len)
{
    static const char *const options[][2] = {
        { "auxprop_plugin", "pillarbox" },
        { "pwcheck_method", "none" },
        { "mech_list", "SCRAM-SHA-256 PLAIN LOGIN" },
    };

    (void)context;
    (void)plugin;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (strcmp(option, options[i][0]) != 0)
            continue;
        *result = options[i][1];
        if (len != NULL)
            *len = (unsigned)strlen(*result);
        return SASL_OK;
    }
    return SASL_FAIL;
}

/* Its messages may hold what clients sent; we log outcomes ourselves. */
static int
on_log(void *context, int level, const char *message)
{
    (void)context;
    (void)level;
    (void)message;
    return SASL_OK;
}

/* Only the two modules we use; no configuration file. */
static int
on_file(void *context, const char *file, sasl_verify_type_t type)
{
    const char *name = strrchr(file, '/');
    struct span s = span_of(name == NULL ? file : name + 1);

    (void)context;
    if (type != SASL_VRFY_PLUGIN)
        return SASL_CONTINUE;
    return span_starts(s, "libplain.so") || span_starts(s, "liblogin.so")
               ? SASL_OK
               : SASL_CONTINUE;
}

static int
on_password(sasl_conn_t *conn, void *context, const char *user,
            const char *password, unsigned len, struct propctx *properties)
{
    struct sasl_session *s = context;

    (void)conn;
    (void)properties;
    s->verdict =
        checker_password(s->checker, span_of(user), span_of(s->address),
                         span_from(password, len), &s->exists);
    return s->verdict == VERDICT_RIGHT ? SASL_OK : SASL_BADAUTH;
}

static int
on_name(sasl_conn_t *conn, void *context, const char *in, unsigned in_len,
        unsigned flags, const char *realm, char *out, unsigned out_max,
        unsigned *out_len)
{
    struct sasl_session *s = context;
    struct buf name = { .max = ADDRESS_MAX };
    struct span typed = in_len > 0 ? span_from(in, in_len) : span_of(in);
    bool is_login = (flags & SASL_CU_AUTHID) != 0;
    bool fine = auth_name_canonical(
        typed, accounts_default_domain(s->checker->accounts), &name);

    (void)conn;
    (void)realm;
    if (!fine && is_login)
        buf_put_text(&name, NOBODY); /* L9 */
    fine = (fine || is_login) && name.n < out_max;
    if (fine) {
        memcpy(out, buf_text(&name), name.n + 1);
        *out_len = (unsigned)name.n;
    }
    if (fine && is_login)
        memcpy(s->user, out, name.n + 1);
    buf_free(&name);
    return fine ? SASL_OK : SASL_NOAUTHZ;
}

/* Everybody may act as himself only. */
static int
on_authorize(sasl_conn_t *conn, void *context, const char *requested,
             unsigned requested_len, const char *identity,
             unsigned identity_len, const char *realm, unsigned realm_len,
             struct propctx *properties)
{
    (void)conn;
    (void)context;
    (void)realm;
    (void)realm_len;
    (void)properties;
    return span_eq(span_from(requested, requested_len),
                   span_from(identity, identity_len))
               ? SASL_OK
               : SASL_NOAUTHZ;
}

/* --- plugins and mutexes ------------------------------------------------------- */

/* The library asks for properties of every user, and would ask sasldb. */
static int
no_properties(void *glob, sasl_server_params_t *params, unsigned flags,
              const char *user, unsigned len)
{
    (void)glob;
    (void)params;
    (void)flags;
    (void)user;
    (void)len;
    return SASL_OK;
}

struct own_auxprop {
    sasl_auxprop_plug_t plug;
    char name[16];
};

static void
auxprop_free(void *glob, const sasl_utils_t *utils)
{
    utils->free(glob);
}

static int
auxprop_init(const sasl_utils_t *utils, int max_version, int *version,
             sasl_auxprop_plug_t **plug, const char *name)
{
    struct own_auxprop *own;

    (void)name;
    if (max_version < SASL_AUXPROP_PLUG_VERSION)
        return SASL_BADVERS;
    own = utils->calloc(1, sizeof *own);
    if (own == NULL)
        return SASL_NOMEM;
    memcpy(own->name, "pillarbox", sizeof "pillarbox");
    own->plug.name = own->name;
    own->plug.glob_context = own;
    own->plug.auxprop_free = auxprop_free;
    own->plug.auxprop_lookup = no_properties;
    *plug = &own->plug;
    *version = SASL_AUXPROP_PLUG_VERSION;
    return SASL_OK;
}

static void *
mutex_new(void)
{
    pthread_mutex_t *m = mem_take(sizeof *m);

    pthread_mutex_init(m, NULL);
    return m;
}

static int
mutex_lock(void *m)
{
    return pthread_mutex_lock(m) == 0 ? SASL_OK : SASL_FAIL;
}

static int
mutex_unlock(void *m)
{
    return pthread_mutex_unlock(m) == 0 ? SASL_OK : SASL_FAIL;
}

static void
mutex_free(void *m)
{
    pthread_mutex_destroy(m);
    free(m);
}

/* --- the library --------------------------------------------------------------- */

static bool
allow_plaintext(sasl_conn_t *conn)
{
    const sasl_security_properties_t props = {
        .security_flags = SASL_SEC_NOANONYMOUS | SASL_SEC_NOPLAINTEXT
    };
    const sasl_ssf_t outside = 256; /* lifts NOPLAINTEXT: TLS is around us */

    return sasl_setprop(conn, SASL_SEC_PROPS, &props) == SASL_OK &&
           sasl_setprop(conn, SASL_SSF_EXTERNAL, &outside) == SASL_OK;
}

/* A missing or broken module is no error to the library: look. */
static bool
check_mechanisms(struct error *e)
{
    const char *expected = auth_mechanisms(true);
    const char *list = "";
    sasl_conn_t *conn = NULL;
    bool same = false;

    if (sasl_server_new("smtp", "localhost", NULL, NULL, NULL, NULL, 0,
                        &conn) == SASL_OK &&
        allow_plaintext(conn) &&
        sasl_listmech(conn, NULL, "", " ", "", &list, NULL, NULL) == SASL_OK)
        same = strcmp(list, expected) == 0;
    if (!same)
        fail(e, FAIL_INVALID,
             "libsasl2 offers \"%s\", not \"%s\" (is libsasl2-modules "
             "installed?)",
             list, expected);
    sasl_dispose(&conn);
    return same;
}

bool
sasl_library_start(struct error *e)
{
    static const sasl_callback_t callbacks[] = {
        { SASL_CB_GETOPT, CALLBACK(on_option), NULL },
        { SASL_CB_LOG, CALLBACK(on_log), NULL },
        { SASL_CB_VERIFYFILE, CALLBACK(on_file), NULL },
        { SASL_CB_LIST_END, NULL, NULL },
    };
    int rc;

    sasl_set_mutex(mutex_new, mutex_lock, mutex_unlock, mutex_free);
    rc = sasl_server_init(callbacks, NULL); /* no name: no configuration file */
    if (rc == SASL_OK)
        rc = sasl_auxprop_add_plugin("pillarbox", auxprop_init);
    if (rc == SASL_OK)
        rc = scram_mech_add();
    if (rc != SASL_OK)
        return fail(e, FAIL_INVALID, "libsasl2 does not start: %s",
                    sasl_errstring(rc, NULL, NULL));
    return check_mechanisms(e);
}

void
sasl_library_stop(void)
{
    sasl_done();
}

/* --- exchanges ------------------------------------------------------------------- */

struct sasl_exchange *
sasl_exchange_new(const struct checker *c, const struct sasl_peer *peer)
{
    struct sasl_exchange *x = mem_take(sizeof *x);
    const sasl_callback_t callbacks[] = {
        { SASL_CB_SERVER_USERDB_CHECKPASS, CALLBACK(on_password), &x->session },
        { SASL_CB_CANON_USER, CALLBACK(on_name), &x->session },
        { SASL_CB_PROXY_POLICY, CALLBACK(on_authorize), &x->session },
        { SASL_CB_LIST_END, NULL, NULL },
    };

    _Static_assert(sizeof callbacks == sizeof x->callbacks, "one each");
    memcpy(x->callbacks, callbacks, sizeof callbacks);
    x->session.checker = c;
    snprintf(x->session.address, sizeof x->session.address, "%.*s",
             SPAN(peer->address));
    if (sasl_server_new(peer->service, peer->hostname, NULL, NULL, NULL,
                        x->callbacks, 0, &x->conn) != SASL_OK ||
        !allow_plaintext(x->conn))
        sasl_exchange_free(&x);
    return x;
}

void
sasl_exchange_free(struct sasl_exchange **x)
{
    if (*x == NULL)
        return;
    sasl_dispose(&(*x)->conn);
    free(*x);
    *x = NULL;
}

/* Why it failed, from our verdict first (L5). */
static enum auth_outcome
outcome_of_failure(const struct sasl_exchange *x, int rc)
{
    static const enum auth_outcome by_verdict[] = {
        [VERDICT_WRONG] = AUTH_FAILED,      [VERDICT_REPEATED] = AUTH_FAILED,
        [VERDICT_DISABLED] = AUTH_DISABLED, [VERDICT_LIMIT] = AUTH_LIMIT,
        [VERDICT_TEMPFAIL] = AUTH_TEMPFAIL,
    };

    if (x->session.verdict > VERDICT_RIGHT)
        return by_verdict[x->session.verdict];
    switch (rc) {
    case SASL_NOAUTHZ:
        return AUTH_NOAUTHZ;
    case SASL_NOMECH:
        return AUTH_NO_MECH;
    case SASL_BADPROT:
    case SASL_BADPARAM:
        return AUTH_BAD_PROTOCOL;
    case SASL_BADAUTH:
    case SASL_NOUSER:
        return AUTH_FAILED;
    default:
        return AUTH_TEMPFAIL;
    }
}

/* Only the library's OK, our verdict and one and the same name make a success. */
static enum auth_outcome
outcome_of_ok(const struct sasl_exchange *x)
{
    const void *user;

    if (x->session.verdict != VERDICT_RIGHT ||
        sasl_getprop(x->conn, SASL_USERNAME, &user) != SASL_OK ||
        user == NULL || strcmp(user, x->session.user) != 0)
        return AUTH_FAILED;
    return AUTH_OK;
}

static enum auth_outcome
outcome_of(struct sasl_exchange *x, int rc, struct span challenge,
           struct buf *out)
{
    x->goes_on = rc == SASL_CONTINUE;
    if (rc == SASL_OK)
        return outcome_of_ok(x);
    if (rc != SASL_CONTINUE)
        return outcome_of_failure(x, rc);
    buf_put(out, challenge);
    return AUTH_CONTINUE;
}

static bool
is_offered(struct span mechanism)
{
    struct span rest = span_of(auth_mechanisms(true));
    struct span one;

    while (rest.n > 0 && span_cut(&rest, ' ', &one))
        if (span_eq_nocase(one, mechanism)) /* RFC 4422 section 3.1 */
            return true;
    return false;
}

enum auth_outcome
sasl_exchange_start(struct sasl_exchange *x, struct span mechanism,
                    struct span message, struct buf *out)
{
    const char *challenge = NULL; /* L2 */
    unsigned n = 0;
    char name[32];
    int rc;

    if (!is_offered(mechanism))
        return AUTH_NO_MECH; /* L4 */
    snprintf(name, sizeof name, "%.*s", SPAN(mechanism));
    rc = sasl_server_start(x->conn, name, message.p, (unsigned)message.n,
                           &challenge, &n);
    return outcome_of(x, rc, span_from(challenge, n), out);
}

enum auth_outcome
sasl_exchange_step(struct sasl_exchange *x, struct span message,
                   struct buf *out)
{
    const char *challenge = NULL; /* L2 */
    unsigned n = 0;
    int rc;

    if (!x->goes_on)
        return AUTH_BAD_PROTOCOL; /* L1, L3 */
    x->goes_on = false;
    if (x->session.verdict == VERDICT_RIGHT && message.n > 0)
        return AUTH_BAD_PROTOCOL; /* after "v=" comes an empty line */
    rc = sasl_server_step(x->conn, message.n > 0 ? message.p : "",
                          (unsigned)message.n, &challenge, &n);
    return outcome_of(x, rc, span_from(challenge, n), out);
}

struct span
sasl_exchange_user(const struct sasl_exchange *x)
{
    return span_of(x->session.user);
}

bool
sasl_exchange_user_exists(const struct sasl_exchange *x)
{
    return x->session.exists;
}

bool
sasl_exchange_is_repeated(const struct sasl_exchange *x)
{
    return x->session.verdict == VERDICT_REPEATED;
}
