#include "auth/client_line.h"

#include "auth/wire.h"

#include <unistd.h>

static void
on_row(void *arg, struct span body, int fd)
{
    struct auth_ask *ask = arg;
    struct auth_row row;

    if (fd != -1)
        close(fd);
    if (ask->row != NULL && auth_wire_get_row(body, &row))
        ask->row(ask->arg, &row);
}

static void
on_done(void *arg, struct span body, int fd, const struct error *e)
{
    struct auth_ask *ask = arg;

    (void)body;
    if (fd != -1)
        close(fd);
    auth_client_detach(ask);
    ask->done(ask->arg, e);
    auth_client_drop(ask);
}

static void
ask_admin(const struct auth_ask *ask, enum auth_op op, struct span first,
          struct span second)
{
    const struct ipc_answer answer = { on_row, on_done };

    auth_client_ask(ask, (uint16_t)op, first, second, &answer);
}

void
auth_user_add(struct auth *a, struct span user, struct span password,
              auth_done_fn *done, void *arg)
{
    const struct auth_ask ask = { .auth = a, .done = done, .arg = arg };

    ask_admin(&ask, AUTH_OP_USER_ADD, user, password);
}

void
auth_user_remove(struct auth *a, struct span user, auth_done_fn *done,
                 void *arg)
{
    const struct auth_ask ask = { .auth = a, .done = done, .arg = arg };

    ask_admin(&ask, AUTH_OP_USER_REMOVE, user, span_of(""));
}

void
auth_user_enable(struct auth *a, struct span user, bool enabled,
                 auth_done_fn *done, void *arg)
{
    const struct auth_ask ask = { .auth = a, .done = done, .arg = arg };

    ask_admin(&ask, AUTH_OP_USER_STATE, user,
              span_of(enabled ? "active" : "disabled"));
}

void
auth_user_list(struct auth *a, auth_row_fn *row, auth_done_fn *done, void *arg)
{
    const struct auth_ask ask = {
        .auth = a, .row = row, .done = done, .arg = arg
    };

    ask_admin(&ask, AUTH_OP_USER_LIST, span_of(""), span_of(""));
}

void
auth_user_export(struct auth *a, auth_row_fn *row, auth_done_fn *done,
                 void *arg)
{
    const struct auth_ask ask = {
        .auth = a, .row = row, .done = done, .arg = arg
    };

    ask_admin(&ask, AUTH_OP_USER_EXPORT, span_of(""), span_of(""));
}

void
auth_user_import(struct auth *a, struct span user, struct span record,
                 auth_done_fn *done, void *arg)
{
    const struct auth_ask ask = { .auth = a, .done = done, .arg = arg };

    ask_admin(&ask, AUTH_OP_USER_IMPORT, user, record);
}

void
auth_password_set(struct auth *a, struct span user, struct span password,
                  auth_done_fn *done, void *arg)
{
    const struct auth_ask ask = { .auth = a, .done = done, .arg = arg };

    ask_admin(&ask, AUTH_OP_PASSWORD_SET, user, password);
}

void
auth_password_check(struct auth *a, struct span user, struct span password,
                    auth_done_fn *done, void *arg)
{
    const struct auth_ask ask = { .auth = a, .done = done, .arg = arg };

    ask_admin(&ask, AUTH_OP_PASSWORD_CHECK, user, password);
}

void
auth_device_add(struct auth *a, const struct auth_device *device,
                struct span password, auth_done_fn *done, void *arg)
{
    const struct auth_ask ask = { .auth = a, .done = done, .arg = arg };
    struct buf both = { .max = 1024 };

    buf_put(&both, device->user);
    buf_put_ch(&both, '\n');
    buf_put(&both, device->label);
    ask_admin(&ask, AUTH_OP_DEVICE_ADD, buf_span(&both), password);
    buf_free(&both);
}

void
auth_device_remove(struct auth *a, const struct auth_device *device,
                   auth_done_fn *done, void *arg)
{
    const struct auth_ask ask = { .auth = a, .done = done, .arg = arg };

    ask_admin(&ask, AUTH_OP_DEVICE_REMOVE, device->user, device->label);
}

void
auth_device_list(struct auth *a, struct span user, auth_row_fn *row,
                 auth_done_fn *done, void *arg)
{
    const struct auth_ask ask = {
        .auth = a, .row = row, .done = done, .arg = arg
    };

    ask_admin(&ask, AUTH_OP_DEVICE_LIST, user, span_of(""));
}

void
auth_alias_add(struct auth *a, struct span alias, struct span target,
               auth_done_fn *done, void *arg)
{
    const struct auth_ask ask = { .auth = a, .done = done, .arg = arg };

    ask_admin(&ask, AUTH_OP_ALIAS_ADD, alias, target);
}

void
auth_alias_remove(struct auth *a, struct span alias, struct span target,
                  auth_done_fn *done, void *arg)
{
    const struct auth_ask ask = { .auth = a, .done = done, .arg = arg };

    ask_admin(&ask, AUTH_OP_ALIAS_REMOVE, alias, target);
}

void
auth_alias_list(struct auth *a, auth_row_fn *row, auth_done_fn *done, void *arg)
{
    const struct auth_ask ask = {
        .auth = a, .row = row, .done = done, .arg = arg
    };

    ask_admin(&ask, AUTH_OP_ALIAS_LIST, span_of(""), span_of(""));
}

static void
on_ticket(void *arg, struct span body, int fd, const struct error *e)
{
    struct auth_ask *ask = arg;

    if (fd != -1)
        close(fd);
    auth_client_detach(ask);
    ask->ticket(ask->arg, e == NULL ? body : (struct span){ 0 }, e);
    auth_client_drop(ask);
}

void
auth_admin_ticket(struct auth *a, struct span user, auth_ticket_fn *fn,
                  void *arg)
{
    const struct ipc_answer answer = { NULL, on_ticket };
    const struct auth_ask ask = { .auth = a, .ticket = fn, .arg = arg };

    auth_client_ask(&ask, AUTH_OP_TICKET, user, span_of(""), &answer);
}
