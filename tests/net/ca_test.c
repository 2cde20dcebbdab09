#include "tests/check.h"

#include "base/clock.h"
#include "base/fs.h"
#include "net/ca.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DAY ((int64_t)86400)

static const char *const names[] = { "mail.example.org", "example.org",
                                     "192.168.1.10",     "fd00::1",
                                     "localhost",        "203.0.113.7" };

static const char *
in(const char *dir, const char *file)
{
    static char path[8][512];
    static int at;

    at = (at + 1) % 8;
    snprintf(path[at], sizeof path[at], "%s/%s", dir, file);
    return path[at];
}

/* Runs openssl with these arguments, quietly; its exit status. */
static int
run_openssl(const char *const *arguments)
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);

        dup2(null, 1);
        dup2(null, 2);
        execvp("openssl", (char *const *)arguments);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
verify(const char *dir, const char *option, const char *name)
{
    const char *arguments[] = { "openssl",
                                "verify",
                                "-x509_strict",
                                "-CAfile",
                                in(dir, "ca.pem"),
                                "-purpose",
                                "sslserver",
                                option,
                                name,
                                in(dir, "server.pem"),
                                NULL };

    return run_openssl(arguments);
}

static void
check_mode(const char *path, mode_t mode)
{
    struct error e;
    struct stat st;

    CHECK(fs_stat(AT_FDCWD, path, &st, &e) && (st.st_mode & 0777) == mode,
          "%s has mode %o", path, (unsigned)mode);
}

static void
read_whole(const char *path, struct buf *out)
{
    struct error e;

    buf_clear(out);
    CHECK(fs_read_file(AT_FDCWD, path, out, &e), "read %s", path);
}

static bool
ensure(const char *dir, const char *const *of, size_t count, struct error *e)
{
    bool made = false;

    CHECK(ca_ensure(dir, of, count, &made, e), "ca_ensure: %s", e->text);
    return made;
}

static bool
same_file(const char *path, const struct buf *before)
{
    struct buf now = { 0 };
    bool same;

    read_whole(path, &now);
    same = span_eq(buf_span(&now), buf_span(before));
    buf_free(&now);
    return same;
}

/* --- what strict clients say ---------------------------------------------- */

static void
check_made(const char *dir)
{
    struct error e = { 0 };

    CHECK(ensure(dir, names, 6, &e), "everything is made");
    check_mode(in(dir, "ca.key"), 0600);
    check_mode(in(dir, "server.key"), 0600);
    check_mode(in(dir, "ca.pem"), 0644);
    check_mode(in(dir, "server.pem"), 0644);
    CHECK(verify(dir, "-verify_hostname", "mail.example.org") == 0,
          "the name is right, and -x509_strict has nothing to say");
    CHECK(verify(dir, "-verify_hostname", "example.org") == 0, "its parent");
    CHECK(verify(dir, "-verify_hostname", "localhost") == 0, "a bare name");
    CHECK(verify(dir, "-verify_ip", "192.168.1.10") == 0, "an IPv4 address");
    CHECK(verify(dir, "-verify_ip", "fd00::1") == 0, "an IPv6 address");
    CHECK(verify(dir, "-verify_ip", "203.0.113.7") == 0,
          "a public address that was asked for");
    CHECK(verify(dir, "-verify_hostname", "imap.example.org") != 0,
          "a name that was not asked for");
    CHECK(!ensure(dir, names, 6, &e), "the second time there is nothing to do");
}

/* A certificate for a bank, signed with the stolen ca.key. */
static void
check_constraints(const char *dir)
{
    const char *ca = in(dir, "ca.pem");
    const char *leaf = in(dir, "bank.pem");
    const char *check[] = { "openssl", "verify", "-CAfile", ca, leaf, NULL };
    const char *request[] = { "openssl",
                              "req",
                              "-x509",
                              "-subj",
                              "/CN=bank.example",
                              "-addext",
                              "subjectAltName=DNS:bank.example",
                              "-CA",
                              ca,
                              "-CAkey",
                              in(dir, "ca.key"),
                              "-newkey",
                              "ec",
                              "-pkeyopt",
                              "ec_paramgen_curve:P-256",
                              "-nodes",
                              "-keyout",
                              in(dir, "bank.key"),
                              "-out",
                              leaf,
                              NULL };

    CHECK(run_openssl(request) == 0, "the thief's certificate is made");
    CHECK(run_openssl(check) != 0, "but nobody trusts it");
    request[4] = "/CN=imap.example.org";
    request[6] = "subjectAltName=DNS:imap.example.org,IP:10.1.2.3";
    CHECK(run_openssl(request) == 0 && run_openssl(check) == 0,
          "our own domain and networks are permitted");
}

