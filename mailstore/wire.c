#include "mailstore/wire_private.h"

#include "base/fs.h"
#include "mail/flags.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SETTABLE_FLAGS                                                         \
    (MAIL_SEEN | MAIL_ANSWERED | MAIL_FLAGGED | MAIL_DELETED | MAIL_DRAFT |    \
     MAIL_PASSED)

/* clang-format off */
const struct ipc_op wire_ops[] = {
    { WIRE_LOGIN,          "login"          },
    { WIRE_LOGOUT,         "logout"         },
    { WIRE_LIST,           "list"           },
    { WIRE_STATUS,         "status"         },
    { WIRE_CREATE,         "create"         },
    { WIRE_DELETE,         "delete"         },
    { WIRE_RENAME,         "rename"         },
    { WIRE_SUBSCRIBE,      "subscribe"      },
    { WIRE_OPEN,           "open"           },
    { WIRE_CLOSE,          "close"          },
    { WIRE_SUMMARIES,      "summaries"      },
    { WIRE_PUT_SUMMARIES,  "put-summaries"  },
    { WIRE_MESSAGE,        "message"        },
    { WIRE_MESSAGES,       "messages"       },
    { WIRE_SET_FLAGS,      "set-flags"      },
    { WIRE_EXPUNGE,        "expunge"        },
    { WIRE_COPY,           "copy"           },
    { WIRE_DELIVERY_BEGIN, "delivery-begin" },
    { WIRE_APPEND_BEGIN,   "append-begin"   },
    { WIRE_COMMIT,         "commit"         },
    { WIRE_ABORT,          "abort"          },
    { WIRE_INDEX_CHECK,    "index-check"    },
    { WIRE_INDEX_REBUILD,  "index-rebuild"  },
    { WIRE_STATS,          "stats"          },
    { WIRE_QUOTA,          "quota"          },
    { WIRE_QUOTA_CHECK,    "quota-check"    },
    { WIRE_QUOTA_LIST,     "quota-list"     },
    { WIRE_QUOTA_SET,      "quota-set"      },
    { WIRE_QUOTA_RECOUNT,  "quota-recount"  },
    { WIRE_LOGIN_AS,       "login-as"       },
    { WIRE_IMPORT_BEGIN,   "import-begin"   },
    { WIRE_IMPORT_COMMIT,  "import-commit"  },
    { WIRE_IMPORT_END,     "import-end"     },
    { WIRE_PUT_UIDLS,      "put-uidls"      },
    { WIRE_KEPT_LIST,      "kept_list"      },
    { WIRE_UNDELETE,       "undelete"       },
    { WIRE_HISTORY,        "history"        },
    { WIRE_UIDLS,          "uidls"          },
    { WIRE_ADDED,          "added"          },
    { WIRE_FLAGGED,        "flagged"        },
    { WIRE_EXPUNGED,       "expunged"       },
    { WIRE_KEYWORDS,       "keywords"       },
    { WIRE_GONE,           "gone"           },
    { 0,                   NULL             },
};
/* clang-format on */

/* --- bodies larger than a frame ------------------------------------------- */

