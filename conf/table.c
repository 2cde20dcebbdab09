#include "conf/table.h"

#include <stddef.h>

#define AT(field) offsetof(struct settings, field)

static const char *const sync_words[] = { "always", "batch", "never", NULL };
static const char *const remove_words[] = { "as_client", "keep", NULL };
static const char *const level_words[] = { "debug", "info", "warning", "error",
                                           NULL };
static const char *const format_words[] = { "text", "json", NULL };

#define STATE "/var/lib/pillarbox/"

/* clang-format off */
const struct setting setting_table[] = {
    /* section   name             type               field                    initial                  least, most, words    help */
    { "",        "domain",        SETTING_DOMAINS,   AT(domains),             "",                      0, 0, NULL,           "mail for these domains is accepted; comma list, the first is the default" },
    { "",        "hostname",      SETTING_TEXT,      AT(hostname),            "auto",                  0, 0, NULL,           "name in greetings and certificate; auto: the system's, else the first domain" },

    { "listen",  "smtp",          SETTING_ADDRESSES, AT(listen.smtp),         "*:25",                  0, 0, NULL,           "mail from other servers; \"\" switches a port off" },
    { "listen",  "submission",    SETTING_ADDRESSES, AT(listen.submission),   "*:587",                 0, 0, NULL,           "mail from our users, STARTTLS" },
    { "listen",  "submissions",   SETTING_ADDRESSES, AT(listen.submissions),  "*:465",                 0, 0, NULL,           "mail from our users, TLS at once" },
    { "listen",  "imap",          SETTING_ADDRESSES, AT(listen.imap),         "*:143",                 0, 0, NULL,           "login only after STARTTLS" },
    { "listen",  "imaps",         SETTING_ADDRESSES, AT(listen.imaps),        "*:993",                 0, 0, NULL,           "IMAP, TLS at once" },
    { "listen",  "pop3",          SETTING_ADDRESSES, AT(listen.pop3),         "*:110",                 0, 0, NULL,           "login only after STLS" },
    { "listen",  "pop3s",         SETTING_ADDRESSES, AT(listen.pop3s),        "*:995",                 0, 0, NULL,           "POP3, TLS at once" },
    { "listen",  "sockets",       SETTING_PATH,      AT(listen.sockets),      "/run/pillarbox",        0, 0, NULL,           "directory of our own Unix sockets" },

    { "tls",     "cert",          SETTING_PATH,      AT(tls.cert),            "auto",                  0, 0, NULL,           "PEM chain file; auto: from our own CA" },
    { "tls",     "key",           SETTING_PATH,      AT(tls.key),             "auto",                  0, 0, NULL,           "PEM key file" },
    { "tls",     "dir",           SETTING_PATH,      AT(tls.dir),             "/etc/pillarbox/tls",    0, 0, NULL,           "where our own CA and its certificate are kept" },
    { "tls",     "names",         SETTING_LIST,      AT(tls.names),           "",                      0, 0, NULL,           "more names and addresses in our own certificate" },

    { "auth",    "dir",           SETTING_PATH,      AT(auth.dir),            STATE "accounts",        0, 0, NULL,           "accounts, aliases and credentials" },
    { "auth",    "require_tls",   SETTING_YES_NO,    AT(auth.require_tls),    "yes",                   0, 0, NULL,           "no: passwords also without TLS (tests on loopback only)" },
    { "auth",    "failure_delay", SETTING_SECONDS,   AT(auth.failure_delay),  "1s",                    0, 15, NULL,          "after a wrong password; doubles up to 15 s; 0: none" },
    { "auth",    "iterations",    SETTING_COUNT,     AT(auth.iterations),     "32768",                 4096, 65536, NULL,    "PBKDF2 rounds of new passwords" },

    { "mail",    "dir",           SETTING_PATH,      AT(mail.dir),            STATE "mail",            0, 0, NULL,           "Maildir: the truth" },
    { "mail",    "index_dir",     SETTING_PATH,      AT(mail.index_dir),      STATE "index",           0, 0, NULL,           "Berkeley DB index; local disk; can be made anew from the Maildir" },
    { "mail",    "folders",       SETTING_LIST,      AT(mail.folders),        "Drafts, Sent, Junk, Trash, Archive", 0, 0, NULL, "made for new users" },
    { "mail",    "sync",          SETTING_WORD,      AT(mail.sync),           "always",                0, 0, sync_words,     "always; batch: gather up to 5 ms; never: tests only" },
    { "mail",    "keep_deleted",  SETTING_SECONDS,   AT(mail.keep_deleted),   "14d",                   0, 31536000, NULL,    "expunged mail and deleted mailboxes can be brought back so long; 0: never" },
    { "mail",    "trash_keep",    SETTING_SECONDS,   AT(mail.trash_keep),     "30d",                   0, 315360000, NULL,   "what has been in Trash so long is expunged; 0: never" },
    { "mail",    "junk_keep",     SETTING_SECONDS,   AT(mail.junk_keep),      "30d",                   0, 315360000, NULL,   "likewise in Junk" },
    { "mail",    "subaddress",    SETTING_TEXT,      AT(mail.subaddress),     "+",                     0, 0, NULL,           "anna+shop@ is anna@; \"\" switches it off" },
    { "mail",    "quota",         SETTING_SIZE,      AT(mail.quota),          "0",                     0, 0, NULL,           "of an account, unless \"quota set\" says otherwise; 0: none" },
    { "mail",    "quota_messages", SETTING_COUNT,    AT(mail.quota_messages), "0",                     0, 0, NULL,           "messages of an account, likewise; 0: any number" },
    { "mail",    "quota_warning", SETTING_COUNT,     AT(mail.quota_warning),  "90",                    0, 100, NULL,         "percent of its quota at which an account gets a message; 0: never" },

    { "limits",  "message_size",  SETTING_SIZE,      AT(limits.message_size), "50M",                   65536, INT64_MAX, NULL, "largest message taken (RFC 1870)" },
    { "limits",  "recipients",    SETTING_COUNT,     AT(limits.recipients),   "100",                   100, 10000, NULL,    "of one message (RFC 5321 section 4.5.3.1.8)" },
    { "limits",  "connections",   SETTING_COUNT,     AT(limits.connections),  "1000",                  1, 100000, NULL,     "to one of our daemons at a time" },
    { "limits",  "per_address",   SETTING_COUNT,     AT(limits.per_address),  "50",                    1, 100000, NULL,     "connections from one address to one daemon" },
    { "limits",  "idle_timeout",  SETTING_SECONDS,   AT(limits.idle_timeout), "30m",                   1800, 604800, NULL,  "IMAP, once logged in (RFC 3501 section 5.4)" },
    { "limits",  "login_timeout", SETTING_SECONDS,   AT(limits.login_timeout), "60s",                  1, 3600, NULL,       "IMAP and POP3 until login" },
    { "limits",  "smtp_timeout",  SETTING_SECONDS,   AT(limits.smtp_timeout), "5m",                    1, 3600, NULL,       "silence before 421 (RFC 5321 section 4.5.3.2.7)" },
    { "limits",  "pop3_timeout",  SETTING_SECONDS,   AT(limits.pop3_timeout), "10m",                   600, 86400, NULL,    "silence before the end (RFC 1939 section 3)" },
    { "limits",  "min_free_disk", SETTING_SIZE,      AT(limits.min_free_disk), "200M",                 0, 0, NULL,           "below it new mail is put off, reading goes on" },

    { "pop3",    "delete",        SETTING_WORD,      AT(pop3.remove),         "as_client",             0, 0, remove_words,   "keep: DELE only sets \\Deleted, nothing is lost" },

    { "log",     "level",         SETTING_WORD,      AT(log.level),           "info",                  0, 0, level_words,    "debug, info, warning, error" },
    { "log",     "format",        SETTING_WORD,      AT(log.format),          "text",                  0, 0, format_words,   "text: key=value; json" },
};
/* clang-format on */

const size_t setting_count = sizeof setting_table / sizeof *setting_table;

const struct setting *
setting_find(struct span section, struct span name)
{
    for (size_t i = 0; i < setting_count; i++) {
        const struct setting *row = &setting_table[i];

        if (span_is(section, row->section) && span_is(name, row->name))
            return row;
    }
    return NULL;
}

void
setting_put_key(const struct setting *row, struct buf *out)
{
    if (row->section[0] != '\0')
        buf_printf(out, "%s.", row->section);
    buf_put_text(out, row->name);
}
