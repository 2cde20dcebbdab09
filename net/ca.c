/*
 * The files of the private CA: ca.key signs ca.pem (itself) and server.pem.
 *
 * Order of writing: a key before its certificate. A crash between the two
 * leaves a certificate that is missing or does not fit its key; it is made
 * anew next time. server.key stays when its certificate is renewed, so that
 * whoever reads both at that moment always finds a pair.
 */
#include "net/ca.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "net/ca_cert.h"
#include "net/crypto.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DAY         ((int64_t)86400)
#define CA_DAYS_MIN 30 /* with less left it signs nothing any more */
#define PEM_MAX     ((size_t)64 << 10)

struct job {
    int dir;
    struct ca_names names;
    int64_t now;
    struct ca_pair *ca, *leaf;
    bool ca_made;
};

/* --- names ---------------------------------------------------------------- */

static bool
is_dns_name(struct span name)
{
    struct span label;

    if (name.n > 253)
        return false;
    while (span_cut(&name, '.', &label)) {
        if (label.n == 0 || label.n > 63 || label.p[0] == '-')
            return false;
        for (size_t i = 0; i < label.n; i++) {
            char ch = label.p[i];

            if (!ascii_is_alpha(ch) && !ascii_is_digit(ch) && ch != '-')
                return false;
        }
    }
    return true;
}

static bool
check_names(const struct ca_names *names, struct error *e)
{
    unsigned char address[16];

    if (names->count == 0)
        return fail(e, FAIL_INVALID, "a certificate needs a name");
    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->items[i];

        if (ca_address(name, address) == 0 && !is_dns_name(span_of(name)))
            return fail(e, FAIL_INVALID, "\"%s\" is no name for a certificate",
                        name);
    }
    return true;
}

/* --- files ---------------------------------------------------------------- */

static void
wipe(struct buf *b)
{
    if (b->p != NULL)
        crypto_wipe(b->p, b->cap);
    buf_free(b);
}

typedef bool take_fn(struct ca_pair *p, struct span pem);

enum found { FOUND, FOUND_NONE, FOUND_BROKEN, FOUND_UNREADABLE };

/* *e is filled for all but FOUND. */
static enum found
find_in(int dir, const char *file, take_fn *take, struct ca_pair *p,
        struct error *e)
{
    struct buf text = { .max = PEM_MAX };
    enum found found = FOUND;

    if (!fs_read_file(dir, file, &text, e)) {
        found = e->kind == FAIL_NOT_FOUND ? FOUND_NONE : FOUND_UNREADABLE;
    } else if (!take(p, buf_span(&text))) {
        fail(e, FAIL_CORRUPT, "%s: not what its name says", file);
        found = FOUND_BROKEN;
    }
    wipe(&text);
    return found;
}

/* The server's pair is made anew where it is broken; a CA that devices trust
 * is not thrown away so lightly. */
static bool
load(struct job *j, struct error *e)
{
    enum found key = find_in(j->dir, "ca.key", ca_pair_take_key, j->ca, e);
    enum found cert;

    if (key == FOUND_BROKEN || key == FOUND_UNREADABLE)
        return false;
    cert = find_in(j->dir, "ca.pem", ca_pair_take_cert, j->ca, e);
    if (cert == FOUND_BROKEN || cert == FOUND_UNREADABLE)
        return false;
    return find_in(j->dir, "server.key", ca_pair_take_key, j->leaf, e) !=
               FOUND_UNREADABLE &&
           find_in(j->dir, "server.pem", ca_pair_take_cert, j->leaf, e) !=
               FOUND_UNREADABLE;
}

static bool
write_key(const struct job *j, const char *file, const struct ca_pair *p,
          struct error *e)
{
    struct buf text = { .max = PEM_MAX };
    bool fine = ca_pair_put_key(p, &text)
                    ? fs_replace(j->dir, file, buf_span(&text), 0600, e)
                    : fail(e, FAIL_IO, "%s: cannot be encoded", file);

    wipe(&text);
    return fine;
}

/* above: the issuer, for a chain; or NULL. */
static bool
write_cert(const struct job *j, const char *file, const struct ca_pair *p,
           const struct ca_pair *above, struct error *e)
{
    struct buf text = { .max = PEM_MAX };
    bool fine = ca_pair_put_cert(p, &text) &&
                (above == NULL || ca_pair_put_cert(above, &text));

    fine = fine ? fs_replace(j->dir, file, buf_span(&text), 0644, e)
                : fail(e, FAIL_IO, "%s: cannot be encoded", file);
    buf_free(&text);
    return fine;
}

static bool
write_all(const struct job *j, struct error *e)
{
    if (j->ca_made && (!write_key(j, "ca.key", j->ca, e) ||
                       !write_cert(j, "ca.pem", j->ca, NULL, e)))
        return false;
    return write_key(j, "server.key", j->leaf, e) &&
           write_cert(j, "server.pem", j->leaf, j->ca, e);
}

