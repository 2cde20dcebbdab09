/*
 * pillarbox deliver USER < MESSAGE: what an MDA is to a mail system that runs
 * beside us, or to a script. Line ends become CR LF; a Return-Path that is
 * missing is not invented.
 */
#include "pillarbox/command.h"

#include "base/clock.h"
#include "base/fs.h"
#include "mail/date.h"
#include "mail/path.h"
#include "mail/summary.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define CHUNK        ((size_t)64 << 10)
#define TARGETS_MAX  100
#define ADDRESS_ROOM 512

struct delivering {
    struct cli_wait wait;
    struct store_recipient to[TARGETS_MAX];
    struct buf names; /* what `to` points into */
    size_t count;
    enum auth_address found;
    int fd;
    uint64_t size;
    struct summary_maker *summary;
    char last; /* byte before the next one: for CR LF */
    uint32_t uid;
};

static struct span
keep(struct delivering *d, struct span s)
{
    struct span copy;

    buf_put(&d->names, s);
    copy = span_from(d->names.p + d->names.n - s.n, s.n);
    return copy;
}

static void
on_resolved(void *arg, const struct auth_resolved *r)
{
    struct delivering *d = arg;

    d->found = r->what;
    for (size_t i = 0; i < r->count && d->count < TARGETS_MAX; i++)
        d->to[d->count++] =
            (struct store_recipient){ keep(d, r->targets[i].user),
                                      keep(d, r->targets[i].detail) };
    cli_done(&d->wait, NULL);
}

static void
on_begun(void *arg, int fd, const struct error *e)
{
    struct delivering *d = arg;

    d->fd = fd;
    cli_done(&d->wait, e);
}

static void
on_committed(void *arg, uint32_t uid_validity, uint32_t uid,
             const struct error *e)
{
    struct delivering *d = arg;

    (void)uid_validity;
    d->uid = uid;
    cli_done(&d->wait, e);
}

static bool
wait_again(struct delivering *d)
{
    bool done = cli_wait(&d->wait);

    d->wait.over = false;
    return done;
}

static bool
resolve(struct cli *c, struct delivering *d, const char *typed)
{
    struct cursor at = cursor_on(span_of(typed));
    struct mail_path path;
    struct buf address = { .max = ADDRESS_ROOM };

    if (!take_mailbox_address(&at, false, &path) || !take_end(&at) ||
        !mail_path_canonical(&path, &address))
        return fail(&d->wait.e, FAIL_INVALID, "not an address");
    auth_resolve(cli_auth(c), buf_span(&address), on_resolved, d);
    wait_again(d);
    buf_free(&address);
    if (d->found == AUTH_UNDECIDED)
        return fail(&d->wait.e, FAIL_UNAVAILABLE, "authd does not answer");
    if (d->found != AUTH_LOCAL || d->count == 0)
        return fail(&d->wait.e, FAIL_NOT_FOUND, "no such user here");
    return true;
}

static bool
put(struct delivering *d, struct span s, struct error *e)
{
    if (s.n == 0)
        return true;
    d->size += s.n;
    summary_feed(d->summary, s);
    return fs_write(d->fd, s, e);
}

/* A LF without a CR before it gets one. */
static void
with_crlf(struct delivering *d, struct span in, struct buf *out)
{
    for (size_t i = 0; i < in.n; i++) {
        if (in.p[i] == '\n' && d->last != '\r')
            buf_put_ch(out, '\r');
        buf_put_ch(out, in.p[i]);
        d->last = in.p[i];
    }
}

static bool
put_trace(struct cli *c, struct delivering *d, struct error *e)
{
    struct buf b = { .max = 4096 };
    bool done;

    buf_printf(&b, "Received: by %s with local (pillarbox);\r\n\t",
               c->settings->hostname);
    date_print_822(clock_seconds(), &b);
    buf_put_text(&b, "\r\n");
    done = put(d, buf_span(&b), e);
    buf_free(&b);
    return done;
}

static bool
copy_input(struct cli *c, struct delivering *d, struct error *e)
{
    char in[16384];
    struct buf out = { .max = 2 * CHUNK };
    ssize_t n;

    while ((n = read(STDIN_FILENO, in, sizeof in)) != 0) {
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1) {
            buf_free(&out);
            return fail_sys(e, "standard input");
        }
        buf_clear(&out);
        with_crlf(d, span_from(in, (size_t)n), &out);
        if (!put(d, buf_span(&out), e))
            break;
        if (d->size > c->settings->limits.message_size) {
            buf_free(&out);
            return fail(e, FAIL_LIMIT, "larger than limits.message_size");
        }
    }
    buf_free(&out);
    return n == 0;
}

static bool
deliver(struct cli *c, struct delivering *d)
{
    struct store_delivery *delivery =
        store_delivery_begin(cli_store(c), 0, on_begun, d);
    struct buf blob = { .max = 0 };
    bool done = wait_again(d);

    if (done) {
        d->summary = summary_begin();
        done = put_trace(c, d, &d->wait.e) && copy_input(c, d, &d->wait.e);
        summary_finish(&d->summary, &blob);
    }
    if (done) {
        const struct store_new message = { .size = d->size,
                                           .date = clock_seconds(),
                                           .summary = buf_span(&blob),
                                           .session = "deliver",
                                           .peer = "local" };

        store_delivery_commit(delivery, &message, d->to, d->count, on_committed,
                              d);
        done = wait_again(d);
    }
    store_delivery_abort(&delivery);
    buf_free(&blob);
    return done;
}

int
command_deliver(struct cli *c)
{
    struct delivering d = { .wait = { .cli = c }, .names = { .max = 65536 } };
    const char *user = cli_user(c, c->args[0]);
    int code = CLI_DONE;

    /* `to` points into names: its memory may not move. */
    buf_room(&d.names, d.names.max);
    if (!resolve(c, &d, user) || !deliver(c, &d))
        code = cli_fail(c, user, &d.wait.e);
    else
        printf("%s: delivered\n", user);
    buf_free(&d.names);
    return code;
}
