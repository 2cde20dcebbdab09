#include "mailstore/server.h"

#include "base/mem.h"
#include "mailstore/events.h"
#include "mailstore/session.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_REQUESTS_MAX 20000

struct server {
    struct core *core;
    const unsigned char *key;
    struct ipc_server *ipc;
};

#define USERS (SERVER_POP3 | SERVER_IMAP | SERVER_ADMIN)
#define POSTS (SERVER_SMTP | SERVER_ADMIN)
#define ALL   (SERVER_SMTP | SERVER_POP3 | SERVER_IMAP | SERVER_ADMIN)

/* clang-format off */
static const struct request_row {
    uint16_t op;
    unsigned services; /* that may ask it */
    request_fn *run;
    bool rows; /* of the open mailbox: waits while they are made anew */
} requests[] = {
    { WIRE_LOGIN,          USERS,        request_login          },
    { WIRE_LOGOUT,         USERS,        request_logout         },
    { WIRE_LIST,           USERS,        request_list           },
    { WIRE_STATUS,         USERS,        request_status         },
    { WIRE_CREATE,         USERS,        request_create         },
    { WIRE_DELETE,         USERS,        request_delete         },
    { WIRE_RENAME,         USERS,        request_rename         },
    { WIRE_SUBSCRIBE,      USERS,        request_subscribe      },
    { WIRE_OPEN,           USERS,        request_open           },
    { WIRE_CLOSE,          USERS,        request_close          },
    { WIRE_SUMMARIES,      USERS,        request_summaries, true },
    { WIRE_PUT_SUMMARIES,  USERS,        request_put_summaries, true },
    { WIRE_MESSAGE,        USERS,        request_message, true },
    { WIRE_MESSAGES,       USERS,        request_messages, true },
    { WIRE_SET_FLAGS,      USERS,        request_set_flags, true },
    { WIRE_EXPUNGE,        USERS,        request_expunge, true },
    { WIRE_COPY,           USERS,        request_copy, true },
    { WIRE_DELIVERY_BEGIN, POSTS,        request_delivery_begin },
    { WIRE_APPEND_BEGIN,   USERS,        request_append_begin   },
    { WIRE_COMMIT,         ALL,          request_commit         },
    { WIRE_ABORT,          ALL,          request_abort          },
    { WIRE_INDEX_CHECK,    SERVER_ADMIN, request_index_check    },
    { WIRE_INDEX_REBUILD,  SERVER_ADMIN, request_index_rebuild  },
    { WIRE_STATS,          SERVER_ADMIN, request_stats          },
    { WIRE_QUOTA,          USERS,        request_quota          },
    { WIRE_QUOTA_CHECK,    POSTS,        request_quota_check    },
    { WIRE_QUOTA_LIST,     SERVER_ADMIN, request_quota_list     },
    { WIRE_QUOTA_SET,      SERVER_ADMIN, request_quota_set      },
    { WIRE_QUOTA_RECOUNT,  SERVER_ADMIN, request_quota_recount  },
    { WIRE_LOGIN_AS,       SERVER_ADMIN, request_login_as       },
    { WIRE_IMPORT_BEGIN,   SERVER_ADMIN, request_import_begin   },
    { WIRE_IMPORT_COMMIT,  SERVER_ADMIN, request_import_commit  },
    { WIRE_IMPORT_END,     SERVER_ADMIN, request_import_end     },
    { WIRE_PUT_UIDLS,      SERVER_ADMIN, request_put_uidls      },
    { WIRE_KEPT_LIST,      SERVER_ADMIN, request_kept_list      },
    { WIRE_UNDELETE,       SERVER_ADMIN, request_undelete       },
    { WIRE_HISTORY,        SERVER_ADMIN, request_history        },
    { WIRE_UIDLS,          USERS,        request_uidls          },
};

static const struct service_row {
    const char *socket, *name;
    enum server_service service;
} services[] = {
    { "store-smtp",  "smtp",  SERVER_SMTP  },
    { "store-pop3",  "pop3",  SERVER_POP3  },
    { "store-imap",  "imap",  SERVER_IMAP  },
    { "store-admin", "admin", SERVER_ADMIN },
};
/* clang-format on */

static const struct service_row *
find_service(const char *socket)
{
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++)
        if (strcmp(services[i].socket, socket) == 0)
            return &services[i];
    return NULL;
}

const char *
server_service_name(enum server_service service)
{
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++)
        if (services[i].service == service)
            return services[i].name;
    return "";
}

const unsigned char *
server_key(const struct server *s)
{
    return s->key;
}

/* --- lines ------------------------------------------------------------------------ */

static void *
line_open(void *arg, struct ipc_peer *p, const char *socket)
{
    struct server *s = arg;
    struct line *l = mem_take(sizeof *l);

    l->server = s;
    l->core = s->core;
    l->peer = p;
    l->service = find_service(socket)->service;
    l->sessions = map_new();
    l->slots = map_new();
    return l;
}

static void
line_free_if_idle(struct line *l)
{
    if (l->peer != NULL || l->requests > 0)
        return;
    map_free(&l->sessions);
    map_free(&l->slots);
    free(l);
}