/* --- what is there, and does it do? --------------------------------------- */

static bool
leaf_will_do(const struct job *j)
{
    int64_t start;
    int64_t end;

    return ca_pair_fits(j->leaf) && ca_pair_life(j->leaf, &start, &end) &&
           j->now < start + (end - start) / 3 * 2 &&
           ca_pair_has_names(j->leaf, &j->names) &&
           ca_pair_is_trusted(j->leaf, j->ca, j->now);
}

static bool
ca_may_sign(const struct job *j)
{
    int64_t start;
    int64_t end;

    return ca_pair_fits(j->ca) && ca_pair_life(j->ca, &start, &end) &&
           j->now + CA_DAYS_MIN * DAY < end;
}

static int64_t
not_before(const struct ca_pair *p, int64_t now)
{
    int64_t start;
    int64_t end;

    if (!ca_pair_fits(p) || !ca_pair_life(p, &start, &end) ||
        now >= start + DAY)
        return now;
    return start + DAY;
}

/*
 * A clock that stands before the day we made the CA is wrong (a board without a
 * battery, before it has asked for the time): that is no reason to make
 * anything anew. One that only stands before the certificate's day may have
 * been wrong then: that certificate is of no use before its time.
 */
static int64_t
plausible_now(const struct job *j, int64_t now)
{
    int64_t later = not_before(j->ca, now);

    return later == now ? now : not_before(j->leaf, later);
}

/* Every device must be told to trust the new one. */
static bool
make_ca(struct job *j, struct error *e)
{
    if (ca_pair_has_cert(j->ca))
        log_event(LOG_WARNING, "ca-replaced",
                  log_text("name", j->names.items[0]));
    j->ca_made = true;
    return ca_pair_make_ca(j->ca, &j->names, j->now, e);
}

/* A CA whose constraints know nothing of a new name cannot vouch for it. */
static bool
renew(struct job *j, struct error *e)
{
    if (ca_pair_has_cert(j->ca) && !ca_pair_has_key(j->ca))
        return fail(e, FAIL_NOT_FOUND,
                    "ca.pem is there, but ca.key is not: cannot renew");
    if (!ca_may_sign(j) && !make_ca(j, e))
        return false;
    if (!ca_pair_make_leaf(j->leaf, j->ca, &j->names, j->now, e))
        return false;
    if (!j->ca_made && !ca_pair_is_trusted(j->leaf, j->ca, j->now) &&
        (!make_ca(j, e) ||
         !ca_pair_make_leaf(j->leaf, j->ca, &j->names, j->now, e)))
        return false;
    if (!ca_pair_is_trusted(j->leaf, j->ca, j->now))
        return fail(e, FAIL_INVALID,
                    "the new certificate would not be trusted");
    return write_all(j, e);
}

bool
ca_ensure(const char *dir, const char *const *names, size_t count, bool *made,
          struct error *e)
{
    struct job j = { .names = { names, count }, .now = clock_seconds() };
    bool fine;

    if (!check_names(&j.names, e) || !fs_mkdir_all(AT_FDCWD, dir, 0700, e) ||
        !fs_open_dir(AT_FDCWD, dir, &j.dir, e))
        return false;
    j.ca = ca_pair_new();
    j.leaf = ca_pair_new();
    fine = load(&j, e);
    if (fine) {
        bool keep;

        j.now = plausible_now(&j, j.now);
        keep = leaf_will_do(&j);
        fine = keep || renew(&j, e);
        if (fine)
            *made = !keep;
    }
    ca_pair_free(&j.ca);
    ca_pair_free(&j.leaf);
    close(j.dir);
    return fine;
}

/* --- for people ----------------------------------------------------------- */

static bool
look_at(const char *pem_file, struct ca_pair *p, struct error *e)
{
    return find_in(AT_FDCWD, pem_file, ca_pair_take_cert, p, e) == FOUND;
}

bool
ca_fingerprint(const char *pem_file, char out[96], struct error *e)
{
    struct ca_pair *p = ca_pair_new();
    unsigned char digest[SHA256_SIZE];
    bool fine = look_at(pem_file, p, e);

    if (fine && !ca_pair_digest(p, digest))
        fine = fail(e, FAIL_IO, "%s: no fingerprint", pem_file);
    for (size_t i = 0; fine && i < sizeof digest; i++)
        snprintf(out + 3 * i, 96 - 3 * i, "%02X:", digest[i]);
    ca_pair_free(&p);
    return fine;
}

bool
ca_expiry(const char *pem_file, long long *seconds, struct error *e)
{
    struct ca_pair *p = ca_pair_new();
    int64_t start;
    int64_t end;
    bool fine = look_at(pem_file, p, e);

    if (fine && !ca_pair_life(p, &start, &end))
        fine = fail(e, FAIL_CORRUPT, "%s: no validity", pem_file);
    if (fine)
        *seconds = end;
    ca_pair_free(&p);
    return fine;
}
