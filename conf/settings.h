/*
 * All settings of an instance, const after start. conf/settings.c holds the
 * table: one row a key (name, type, field, default as text, help). The file's
 * syntax, and what each key means: docs/man/pillarbox.conf.5.
 *
 * Paths in the file are relative to the directory of the file. Owned by the
 * struct; settings_free() gives all back.
 */
#ifndef CONF_SETTINGS_H
#define CONF_SETTINGS_H

#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"

#include <stdint.h>

struct text_list {
    const char *const *items;
    size_t count;
};

enum sync_mode { SYNC_ALWAYS, SYNC_BATCH, SYNC_NEVER };
enum pop3_delete { POP3_DELETE_AS_CLIENT, POP3_DELETE_KEEP };

struct settings {
    const char *file; /* the configuration file, absolute */

    struct text_list domains; /* "domain": first one is the default */
    const char *hostname;     /* "auto" resolved: the system's name */

    struct {
        /* "address:port, address:port"; "" is off. "*:25" is every address,
         * IPv6 and IPv4; "[::1]:25". */
        struct text_list smtp, submission, submissions;
        struct text_list imap, imaps, pop3, pop3s;
        const char *sockets; /* directory of our Unix sockets */
    } listen;

    struct {
        const char *cert, *key; /* files; "auto" resolved to dir/server.pem */
        bool automatic;         /* cert = auto: our own CA makes it         */
        const char *dir;        /* of the private CA                        */
        struct text_list names; /* more names and addresses for it          */
    } tls;

    struct {
        const char *dir;        /* Berkeley DB of accounts */
        bool require_tls;       /* no: AUTH also in clear (loopback tests) */
        unsigned failure_delay; /* seconds, doubles up to 15 */
        unsigned iterations;    /* PBKDF2 of new passwords, 4096..65536 */
    } auth;

    struct {
        const char *dir, *index_dir;
        struct text_list folders; /* made for new users */
        enum sync_mode sync;
        unsigned keep_deleted;          /* seconds */
        unsigned trash_keep, junk_keep; /* seconds; 0: for ever */
        const char *subaddress;         /* "+"; "" is off */
        uint64_t quota;          /* bytes of an account, 0: none; the default */
        unsigned quota_messages; /* likewise */
        unsigned quota_warning;  /* percent; 0: none */
    } mail;

    struct {
        uint64_t message_size;
        unsigned recipients;
        unsigned connections, per_address;
        unsigned idle_timeout, login_timeout, smtp_timeout, pop3_timeout;
        uint64_t min_free_disk;
    } limits;

    struct {
        enum pop3_delete remove; /* key pop3.delete */
    } pop3;

    struct {
        enum log_level level;
        enum log_format format;
    } log;
};

/*
 * Read the file and what it includes, then the environment
 * (PILLARBOX_LIMITS__MESSAGE_SIZE=50M), then overrides ("limits.message_size
 * =50M", from -o). All errors are found, not only the first: each is added to
 * *report as "file:line:col: what - did you mean ...?" with the line and a
 * caret below; the count is returned in *errors. False when there is any.
 */
bool settings_load(struct settings **s, const char *file,
                   const char *const *overrides, size_t override_count,
                   struct buf *report, unsigned *errors);
void settings_free(struct settings **s);

/* The instance's usual start of every program: -c FILE and -o KEY=VALUE are
 * taken out of argv (PILLARBOX_CONF and /etc/pillarbox/pillarbox.conf are the
 * defaults), the settings loaded, the log opened. Prints the report and exits
 * with 78 when the file is wrong. */
struct settings *settings_from_arguments(int *argc, char **argv,
                                         const char *process);

enum settings_show { SETTINGS_ALL, SETTINGS_CHANGED };

/* "key = value   # origin" lines, in the table's order. */
void settings_print(const struct settings *s, enum settings_show which,
                    struct buf *out);

/* Walk over what -o has set, as "key=value" added to *out: *at starts at 0;
 * false at the end. For handing it on to another program. */
bool settings_next_override(const struct settings *s, size_t *at,
                            struct buf *out);

/* The annotated sample: every key commented out with its default and help,
 * below a first line `domain = ...`. */
void settings_print_sample(struct buf *out);

#endif