/* Deliveries that were begun vanish; those being committed go on. */
static void
line_closed(void *state)
{
    struct line *l = state;
    struct span key;
    void *value;

    l->peer = NULL;
    l->requests++; /* until we are through */
    for (size_t at = 0; map_next(l->slots, &at, &key, &value);)
        slot_end(value);
    for (size_t at = 0; map_next(l->sessions, &at, &key, &value);)
        session_end(value);
    l->requests--;
    line_free_if_idle(l);
}

/* --- requests ------------------------------------------------------------------------ */

static const struct request_row *
find_request(uint16_t op)
{
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
        if (requests[i].op == op)
            return &requests[i];
    return NULL;
}

/* Of the mailbox that the session has open, or NULL. */
static struct folder *
folder_asked(struct line *l, struct span body)
{
    const struct session *s;

    if (body.n < sizeof(uint32_t))
        return NULL;
    s = map_get(l->sessions, span_from(body.p, sizeof(uint32_t)));
    return s == NULL || s->view == NULL ? NULL : s->view->folder;
}

struct postponed {
    struct reply *reply;
    request_fn *run;
    struct buf body;
};

static void
run_postponed(void *arg)
{
    struct postponed *p = arg;

    p->run(p->reply, buf_span(&p->body));
    buf_free(&p->body);
    free(p);
}

static void
run_request(struct reply *r, const struct request_row *row, struct span body)
{
    struct folder *f = row->rows ? folder_asked(r->line, body) : NULL;
    struct postponed *p;

    if (f == NULL || !f->rebuilding) {
        row->run(r, body);
        return;
    }
    p = mem_take(sizeof *p);
    *p = (struct postponed){ .reply = r, .run = row->run };
    buf_put(&p->body, body);
    folder_steady(f, run_postponed, p);
}

static void
line_request(void *state, uint32_t request, uint16_t op, struct span body,
             int fd)
{
    struct line *l = state;
    const struct request_row *row = find_request(op);
    struct reply *r = mem_take(sizeof *r);
    struct buf room = { .max = WIRE_BODY_MAX };
    struct error e;

    *r = (struct reply){ .line = l, .request = request, .op = op };
    l->requests++;
    if (!wire_unpack(&body, fd, &room, &e)) {
        reply_failed(r, &e);
    } else if (row == NULL || (row->services & l->service) == 0) {
        event_bad_request(server_service_name(l->service), op);
        reply_invalid(r, "not for this service");
    } else if (l->requests > LINE_REQUESTS_MAX) {
        fail(&e, FAIL_BUSY, "too many requests at once");
        reply_failed(r, &e);
    } else {
        run_request(r, row, body);
    }
    buf_free(&room);
}

static const struct ipc_server_calls calls = { .open = line_open,
                                               .request = line_request,
                                               .closed = line_closed };

/* --- answers --------------------------------------------------------------------------- */

static void
reply_free(struct reply *r)
{
    struct line *l = r->line;

    if (r->session != NULL)
        session_forget(r->session);
    l->requests--;
    line_free_if_idle(l);
    free(r);
}

void
reply_failed(struct reply *r, const struct error *e)
{
    if (r->line->peer != NULL)
        ipc_failed(r->line->peer, r->request, r->op, e);
    reply_free(r);
}

void
reply_invalid(struct reply *r, const char *what)
{
    struct error e;

    fail(&e, FAIL_INVALID, "%s", what);
    reply_failed(r, &e);
}

void
reply_done_fd(struct reply *r, const struct buf *body, int fd)
{
    if (r->line->peer != NULL)
        ipc_done(r->line->peer, r->request, r->op, buf_span(body), fd);
    reply_free(r);
}

void
reply_done(struct reply *r, const struct buf *body)
{
    struct span s = body == NULL ? span_of("") : buf_span(body);
    struct error e;
    int fd;

    if (!wire_pack(&s, &fd, &e)) {
        reply_failed(r, &e);
        return;
    }
    if (r->line->peer != NULL)
        ipc_done(r->line->peer, r->request, r->op, s, fd);
    if (fd != -1)
        close(fd);
    reply_free(r);
}

void
reply_end(void *arg, const struct error *e)
{
    if (e != NULL)
        reply_failed(arg, e);
    else
        reply_done(arg, NULL);
}

void
reply_row(struct reply *r, const struct buf *body)
{
    struct span s = buf_span(body);
    struct error e;
    int fd;

    if (r->line->peer == NULL || !wire_pack(&s, &fd, &e))
        return;
    ipc_row(r->line->peer, r->request, r->op, s, fd);
    if (fd != -1)
        close(fd);
}

/* --- the whole ------------------------------------------------------------ */

struct server *
server_new(struct core *c, const unsigned char *key)
{
    struct server *s = mem_take(sizeof *s);

    s->core = c;
    s->key = key;
    s->ipc = ipc_server_new(c->loop, &calls, s, wire_ops);
    return s;
}

bool
server_listen(struct server *s, int fd, const char *name)
{
    const struct service_row *row = find_service(name);

    if (row == NULL)
        return false;
    ipc_server_listen(s->ipc, fd, row->socket);
    return true;
}

void
server_free(struct server **server)
{
    if (*server == NULL)
        return;
    ipc_server_free(&(*server)->ipc);
    free(*server);
    *server = NULL;
}
