#include "pillarbox/backup_source.h"

#include "base/cursor.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/mem.h"
#include "mail/flags.h"
#include "mail/header.h"
#include "mailstore/client.h"
#include "pillarbox/backup_mail.h"
#include "pillarbox/maildir_out.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX   ((size_t)1 << 30)
#define HEADER_MAX ((size_t)256 << 10)

/* Only to tell messages apart: the key may be known. */
static const struct hash_key mark_key = { 0x6261636b757073, 1 };

struct opening {
    struct backup_source *out;
    const struct backup_mailbox *mailbox;
    struct buf folder; /* with a "/" behind it */
    struct map *uids;  /* base -> entry of the list */
    size_t room;
};

/* --- messages -------------------------------------------------------------------------- */

const struct backup_entry *
backup_source_entry(const struct backup_source *s,
                    const struct source_message *m)
{
    return backup_manifest_find(&s->backup->manifest, m->path);
}

static bool
copy(const struct source *source, const struct source_message *m,
     mbox_put_fn *put, void *arg, struct error *e)
{
    const struct backup_source *s = (const struct backup_source *)source;

    return backup_copy(s->backup, backup_source_entry(s, m), put, arg, e);
}

static uint32_t
keywords_of(struct span letters)
{
    uint32_t bits = 0;

    for (size_t i = 0; i < letters.n; i++)
        if (letters.p[i] >= 'a' && letters.p[i] <= 'z')
            bits |= UINT32_C(1) << (letters.p[i] - 'a');
    return bits;
}

/* The date stands in the name too: a copy of the backup may have lost it. */
static int64_t
date_of(struct span base)
{
    struct cursor c = cursor_on(base);
    uint64_t date;

    return take_number64(&c, &date) && take(&c, '.') ? (int64_t)date : 0;
}

static const char *
uidl_of(struct opening *o, const struct uidlist_entry *u)
{
    struct arena *memory = &o->out->source.memory;

    if (u->uidl.n > 0 && u->uidl.n <= STORE_UIDL_MAX &&
        !span_has(u->uidl, '\0'))
        return arena_text(memory, u->uidl);
    /* What pop3d says by itself; of use where the UID cannot be kept. */
    return arena_printf(memory, "%08" PRIx32 "%08" PRIx32, u->uid,
                        o->mailbox->uid_validity);
}

static void
add_message(struct opening *o, const char *path, struct span name)
{
    struct source *s = &o->out->source;
    struct span base = span_sub(name, 0, span_find(name, ':'));
    struct span info = span_after(name, base.n);
    const struct uidlist_entry *u = map_get(o->uids, base);
    struct source_message m = { .date = date_of(base), .path = path };

    if (span_starts(info, ":2,")) {
        m.flags = mail_flags_from_letters(span_after(info, 3));
        m.keywords = keywords_of(span_after(info, 3));
    }
    m.mark = hash64(mark_key, base);
    m.mark = m.mark == 0 ? 1 : m.mark;
    if (u != NULL) {
        m.uid = u->uid;
        m.uidl = uidl_of(o, u);
        m.is_old = u->uid < o->mailbox->first_recent;
    }
    if (s->count == o->room) {
        o->room = 2 * o->room + 64;
        s->messages = mem_grow(s->messages, o->room * sizeof *s->messages);
    }
    s->messages[s->count++] = m;
}

/* "FOLDER/cur/NAME" */
static void
add_messages(struct opening *o)
{
    const struct backup_manifest *m = &o->out->backup->manifest;
    const char *folder = buf_text(&o->folder);

    for (size_t i = 0; i < m->count; i++) {
        struct span rest = span_of(m->entries[i].path);

        if (!span_starts(rest, folder))
            continue;
        rest = span_after(rest, o->folder.n);
        if ((span_starts(rest, "cur/") || span_starts(rest, "new/")) &&
            !span_has(span_after(rest, 4), '/'))
            add_message(o, m->entries[i].path, span_after(rest, 4));
    }
}

