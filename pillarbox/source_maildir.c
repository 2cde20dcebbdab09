#include "pillarbox/source.h"

#include "base/fs.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"
#include "mail/flags.h"
#include "mailstore/client.h"
#include "pillarbox/uidlist.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_MAX ((size_t)64 << 20)

/* Only to tell messages apart: the key may be known. */
static const struct hash_key mark_key = { 0x6d61696c646972, 1 };

/* Messages by base name: (void *)(index + 1). */
struct finding {
    struct source *source;
    struct map *by_base;
    size_t room;
    bool is_dovecot;
};

static bool
copy(const struct source *s, const struct source_message *m, mbox_put_fn *put,
     void *arg, struct error *e)
{
    struct buf piece = { 0 };
    char *room = buf_room(&piece, (size_t)64 << 10);
    uint64_t at = 0;
    size_t got;
    int fd;
    bool done;

    if (!fs_open_read(s->dir, m->path, &fd, e)) {
        buf_free(&piece);
        return false;
    }
    while ((done = fs_read_at(fd, at, room, (size_t)64 << 10, &got, e)) &&
           got > 0) {
        at += got;
        if (!put(arg, span_from(room, got), e)) {
            done = false;
            break;
        }
    }
    close(fd);
    buf_free(&piece);
    return done;
}

/* --- files ------------------------------------------------------------------------ */

static struct span
base_of(struct span file)
{
    return span_sub(file, 0, span_find(file, ':'));
}

static uint32_t
letters_of(struct span letters)
{
    uint32_t bits = 0;

    for (size_t i = 0; i < letters.n; i++)
        if (letters.p[i] >= 'a' && letters.p[i] <= 'z')
            bits |= UINT32_C(1) << (letters.p[i] - 'a');
    return bits;
}

static void
add_file(struct finding *f, const char *part, const char *file,
         const struct stat *st)
{
    struct source *s = f->source;
    struct span base = base_of(span_of(file));
    struct span info = span_after(span_of(file), base.n);
    struct source_message m = { .date = (int64_t)st->st_mtime,
                                .is_old = strcmp(part, "cur") == 0 };

    if (base.n == 0 || map_get(f->by_base, base) != NULL)
        return;
    if (span_starts(info, ":2,")) {
        m.flags = mail_flags_from_letters(span_after(info, 3));
        m.keywords = letters_of(span_after(info, 3));
    }
    m.mark = hash64(mark_key, base);
    m.mark = m.mark == 0 ? 1 : m.mark;
    m.path = arena_printf(&s->memory, "%s/%s", part, file);
    if (s->count == f->room) {
        f->room = 2 * f->room + 64;
        s->messages = mem_grow(s->messages, f->room * sizeof *s->messages);
    }
    s->messages[s->count++] = m;
    map_put(f->by_base, base, (void *)(uintptr_t)s->count);
}

/* No link is followed: the tree may belong to somebody else. */
static bool
list_part(struct finding *f, const char *part, struct error *e)
{
    int fd;
    DIR *d;

    if (!fs_open_dir(f->source->dir, part, &fd, e))
        return e->kind == FAIL_NOT_FOUND;
    d = fdopendir(fd);
    if (d == NULL) {
        close(fd);
        return fail_sys(e, "read %s", part);
    }
    for (struct dirent *entry; (entry = readdir(d)) != NULL;) {
        struct stat st;

        if (entry->d_name[0] != '.' &&
            fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(st.st_mode))
            add_file(f, part, entry->d_name, &st);
    }
    closedir(d);
    return true;
}

static struct source_message *
find(const struct finding *f, struct span base)
{
    uintptr_t at = (uintptr_t)map_get(f->by_base, base);

    return at == 0 ? NULL : &f->source->messages[at - 1];
}

/* --- what else there is ------------------------------------------------------------- */

/* The text stays in the source's memory. Empty where there is no such file. */
static bool
read_text(struct source *s, const char *path, struct span *text,
          struct error *e)
{
    struct buf b = { .max = TEXT_MAX };
    struct stat st;
    bool done = fs_stat(s->dir, path, &st, e);