static void
check_life(const char *dir)
{
    struct error e = { 0 };
    char print[96] = "";
    long long end = 0;
    long long ca_end = 0;

    CHECK(ca_expiry(in(dir, "server.pem"), &end, &e), "expiry");
    CHECK(end > clock_seconds() + 396 * DAY &&
              end <= clock_seconds() + 397 * DAY,
          "398 days less the one before now");
    CHECK(ca_expiry(in(dir, "ca.pem"), &ca_end, &e) &&
              ca_end > clock_seconds() + 3600 * DAY,
          "ten years");
    CHECK(ca_fingerprint(in(dir, "ca.pem"), print, &e), "fingerprint");
    CHECK(strlen(print) == 95 && print[2] == ':' && print[92] == ':',
          "32 bytes in hex: %s", print);
    CHECK(!ca_fingerprint(in(dir, "ca.key"), print, &e) &&
              e.kind == FAIL_CORRUPT,
          "a key has no fingerprint");
    CHECK(!ca_expiry(in(dir, "none.pem"), &end, &e) && e.kind == FAIL_NOT_FOUND,
          "nor has what is not there");
}

/* --- renewing ------------------------------------------------------------- */

static void
check_renewal(const char *dir)
{
    int64_t now = clock_seconds();
    struct buf ca = { 0 };
    struct buf key = { 0 };
    struct buf leaf = { 0 };
    struct error e = { 0 };

    read_whole(in(dir, "ca.pem"), &ca);
    read_whole(in(dir, "server.key"), &key);
    read_whole(in(dir, "server.pem"), &leaf);
    clock_hold(now + 250 * DAY);
    CHECK(!ensure(dir, names, 6, &e), "before two thirds of its life");
    clock_hold(now - 9000 * DAY);
    CHECK(!ensure(dir, names, 6, &e),
          "a clock before it was made is no reason");
    clock_hold(now + 270 * DAY);
    CHECK(ensure(dir, names, 6, &e), "after two thirds of its life");
    CHECK(same_file(in(dir, "ca.pem"), &ca), "the CA stays");
    CHECK(same_file(in(dir, "server.key"), &key), "the key stays");
    CHECK(!same_file(in(dir, "server.pem"), &leaf), "the leaf is another");
    clock_hold(now - 9000 * DAY);
    CHECK(!ensure(dir, names, 6, &e), "nor is it now");
    clock_hold(now + 10 * DAY);
    CHECK(ensure(dir, names, 6, &e), "one made while the clock was ahead");
    CHECK(same_file(in(dir, "ca.pem"), &ca), "the CA stays then, too");
    CHECK(!ensure(dir, names, 6, &e), "once");
    clock_hold(now + 3640 * DAY);
    CHECK(ensure(dir, names, 6, &e) && !same_file(in(dir, "ca.pem"), &ca),
          "a CA that is about to end is made anew");
    clock_hold(-1);
    buf_free(&ca);
    buf_free(&key);
    buf_free(&leaf);
}

static void
check_names(void)
{
    static const char *const more[] = { "example.org", "imap.example.org" };
    static const char *const other[] = { "example.org", "example.net" };
    const char *dir = in(check_dir(), "ca/of/names");
    struct error e = { 0 };
    struct buf ca = { 0 };
    char path[256];

    snprintf(path, sizeof path, "%s", dir);
    CHECK(ensure(path, more, 1, &e), "missing directories are made");
    read_whole(in(path, "ca.pem"), &ca);
    CHECK(ensure(path, more, 2, &e), "a name more");
    CHECK(same_file(in(path, "ca.pem"), &ca), "below one that was permitted");
    CHECK(verify(path, "-verify_hostname", "imap.example.org") == 0, "is in");
    CHECK(ensure(path, other, 2, &e), "a name elsewhere");
    CHECK(!same_file(in(path, "ca.pem"), &ca),
          "needs a CA that is permitted to vouch for it");
    CHECK(verify(path, "-verify_hostname", "example.net") == 0, "is in");
    buf_free(&ca);
}

