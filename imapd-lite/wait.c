/* How handlers wait, and how answers reach them. */
#include "imapd-lite/command.h"
#include "imapd-lite/limits.h"
#include "mail/mailbox_name.h"

enum run
imap_wait(struct imap *s, enum imap_wait what, imap_resume_fn *fn)
{
    if (s->run.resume != fn || s->run.wait != what)
        s->run.seen = 0;
    s->run.resume = fn;
    s->run.wait = what;
    return RUN_MORE;
}

void
imap_answer(struct imap *s, const struct error *e)
{
    s->run.answered = true;
    s->run.failed = e != NULL;
    if (e != NULL)
        s->run.error = *e;
    conn_wake(s->conn);
}

void
imap_answered(void *arg, const struct error *e)
{
    imap_answer(arg, e);
}

enum run
imap_outcome(struct imap *s, struct error *e)
{
    if (!s->run.failed)
        return RUN_OK;
    *e = s->run.error;
    return RUN_NO;
}

void
imap_at_end(struct imap *s, imap_end_fn *fn)
{
    s->run.end = fn;
}

enum line_result
imap_take_line(struct imap *s, size_t max, struct span *line)
{
    return line_take(&s->input.line, s->in, max, line);
}

/* --- sets ----------------------------------------------------------------- */

struct imap_owned_set {
    struct imap_owned_set *next;
    struct numset set;
};

struct numset *
imap_new_set(struct imap *s)
{
    struct imap_owned_set *owned = arena_take(&s->run.arena, sizeof *owned);

    owned->next = s->run.sets;
    s->run.sets = owned;
    return &owned->set;
}

bool
imap_take_set(struct cursor *c, struct imap *s, bool by_uid,
              struct numset **out)
{
    struct imap_set_bounds bounds = {
        .star =
            by_uid ? imap_view_last_uid(s->view) : imap_view_exists(s->view),
        .has_limit = !by_uid,
    };
    struct numset *set = imap_new_set(s);

    if (!imap_take_sequence_set(c, bounds, set))
        return false;
    *out = set;
    return true;
}

bool
imap_name_is_usable(struct span name, struct error *e)
{
    return mailbox_name_is_valid(name) ||
           fail(e, FAIL_INVALID, "mailbox name of %zu octets", name.n);
}

void
imap_end_command(struct imap *s)
{
    if (s->run.end != NULL)
        s->run.end(s->run.own);
    for (struct imap_owned_set *o = s->run.sets; o != NULL; o = o->next)
        numset_free(&o->set);
    arena_clear(&s->run.arena);
    s->run = (struct imap_running){ .then = NEXT_INPUT };
    imap_input_clear(&s->input);
}