bool
wire_pack(struct span *body, int *fd, struct error *e)
{
    int made;

    *fd = -1;
    if (body->n <= WIRE_INLINE_MAX)
        return true;
    if (body->n > WIRE_BODY_MAX)
        return fail(e, FAIL_LIMIT, "a body of %zu bytes", body->n);
    made = memfd_create("pillarbox-body", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (made == -1)
        return fail_sys(e, "memfd_create");
    if (!fs_write(made, *body, e)) {
        close(made);
        return false;
    }
    if (fcntl(made, F_ADD_SEALS,
              F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == -1) {
        fail_sys(e, "seal a memfd");
        close(made);
        return false;
    }
    *fd = made;
    *body = (struct span){ 0 };
    return true;
}

/* Sealed: so it cannot shrink or change while it is read, and it is memory,
 * so reading it does not wait for anybody. */
static bool
read_sealed(int fd, struct buf *room, struct error *e)
{
    const int seals = F_SEAL_SHRINK | F_SEAL_WRITE;
    int have = fcntl(fd, F_GET_SEALS);
    struct stat st;
    size_t got;
    char *at;

    if (have == -1 || (have & seals) != seals || fstat(fd, &st) == -1)
        return fail(e, FAIL_INVALID, "a body in no sealed memfd");
    if (st.st_size < 0 || (uint64_t)st.st_size > WIRE_BODY_MAX)
        return fail(e, FAIL_INVALID, "a body that is too large");
    buf_clear(room);
    room->max = WIRE_BODY_MAX;
    at = buf_room(room, (size_t)st.st_size);
    if (at == NULL || !fs_read_at(fd, 0, at, (size_t)st.st_size, &got, e))
        return at != NULL || fail(e, FAIL_INVALID, "a body that is too large");
    room->n += got;
    return true;
}

bool
wire_unpack(struct span *body, int fd, struct buf *room, struct error *e)
{
    bool fine;

    if (fd == -1)
        return true;
    fine = read_sealed(fd, room, e);
    close(fd);
    if (fine)
        *body = buf_span(room);
    return fine;
}

/* --- shared parts --------------------------------------------------------- */

bool
wire_get_bool(struct span *body, bool *out)
{
    uint8_t n;

    if (!get_u8(body, &n) || n > 1)
        return false;
    *out = n == 1;
    return true;
}

void
wire_put_names(struct buf *b, const struct span *names, size_t count)
{
    put_u32(b, (uint32_t)count);
    for (size_t i = 0; i < count; i++)
        put_span(b, names[i]);
}

bool
wire_get_names(struct span *body, struct span *names, size_t *count)
{
    uint32_t n;

    if (!get_u32(body, &n) || n > WIRE_KEYWORDS_MAX)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        if (!get_span(body, &names[i]))
            return false;
    }
    *count = n;
    return true;
}

void
wire_put_keyword_list(struct buf *b, const struct wire_keyword_list *x)
{
    put_u8(b, x->is_full);
    wire_put_names(b, x->names, x->count);
}

bool
wire_get_keyword_list(struct span *body, struct wire_keyword_list *out)
{
    return wire_get_bool(body, &out->is_full) &&
           wire_get_names(body, out->names, &out->count);
}

bool
wire_take_flags(struct wire_flags *out, const struct store_flags *f)
{
    if (f->keyword_count > WIRE_KEYWORDS_MAX)
        return false;
    out->flags = f->flags;
    out->keyword_count = f->keyword_count;
    for (size_t i = 0; i < f->keyword_count; i++)
        out->keywords[i] = f->keywords[i];
    return true;
}

void
wire_put_flags(struct buf *b, const struct wire_flags *x)
{
    put_u16(b, x->flags);
    wire_put_names(b, x->keywords, x->keyword_count);
}

bool
wire_get_flags(struct span *body, struct wire_flags *out)
{
    return get_u16(body, &out->flags) && (out->flags & ~SETTABLE_FLAGS) == 0 &&
           wire_get_names(body, out->keywords, &out->keyword_count);
}

/* --- sessions ------------------------------------------------------------- */

void
wire_put_session(struct buf *b, const struct wire_session *x)
{
    put_u32(b, x->session);
}

bool
wire_get_session(struct span *body, struct wire_session *out)
{
    return get_u32(body, &out->session) && body->n == 0;
}

void
wire_put_login(struct buf *b, const struct wire_login *x)
{
    put_u32(b, x->session);
    put_span(b, x->ticket);
    put_span(b, x->session_id);
    put_span(b, x->peer);
}

bool
wire_get_login(struct span *body, struct wire_login *out)
{
    return get_u32(body, &out->session) && out->session != 0 &&
           get_span(body, &out->ticket) && get_span(body, &out->session_id) &&
           get_span(body, &out->peer) && body->n == 0;
}
