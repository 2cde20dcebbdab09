/*
 * One IMAP session: bytes in, bytes out, requests to authd and mailstored. It
 * holds no socket; net/protocol.h is the seam.
 *
 *              LOGIN, AUTHENTICATE        SELECT, EXAMINE
 *     FRESH ----------------------> LOGGED -------------> SELECTED
 *       |                             ^   CLOSE, UNSELECT,    |
 *       | STARTTLS: FRESH again       |   a failing SELECT    |
 *       |                             +-----------------------+
 *       +--------- LOGOUT, BYE: the connection is closing ----+
 *
 * RFC 3501 section 3. Only imap_enter() changes the state.
 */
#ifndef IMAPD_LITE_SESSION_H
#define IMAPD_LITE_SESSION_H

#include "auth/client.h"
#include "base/arena.h"
#include "conf/settings.h"
#include "imapd-lite/input.h"
#include "imapd-lite/view.h"
#include "mailstore/client.h"
#include "net/conn.h"
#include "net/protocol.h"

/* One bit each, so that a command can say in which states it is legal. */
enum imap_state {
    IMAP_FRESH = 1,   /* not authenticated               */
    IMAP_LOGGED = 2,  /* authenticated                   */
    IMAP_SELECTED = 4 /* authenticated, a mailbox is open */
};

/* What all sessions of the process share: conf of front_listen(). */
struct imap_shared {
    const struct settings *settings;
    struct auth *auth;
    struct store *store;
    bool has_tls; /* STARTTLS can be offered */
};

struct imap;
struct imap_row;

/* How a handler's work ended. session.c, and nothing else, writes the tagged
 * line (command.h says how it is worded). */
enum run {
    RUN_OK,  /* tag OK                                                    */
    RUN_NO,  /* tag NO [code from e->kind]                                */
    RUN_BAD, /* tag BAD expected c->want                                  */
    RUN_MORE /* not finished: imap_wait() said what for                   */
};

typedef enum run imap_resume_fn(struct imap *s, struct error *e);

enum imap_wait {
    IMAP_FOR_ANSWER, /* of the store or authd: imap_answered() ends it    */
    IMAP_FOR_DRAIN,  /* output is above CONN_OUTPUT_HIGH                  */
    IMAP_FOR_INPUT   /* more bytes of the client, in s->in                */
};

/* The command that is being run. Cleared when it has ended. */
struct imap_running {
    struct arena arena; /* all that lives as long as the command          */
    const struct imap_row *row;
    struct span tag;  /* into input.text                                */
    bool uid;         /* it had the prefix UID                          */
    const char *want; /* for BAD                                        */

    imap_resume_fn *resume; /* NULL: no command is running                */
    enum imap_wait wait;
    bool answered; /* the awaited answer has come...                 */
    bool failed;   /* ...and it was an error, which is in `error`    */
    struct error error;

    const char *code; /* response code without brackets, "" for none;
                         NULL: the usual one                              */
    const char *text; /* replaces the usual text of the tagged line       */
    const char *bye;  /* say this BYE behind the tagged line              */
    bool reporting;   /* the handler is done; what is pending is written  */
    enum run outcome; /* of the handler, meanwhile                        */
    enum next then;   /* NEXT_INPUT, or what follows the tagged line      */
    size_t seen;      /* unread input when last asked for more            */
    void *own;        /* the handler's, mostly from `arena`               */
    void (*end)(void *own);      /* imap_at_end()                             */
    struct imap_owned_set *sets; /* of imap_new_set()                     */
};

struct imap {
    struct conn *conn;
    const struct imap_shared *shared;
    enum imap_state state;
    bool greeted;
    bool closing;           /* BYE was said                              */
    int64_t login_deadline; /* clock_monotonic_ms                        */
    unsigned bad_logins, bad_commands;

    struct span *in;         /* unread input, during run()                */
    struct imap_input input; /* collects a command                        */
    struct imap_running run;
    struct buf out; /* scratch for one piece of output           */

    struct auth_exchange *exchange;  /* during AUTHENTICATE, LOGIN         */
    struct store_session *store;     /* once LOGGED                        */
    struct store_delivery *delivery; /* during APPEND                      */
    char *user;                      /* account name, for the log          */

    struct imap_view *view; /* while SELECTED                              */
    char *mailbox;          /* its name                                    */
    bool mailbox_gone;      /* deleted or renamed away under us            */
    bool idling;            /* news are written as they come               */
};

/* The table for front_listen(). */
const struct protocol *imap_protocol(void);

/* The only way to another state. Leaving SELECTED closes the view. */
void imap_enter(struct imap *s, enum imap_state state);

/* "* BYE [code] text"; the session ends after it. code may be NULL. */
void imap_bye(struct imap *s, const char *code, const char *text);

/* Give back all that the command had; ready for the next one. */
void imap_end_command(struct imap *s);

/* Write s->out, and clear it. */
void imap_flush(struct imap *s);

/* Output has piled up: stop and imap_wait(s, IMAP_FOR_DRAIN, ...). */
bool imap_is_full(const struct imap *s);

#endif
