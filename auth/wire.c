#include "auth/wire.h"

const struct ipc_op auth_ops[] = {
    { AUTH_OP_BEGIN, "begin" },
    { AUTH_OP_STEP, "step" },
    { AUTH_OP_CANCEL, "cancel" },
    { AUTH_OP_RESOLVE, "resolve" },
    { AUTH_OP_MAY_SEND_AS, "may-send-as" },
    { AUTH_OP_USER_ADD, "user-add" },
    { AUTH_OP_USER_REMOVE, "user-remove" },
    { AUTH_OP_USER_STATE, "user-state" },
    { AUTH_OP_USER_LIST, "user-list" },
    { AUTH_OP_PASSWORD_SET, "password-set" },
    { AUTH_OP_PASSWORD_CHECK, "password-check" },
    { AUTH_OP_DEVICE_ADD, "device-add" },
    { AUTH_OP_DEVICE_REMOVE, "device-remove" },
    { AUTH_OP_DEVICE_LIST, "device-list" },
    { AUTH_OP_ALIAS_ADD, "alias-add" },
    { AUTH_OP_ALIAS_REMOVE, "alias-remove" },
    { AUTH_OP_ALIAS_LIST, "alias-list" },
    { AUTH_OP_TICKET, "ticket" },
    { AUTH_OP_USER_EXPORT, "user-export" },
    { AUTH_OP_USER_IMPORT, "user-import" },
    { 0, NULL },
};

static bool
get_bool(struct span *body, bool *out)
{
    uint8_t n;

    if (!get_u8(body, &n) || n > 1)
        return false;
    *out = n == 1;
    return true;
}

void
auth_wire_put_begin(struct buf *b, const struct auth_wire_begin *x)
{
    put_u32(b, x->exchange);
    put_u8(b, x->tls);
    put_span(b, x->session);
    put_span(b, x->peer);
    put_span(b, x->mechanism);
    put_u8(b, x->has_initial);
    put_span(b, x->initial);
}

bool
auth_wire_get_begin(struct span body, struct auth_wire_begin *x)
{
    return get_u32(&body, &x->exchange) && get_bool(&body, &x->tls) &&
           get_span(&body, &x->session) && get_span(&body, &x->peer) &&
           get_span(&body, &x->mechanism) && get_bool(&body, &x->has_initial) &&
           get_span(&body, &x->initial) && body.n == 0;
}

void
auth_wire_put_step(struct buf *b, const struct auth_wire_step *x)
{
    put_u32(b, x->exchange);
    put_span(b, x->line);
}

bool
auth_wire_get_step(struct span body, struct auth_wire_step *x)
{
    return get_u32(&body, &x->exchange) && get_span(&body, &x->line) &&
           body.n == 0;
}

void
auth_wire_put_answer(struct buf *b, const struct auth_wire_answer *x)
{
    put_u8(b, (uint8_t)x->outcome);
    put_u8(b, x->hang_up);
    put_span(b, x->challenge);
    put_span(b, x->user);
    put_span(b, x->ticket);
}

bool
auth_wire_get_answer(struct span body, struct auth_wire_answer *x)
{
    uint8_t outcome;

    if (!get_u8(&body, &outcome) || outcome >= AUTH_OUTCOMES)
        return false;
    x->outcome = (enum auth_outcome)outcome;
    return get_bool(&body, &x->hang_up) && get_span(&body, &x->challenge) &&
           get_span(&body, &x->user) && get_span(&body, &x->ticket) &&
           body.n == 0;
}

void
auth_wire_put_pair(struct buf *b, const struct auth_wire_pair *x)
{
    put_span(b, x->first);
    put_span(b, x->second);
}

bool
auth_wire_get_pair(struct span body, struct auth_wire_pair *x)
{
    return get_span(&body, &x->first) && get_span(&body, &x->second) &&
           body.n == 0;
}

void
auth_wire_put_target(struct buf *b, const struct auth_target *x)
{
    put_span(b, x->user);
    put_span(b, x->detail);
}

bool
auth_wire_get_target(struct span *body, struct auth_target *x)
{
    struct span at = *body;

    if (!get_span(&at, &x->user) || !get_span(&at, &x->detail))
        return false;
    *body = at;
    return true;
}

void
auth_wire_put_verdict(struct buf *b, enum auth_address what)
{
    put_u8(b, (uint8_t)what);
}

bool
auth_wire_get_verdict(struct span body, enum auth_address *what)
{
    uint8_t n;

    if (!get_u8(&body, &n) || n > AUTH_UNDECIDED || body.n != 0)
        return false;
    *what = (enum auth_address)n;
    return true;
}

void
auth_wire_put_row(struct buf *b, const struct auth_row *x)
{
    put_span(b, x->name);
    put_span(b, x->detail);
    put_u64(b, (uint64_t)x->created);
}

bool
auth_wire_get_row(struct span body, struct auth_row *x)
{
    uint64_t created;

    if (!get_span(&body, &x->name) || !get_span(&body, &x->detail) ||
        !get_u64(&body, &created) || body.n != 0)
        return false;
    x->created = (int64_t)created;
    return true;
}
