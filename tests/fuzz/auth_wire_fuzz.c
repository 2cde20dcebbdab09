/* Bodies as a front end that was taken over would send them. */
#include "auth/wire.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static void
touch(struct span s)
{
    volatile char sink = 0;

    for (size_t i = 0; i < s.n; i++)
        sink = (char)(sink ^ s.p[i]);
}

/* What was taken is written the same again. */
static void
check_begin(struct span body)
{
    struct auth_wire_begin x;
    struct buf again = { 0 };

    if (!auth_wire_get_begin(body, &x))
        return;
    auth_wire_put_begin(&again, &x);
    if (!span_eq(buf_span(&again), body))
        abort();
    buf_free(&again);
}

static void
check_pair(struct span body)
{
    struct auth_wire_pair x;
    struct buf again = { 0 };

    if (!auth_wire_get_pair(body, &x))
        return;
    auth_wire_put_pair(&again, &x);
    if (!span_eq(buf_span(&again), body))
        abort();
    buf_free(&again);
}

static void
check_answers(struct span body)
{
    struct auth_wire_answer answer;
    struct auth_wire_step step;
    struct auth_target target;
    struct auth_row row;
    enum auth_address what;
    struct span rest = body;

    if (auth_wire_get_answer(body, &answer)) {
        touch(answer.challenge);
        touch(answer.user);
        touch(answer.ticket);
        if (auth_outcome_name(answer.outcome) == NULL)
            abort();
    }
    if (auth_wire_get_step(body, &step))
        touch(step.line);
    while (rest.n > 0 && auth_wire_get_target(&rest, &target)) {
        touch(target.user);
        touch(target.detail);
    }
    if (auth_wire_get_row(body, &row))
        touch(row.detail);
    if (auth_wire_get_verdict(body, &what) && what > AUTH_UNDECIDED)
        abort();
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
    struct span body = span_from(data, n);

    check_begin(body);
    check_pair(body);
    check_answers(body);
    return 0;
}