    if (done && !S_ISREG(st.st_mode))
        done = fail(e, FAIL_INVALID, "%s is not a file", path);
    done = done && fs_read_file(s->dir, path, &b, e);
    *text = done ? arena_copy(&s->memory, buf_span(&b)) : (struct span){ 0 };
    buf_free(&b);
    return done || e->kind == FAIL_NOT_FOUND;
}

/* RFC 1939 section 7, but for the length. */
static void
set_uidl(struct source *s, struct source_message *m, struct span text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '!' || text.p[i] > '~')
            return;
    if (text.n > 0 && text.n <= STORE_UIDL_MAX)
        m->uidl = arena_text(&s->memory, text);
}

static void
take_uids(struct finding *f, const struct uidlist *u)
{
    f->source->uid_validity = u->uid_validity;
    f->source->uid_next = u->uid_next;
    for (size_t i = 0; i < u->count; i++) {
        struct source_message *m = find(f, u->entries[i].base);

        if (m == NULL)
            continue;
        m->uid = u->entries[i].uid;
        set_uidl(f->source, m, u->entries[i].uidl);
    }
}

static bool
read_uidlist(struct finding *f, const char *path, bool *found, struct error *e)
{
    struct uidlist u;
    struct span text;
    bool done;

    *found = false;
    if (!read_text(f->source, path, &text, e))
        return false;
    if (text.n == 0)
        return true;
    done = uidlist_parse(text, &u, e);
    if (done)
        take_uids(f, &u);
    *found = done;
    uidlist_free(&u);
    if (!done) {
        char why[ERROR_TEXT_MAX];

        snprintf(why, sizeof why, "%s", e->text);
        fail(e, FAIL_CORRUPT, "%s: %s", path, why);
    }
    return done;
}

/* What Dovecot tells POP3 clients where nothing else was recorded; of use where
 * the numbers cannot be kept. */
static void
default_uidls(struct finding *f)
{
    struct source *s = f->source;

    for (size_t i = 0; i < s->count; i++)
        if (s->messages[i].uid != 0 && s->messages[i].uidl == NULL)
            s->messages[i].uidl =
                arena_printf(&s->memory, "%08" PRIx32 "%08" PRIx32,
                             s->messages[i].uid, s->uid_validity);
}

static void
take_pop3(void *arg, struct span base, struct span uidl)
{
    struct finding *f = arg;
    struct source_message *m = find(f, base);

    if (m != NULL)
        set_uidl(f->source, m, uidl);
}

static void
take_keywords(void *arg, struct span base, uint32_t bits)
{
    struct source_message *m = find(arg, base);

    if (m != NULL)
        m->keywords |= bits;
}

static bool
read_dovecot(struct finding *f, struct error *e)
{
    struct span text;

    if (!read_uidlist(f, "dovecot-uidlist", &f->is_dovecot, e) ||
        !read_text(f->source, "dovecot-keywords", &text, e))
        return false;
    foreign_dovecot_keywords(text, &f->source->keywords);
    if (f->is_dovecot)
        default_uidls(f);
    f->is_dovecot = f->is_dovecot || text.n > 0;
    return true;
}

static bool
read_courier(struct finding *f, struct error *e)
{
    struct span text;
    bool found;

    if (!read_uidlist(f, "courierimapuiddb", &found, e) ||
        !read_text(f->source, "courierpop3dsizelist", &text, e))
        return false;
    foreign_courier_pop3(text, take_pop3, f);
    if (!read_text(f->source, "courierimapkeywords/:list", &text, e))
        return false;
    for (size_t i = 0; i < f->source->count; i++)
        f->source->messages[i].keywords = 0;
    foreign_courier_keywords(text, &f->source->keywords, take_keywords, f);
    return true;
}

bool
source_maildir(int dir, const char *mailbox, struct source *s, struct error *e)
{
    struct finding f = { .source = s, .by_base = map_new() };
    bool done;

    *s = (struct source){ .dir = dir, .mbox.fd = -1, .copy = copy };
    s->mailbox = arena_text(&s->memory, span_of(mailbox));
    done = list_part(&f, "cur", e) && list_part(&f, "new", e) &&
           read_dovecot(&f, e) && (f.is_dovecot || read_courier(&f, e));
    map_free(&f.by_base);
    if (done)
        source_sort(s);
    return done;
}
