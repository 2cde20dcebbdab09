/* pillarbox status: one screen, a sentence with a remedy where something is
 * wrong. */
#include "base/clock.h"
#include "net/ca.h"
#include "pillarbox/backup_stamp.h"
#include "pillarbox/bind.h"
#include "pillarbox/command.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DAY_SECONDS       86400
#define CERT_WARNING_DAYS 14

struct asking {
    struct cli_wait wait;
    struct store_stats stats;
};

struct status {
    struct cli *cli;
    struct cli_table table;
    unsigned problems;
};

static const char *const status_columns[] = { "part", "state", "detail", NULL };

static void
say(struct status *s, const char *part, bool good, const char *detail)
{
    cli_table_add(&s->table, span_of(part));
    cli_table_add(&s->table, span_of(good ? "ok" : "problem"));
    cli_table_add(&s->table, span_of(detail));
    s->problems += !good;
}

static void
on_stats(void *arg, const struct store_stats *st, const struct error *e)
{
    struct asking *a = arg;

    if (st != NULL)
        a->stats = *st;
    cli_done(&a->wait, e);
}

static void
put_bytes(uint64_t n, char *out, size_t size)
{
    static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
    double value = (double)n;
    size_t unit = 0;

    while (value >= 1024 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1024;
        unit++;
    }
    snprintf(out, size, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

static void
look_at_store(struct status *s)
{
    struct asking a = { .wait = { .cli = s->cli } };
    char bytes[32];
    char disk[32];
    char line[200];
    bool room;

    store_get_stats(cli_store(s->cli), on_stats, &a);
    if (!cli_wait(&a.wait)) {
        say(s, "mailstored", false, a.wait.e.text);
        return;
    }
    put_bytes(a.stats.bytes, bytes, sizeof bytes);
    put_bytes(a.stats.disk_free, disk, sizeof disk);
    snprintf(line, sizeof line,
             "%llu accounts, %llu mailboxes, %llu messages, %s; %llu sessions",
             (unsigned long long)a.stats.accounts,
             (unsigned long long)a.stats.mailboxes,
             (unsigned long long)a.stats.messages, bytes,
             (unsigned long long)a.stats.sessions);
    say(s, "mailstored", true, line);
    room = a.stats.disk_free > s->cli->settings->limits.min_free_disk;
    snprintf(line, sizeof line, "%s free in %s%s", disk,
             s->cli->settings->mail.dir,
             room ? "" : "; below limits.min_free_disk: new mail is put off");
    say(s, "disk", room, line);
}

static void
count_user(void *arg, const struct auth_row *row)
{
    struct cli_list *x = arg;

    (void)row;
    x->table.rows++;
}

static void
look_at_accounts(struct status *s)
{
    struct cli_list x = { { .cli = s->cli }, { .rows = 0 } };
    char line[100];

    auth_user_list(cli_auth(s->cli), count_user, cli_done, &x);
    if (!cli_wait(&x.wait)) {
        say(s, "authd", false, x.wait.e.text);
        return;
    }
    snprintf(line, sizeof line, "%zu users%s", x.table.rows,
             x.table.rows == 0 ? "; add one: pillarbox user add NAME" : "");
    say(s, "authd", x.table.rows > 0, line);
}

static bool
is_answering(const char *address)
{
    char host[128];
    const char *colon = strrchr(address, ':');
    const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                                    .ai_socktype = SOCK_STREAM };
    struct addrinfo *found;
    bool answers = false;
    int fd;

    snprintf(host, sizeof host, "%.*s", (int)(colon - address), address);
    if (strcmp(host, "*") == 0 || strcmp(host, "0.0.0.0") == 0)
        snprintf(host, sizeof host, "127.0.0.1");
    if (host[0] == '[') {
        memmove(host, host + 1, strlen(host));
        host[strlen(host) - 1] = '\0';
    }
    if (getaddrinfo(host, colon + 1, &hints, &found) != 0)
        return false;
    fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd != -1) {
        answers = connect(fd, found->ai_addr, found->ai_addrlen) == 0;
        close(fd);
    }
    freeaddrinfo(found);
    return answers;
}

static void
look_at_ports(struct status *s, const char *name, const struct text_list *list)
{
    char part[64];

    for (size_t i = 0; i < list->count; i++) {
        bool answers = is_answering(list->items[i]);

        snprintf(part, sizeof part, "listen.%s", name);
        say(s, part, answers,
            answers ? list->items[i] : "nobody answers there");
    }
}

static void
look_at_certificate(struct status *s)
{
    const char *file = s->cli->settings->tls.cert;
    struct error e;
    long long ends;
    long long days;
    char line[400];

    if (!ca_expiry(file, &ends, &e)) {
        say(s, "certificate", false, e.text);
        return;
    }
    days = (ends - clock_seconds()) / DAY_SECONDS;
    snprintf(line, sizeof line, "%s, %lld days left", file, days);
    say(s, "certificate", days > CERT_WARNING_DAYS, line);
}

/* When to make one is the administrator's business: no age is a problem. */
static void
look_at_backup(struct status *s)
{
    struct buf dir = { .max = 4096 };
    struct error e;
    char line[400];
    int64_t date;

    if (backup_stamp_read(s->cli->settings, &date, &dir, &e))
        snprintf(line, sizeof line, "made %lld days ago in %.300s",
                 (long long)(clock_seconds() - date) / DAY_SECONDS,
                 buf_text(&dir));
    else if (e.kind == FAIL_NOT_FOUND)
        snprintf(line, sizeof line,
                 "none was made yet: pillarbox backup create DIR");
    else
        snprintf(line, sizeof line, "%s", e.text);
    say(s, "backup", true, line);
    buf_free(&dir);
}

int
command_status(struct cli *c)
{
    struct status s = {
        .cli = c, .table = { .columns = status_columns, .json = c->json }
    };
    const struct settings *set = c->settings;
    bool running = cli_is_running(c);

    say(&s, "pillarbox", running,
        running ? PILLARBOX_VERSION " is running"
                : PILLARBOX_VERSION " is not running: pillarbox run");
    if (running) {
        look_at_accounts(&s);
        look_at_store(&s);
        look_at_ports(&s, "smtp", &set->listen.smtp);
        look_at_ports(&s, "submission", &set->listen.submission);
        look_at_ports(&s, "submissions", &set->listen.submissions);
        look_at_ports(&s, "imap", &set->listen.imap);
        look_at_ports(&s, "imaps", &set->listen.imaps);
        look_at_ports(&s, "pop3", &set->listen.pop3);
        look_at_ports(&s, "pop3s", &set->listen.pop3s);
    }
    look_at_certificate(&s);
    look_at_backup(&s);
    cli_table_print(&s.table);
    if (!running)
        return CLI_UNREACHABLE;
    return s.problems == 0 ? CLI_DONE : CLI_PROBLEM;
}
