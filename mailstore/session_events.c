/* What a session is told of its view, cut into frames. */
#include "mailstore/session.h"

static void
push_rows(void *arg, uint16_t op, const struct store_row *rows, size_t count)
{
    struct session *s = arg;
    struct buf body = { 0 };

    for (size_t at = 0; at < count; at += WIRE_ROWS_MAX) {
        size_t n = count - at < WIRE_ROWS_MAX ? count - at : WIRE_ROWS_MAX;
        struct wire_rows x = { .session = s->number,
                               .count = n,
                               .bytes =
                                   span_from(&rows[at], n * sizeof *rows) };

        buf_clear(&body);
        wire_put_rows(&body, &x);
        if (s->line->peer != NULL)
            ipc_push(s->line->peer, op, buf_span(&body));
    }
    buf_free(&body);
}

static void
added(void *arg, const struct store_row *rows, size_t count)
{
    push_rows(arg, WIRE_ADDED, rows, count);
}

static void
flagged(void *arg, const struct store_row *rows, size_t count)
{
    push_rows(arg, WIRE_FLAGGED, rows, count);
}

static void
expunged(void *arg, uint64_t modseq, const struct numset *uids)
{
    struct session *s = arg;
    struct buf body = { 0 };

    for (size_t at = 0; at < uids->n; at += WIRE_RANGES_MAX) {
        struct wire_expunged x = { .session = s->number, .modseq = modseq };

        /* A piece of the caller's set, not a copy. */
        x.uids.r = &uids->r[at];
        x.uids.n =
            uids->n - at < WIRE_RANGES_MAX ? uids->n - at : WIRE_RANGES_MAX;
        buf_clear(&body);
        wire_put_expunged(&body, &x);
        if (s->line->peer != NULL)
            ipc_push(s->line->peer, WIRE_EXPUNGED, buf_span(&body));
    }
    buf_free(&body);
}

void
session_fill_keywords(const struct index_folder *record,
                      struct wire_keyword_list *list)
{
    list->count = record->keyword_count;
    for (size_t i = 0; i < list->count; i++)
        list->names[i] = span_of(record->keywords[i]);
    list->is_full = record->keyword_count >= STORE_KEYWORDS_MAX;
}

static void
keywords(void *arg, const struct index_folder *record)
{
    struct session *s = arg;
    struct wire_keywords x = { .session = s->number };
    struct buf body = { 0 };

    session_fill_keywords(record, &x.keywords);
    wire_put_keywords(&body, &x);
    if (s->line->peer != NULL)
        ipc_push(s->line->peer, WIRE_KEYWORDS, buf_span(&body));
    buf_free(&body);
}

static void
gone(void *arg)
{
    struct session *s = arg;
    struct wire_session x = { .session = s->number };
    struct buf body = { 0 };

    s->view_gone = true;
    wire_put_session(&body, &x);
    if (s->line->peer != NULL)
        ipc_push(s->line->peer, WIRE_GONE, buf_span(&body));
    buf_free(&body);
}

const struct view_calls session_view_calls = { .added = added,
                                               .flagged = flagged,
                                               .expunged = expunged,
                                               .keywords = keywords,
                                               .gone = gone };