/* --- broken files --------------------------------------------------------- */

static void
overwrite(const char *path, const char *text)
{
    struct error e;

    CHECK(fs_replace(AT_FDCWD, path, span_of(text), 0600, &e), "write %s",
          path);
}

static void
check_broken(void)
{
    char dir[256];
    struct error e = { 0 };
    struct buf ca = { 0 };
    bool made = false;

    snprintf(dir, sizeof dir, "%s", check_dir());
    CHECK(ensure(dir, names, 1, &e), "made");
    read_whole(in(dir, "ca.pem"), &ca);
    overwrite(in(dir, "server.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n");
    CHECK(ensure(dir, names, 1, &e), "a broken leaf is made anew");
    overwrite(in(dir, "server.key"), "");
    CHECK(ensure(dir, names, 1, &e), "an empty key is made anew");
    CHECK(unlink(in(dir, "server.pem")) == 0 && ensure(dir, names, 1, &e),
          "so is what is missing");
    CHECK(verify(dir, "-verify_hostname", names[0]) == 0, "and right");
    CHECK(same_file(in(dir, "ca.pem"), &ca), "all with the same CA");
    CHECK(unlink(in(dir, "ca.key")) == 0 && !ensure(dir, names, 1, &e),
          "who keeps ca.key elsewhere is not disturbed");
    CHECK(!ca_ensure(dir, names, 2, &made, &e) && e.kind == FAIL_NOT_FOUND,
          "until it is needed");
    overwrite(in(dir, "ca.pem"), "not a certificate");
    CHECK(!ca_ensure(dir, names, 1, &made, &e) && e.kind == FAIL_CORRUPT,
          "a broken CA is for people to look at");
    buf_free(&ca);
}

/* clang-format off */
static const char *const bad_names[] = {
    "", "a b", "-a", "a..b", "a.", ".a", "a,DNS:bank.example", "*.example.org",
    "a\nb", "1.2.3.4/8", "exa_mple.org",
};
/* clang-format on */

static void
check_bad_names(void)
{
    const char *dir = check_dir();
    struct error e = { 0 };
    bool made = false;

    for (size_t i = 0; i < sizeof bad_names / sizeof *bad_names; i++)
        CHECK(!ca_ensure(dir, &bad_names[i], 1, &made, &e) &&
                  e.kind == FAIL_INVALID,
              "\"%s\" is no name", bad_names[i]);
    CHECK(!ca_ensure(dir, bad_names, 0, &made, &e) && e.kind == FAIL_INVALID,
          "no names at all");
    CHECK(access(in(dir, "ca.pem"), F_OK) != 0, "nothing was made");
}

/* A write that fails at any point leaves something that can be mended. */
static int
fail_at(const char *call, uint64_t number, void *arg)
{
    const uint64_t *at = arg;

    (void)call;
    return number == *at ? 5 : 0;
}

static void
check_faults(void)
{
    struct error e = { 0 };
    uint64_t at = 1;
    bool done = false;

    for (; !done && at < 200; at++) {
        char dir[256];
        bool made = false;

        snprintf(dir, sizeof dir, "%s/%d", check_dir(), (int)at);
        fs_fault(fail_at, &at);
        done = ca_ensure(dir, names, 1, &made, &e);
        fs_fault(NULL, NULL);
        CHECK(ca_ensure(dir, names, 1, &made, &e), "mended after call %d: %s",
              (int)at, e.text);
        CHECK(verify(dir, "-verify_hostname", names[0]) == 0,
              "and trusted after call %d", (int)at);
    }
    CHECK(done && at > 10, "every writing call failed once");
}

int
main(void)
{
    char dir[256];

    snprintf(dir, sizeof dir, "%s", check_dir());
    check_made(dir);
    check_constraints(dir);
    check_life(dir);
    check_renewal(dir);
    check_names();
    check_broken();
    check_bad_names();
    check_faults();
    return check_report();
}