/* --- what stands beside them ------------------------------------------------------------- */

/* In the source's memory; empty where the backup has no such file. */
static bool
read_text(struct opening *o, const char *name, struct span *text,
          struct error *e)
{
    struct buf path = { .max = BACKUP_PATH_MAX };
    struct buf b = { .max = TEXT_MAX };
    bool done = true;

    *text = (struct span){ 0 };
    buf_printf(&path, "%s%s", buf_text(&o->folder), name);
    if (backup_manifest_find(&o->out->backup->manifest, buf_text(&path)) !=
        NULL) {
        done = backup_read(o->out->backup, buf_text(&path), &b, e);
        *text = arena_copy(&o->out->source.memory, buf_span(&b));
    }
    buf_free(&path);
    buf_free(&b);
    return done;
}

static bool
read_folder(struct opening *o, struct uidlist *u, struct error *e)
{
    struct span uids;
    struct span keywords;

    if (!read_text(o, MAILDIR_OUT_UIDLIST, &uids, e) ||
        !read_text(o, MAILDIR_OUT_KEYWORDS, &keywords, e) ||
        (uids.n > 0 && !uidlist_parse(uids, u, e)))
        return false;
    foreign_dovecot_keywords(keywords, &o->out->source.keywords);
    for (size_t i = 0; i < u->count; i++)
        map_put(o->uids, u->entries[i].base, &u->entries[i]);
    add_messages(o);
    source_sort(&o->out->source);
    return true;
}

bool
backup_source_open(const struct backup *b, const char *user,
                   const struct backup_mailbox *m, struct backup_source *s,
                   struct error *e)
{
    struct opening o = { .out = s,
                         .mailbox = m,
                         .folder = { .max = BACKUP_PATH_MAX },
                         .uids = map_new() };
    struct uidlist u = { 0 };
    bool done;

    *s = (struct backup_source){ .backup = b,
                                 .source = { .dir = -1,
                                             .mbox.fd = -1,
                                             .uid_validity = m->uid_validity,
                                             .uid_next = m->uid_next,
                                             .is_wanted_again = true,
                                             .copy = copy } };
    s->source.mailbox = arena_text(&s->source.memory, m->name);
    backup_mail_folder(user, m->name, &o.folder);
    buf_put_ch(&o.folder, '/');
    done = read_folder(&o, &u, e);
    uidlist_free(&u);
    map_free(&o.uids);
    buf_free(&o.folder);
    return done;
}

/* --- some of them ----------------------------------------------------------------------------- */

void
backup_source_keep(struct backup_source *s, backup_keep_fn *fn, void *arg)
{
    struct source *source = &s->source;
    size_t kept = 0;

    for (size_t i = 0; i < source->count; i++)
        if (fn(arg, &source->messages[i]))
            source->messages[kept++] = source->messages[i];
    source->count = kept;
}

static struct span
without_brackets(struct span id)
{
    id = span_trim(id);
    if (span_starts(id, "<") && span_ends(id, ">") && id.n > 1)
        id = span_sub(id, 1, id.n - 2);
    return id;
}

bool
backup_source_is_called(const struct backup_source *s,
                        const struct source_message *m, struct span message_id)
{
    struct buf head = { .max = HEADER_MAX };
    struct buf value = { .max = HEADER_MAX };
    char *room = buf_room(&head, HEADER_MAX);
    struct header_field f;
    struct error e;
    uint64_t size;
    bool is = false;
    int fd;

    if (backup_open_file(s->backup, m->path, &fd, &size, &e)) {
        if (!fs_read_at(fd, 0, room, HEADER_MAX, &head.n, &e))
            head.n = 0;
        close(fd);
    }
    head.n = header_size(buf_span(&head));
    if (header_find(buf_span(&head), "Message-ID", &f)) {
        header_unfold(f.value, &value);
        is = span_eq(without_brackets(buf_span(&value)),
                     without_brackets(message_id));
    }
    buf_free(&head);
    buf_free(&value);
    return is;
}
