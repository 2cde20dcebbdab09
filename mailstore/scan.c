/*
 * readdir(3) can miss a file that is renamed meanwhile, so a file is absent
 * only if it is in no list, and the directories' stamps are the same before
 * and after, and either older than a second (stamps may be as coarse as a
 * tick) or the same in the look before. Otherwise it is looked again, at most
 * LOOKS times.
 */
#include "mailstore/scan.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "mailstore/maildir.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOOKS    4
#define PAUSE_MS 40
#define OLD_NS   INT64_C(1000000000)
#define NS       INT64_C(1000000000)

struct entry {
    uint64_t hash;
    const char *file;
    bool in_new;
    bool dropped; /* a second name of the same file, now removed */
};

struct look {
    struct arena arena;
    struct entry *entries;
    size_t count, room;
    struct index_stamp new_before, cur_before, new_after, cur_after;
};

bool
scan_stamp(int dir, const char *part, struct index_stamp *out, struct error *e)
{
    struct stat st;

    if (!fs_stat(dir, part, &st, e))
        return false;
    if (!S_ISDIR(st.st_mode))
        return fail(e, FAIL_IO, "%s is no directory", part);
    *out = (struct index_stamp){
        .dev = st.st_dev,
        .ino = st.st_ino,
        .mtime_ns = st.st_mtim.tv_sec * NS + st.st_mtim.tv_nsec,
        .ctime_ns = st.st_ctim.tv_sec * NS + st.st_ctim.tv_nsec
    };
    return true;
}

bool
scan_same_stamp(const struct index_stamp *a, const struct index_stamp *b)
{
    return a->dev == b->dev && a->ino == b->ino && a->mtime_ns == b->mtime_ns &&
           a->ctime_ns == b->ctime_ns;
}

/* --- listing -------------------------------------------------------------------- */

static void
add_entry(struct look *l, const char *file, bool in_new)
{
    struct maildir_name n;
    struct entry *entry;

    if (!maildir_name_parse(span_of(file), &n))
        return;
    if (l->count == l->room) {
        l->room = l->room * 2 + 256;
        l->entries = mem_grow(l->entries, l->room * sizeof *l->entries);
    }
    entry = &l->entries[l->count++];
    *entry = (struct entry){ .hash = index_hash(n.base), .in_new = in_new };
    entry->file = arena_text(&l->arena, span_of(file));
}

static bool
list(struct look *l, int dir, bool in_new, struct error *e)
{
    struct dirent *entry;
    DIR *d;
    int fd;
    bool fine;

    if (!fs_open_dir(dir, in_new ? "new" : "cur", &fd, e))
        return false;
    d = fdopendir(fd);
    if (d == NULL) {
        close(fd);
        return fail_sys(e, "list a directory");
    }
    while ((fine = fs_next_entry(d, &entry, e)) && entry != NULL)
        add_entry(l, entry->d_name, in_new);
    closedir(d);
    return fine;
}

static int
order_entries(const void *a, const void *b)
{
    const struct entry *x = a;
    const struct entry *y = b;

    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    if (x->in_new != y->in_new)
        return x->in_new ? 1 : -1;
    return strcmp(x->file, y->file);
}

/*
 * new/ and tmp/ that were removed are made again: they hold little, and nobody
 * gets mail without. Not cur/: without it the mail must be somewhere else.
 */
static void
make_part_again(int dir, const char *part)
{
    struct error e;
    struct stat st;

    if (!fs_stat(dir, part, &st, &e) && e.kind == FAIL_NOT_FOUND &&
        fs_stat(dir, "cur", &st, &e) && fs_mkdir(dir, part, 0700, &e))
        fs_sync_dir(dir, ".", &e);
}

static bool
look(struct look *l, int dir, struct error *e)
{
    make_part_again(dir, "new");
    make_part_again(dir, "tmp");
    l->count = 0;
    arena_clear(&l->arena);
    if (!scan_stamp(dir, "new", &l->new_before, e) ||
        !scan_stamp(dir, "cur", &l->cur_before, e) || !list(l, dir, true, e) ||
        !list(l, dir, false, e) || !scan_stamp(dir, "new", &l->new_after, e) ||
        !scan_stamp(dir, "cur", &l->cur_after, e))
        return false;
    if (l->count > 0)
        qsort(l->entries, l->count, sizeof *l->entries, order_entries);
    return true;
}

static bool
is_old(const struct index_stamp *s)
{
    return clock_micros() * 1000 - s->mtime_ns > OLD_NS;
}

static bool
is_stable(const struct look *l, bool same_as_before)
{
    return scan_same_stamp(&l->new_before, &l->new_after) &&
           scan_same_stamp(&l->cur_before, &l->cur_after) &&
           (same_as_before || (is_old(&l->new_after) && is_old(&l->cur_after)));
}

static void
pause_before(unsigned number)
{
    long ms = PAUSE_MS << number;
    struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

    nanosleep(&t, NULL);
}

/* --- comparing --------------------------------------------------------------------- */

static struct scan_known *
find_known(struct scan *s, uint64_t hash)
{
    size_t low = 0;
    size_t high = s->known_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (s->known[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == s->known_count || s->known[low].hash != hash)
        return NULL;
    return &s->known[low];
}

/* Which known files are in the list; the absent ones are those in no look. */
static void
mark_seen(struct scan *s, const struct look *l)
{
    for (size_t i = 0; i < l->count; i++) {
        struct scan_known *k = find_known(s, l->entries[i].hash);

        if (k != NULL)
            k->seen = true;
    }
}

static bool
some_absent(const struct scan *s)
{
    for (size_t i = 0; i < s->known_count; i++)
        if (!s->known[i].seen && (s->known[i].state & INDEX_QUARANTINED) == 0)
            return true;
    return false;
}

static bool
has_usual_name(const struct entry *entry, const struct maildir_name *n)
{
    struct buf usual = { 0 };
    bool same;

    if (entry->in_new)
        return span_eq(n->base, span_of(entry->file));
    maildir_name_put(n->base, n->flags, n->keywords, span_of(""), &usual);
    same = span_eq(buf_span(&usual), span_of(entry->file));
    buf_free(&usual);
    return same;
}

static void
compare_known(struct scan *s, const struct scan_known *k,
              const struct entry *entry)
{
    struct maildir_name n;
    bool was_new = (k->state & INDEX_IN_NEW) != 0;

    maildir_name_parse(span_of(entry->file), &n);
    if (entry->in_new == was_new && n.flags == k->name_flags &&
        n.keywords == k->name_keywords && has_usual_name(entry, &n))
        return;
    s->changed =
        mem_grow(s->changed, (s->changed_count + 1) * sizeof *s->changed);
    s->changed[s->changed_count++] =
        (struct scan_changed){ .uid = k->uid,
                               .flags = n.flags,
                               .keywords = n.keywords,
                               .in_new = entry->in_new };
}

static void
skip(struct scan *s, const char *file)
{
    s->skipped =
        mem_grow(s->skipped, (s->skipped_count + 1) * sizeof *s->skipped);
    s->skipped[s->skipped_count++] = arena_text(&s->arena, span_of(file));
}

/* Sizes: as the name says where the name is ours or says both, else read. */
static bool
measure(struct scan *s, struct scan_found *f, int fd, const struct stat *st,
        struct error *e)
{
    const struct maildir_name *n = &f->name;
    bool ours = n->tag == s->folder->record.tag && n->has_size;
    bool bare;

    f->size = (uint64_t)st->st_size;
    f->date = st->st_mtime;
    f->ctime_ns = st->st_ctim.tv_sec * NS + st->st_ctim.tv_nsec;
    f->torn = s->trust && ours && n->size != f->size;
    f->wire_size = n->has_wire_size ? n->wire_size : f->size;
    if (f->torn ||
        (n->has_size && n->size == f->size && (ours || n->has_wire_size)))
        return true;
    return maildir_wire_size(fd, &f->wire_size, &bare, e);
}

static void
add_found(struct scan *s, const struct entry *entry)
{
    struct scan_found f = { .in_new = entry->in_new };
    struct error e;
    struct stat st;
    char *path;
    int fd;
    bool readable;

    f.file = arena_text(&s->arena, span_of(entry->file));
    maildir_name_parse(span_of(f.file), &f.name);
    path = arena_printf(&s->arena, "%s/%s", entry->in_new ? "new" : "cur",
                        entry->file);
    if (!maildir_open_file(s->folder->dir, path, &fd, &st, &e)) {
        /* Not there any more is nobody's fault. */
        if (e.kind != FAIL_NOT_FOUND)
            skip(s, entry->file);
        return;
    }
    readable = measure(s, &f, fd, &st, &e);
    close(fd);
    if (!readable) {
        skip(s, entry->file);
        return;
    }
    s->found = mem_grow(s->found, (s->found_count + 1) * sizeof *s->found);
    s->found[s->found_count++] = f;
}

static void
drop_second_name(struct scan *s, struct entry *entry)
{
    struct buf path = { 0 };
    struct error e;

    buf_printf(&path, "%s/%s", entry->in_new ? "new" : "cur", entry->file);
    if (fs_unlink(s->folder->dir, buf_text(&path), &e))
        entry->dropped = true;
    buf_free(&path);
}

static bool
stat_entry(struct scan *s, const struct entry *entry, struct stat *st)
{
    struct buf path = { 0 };
    struct error e;
    bool done;

    buf_printf(&path, "%s/%s", entry->in_new ? "new" : "cur", entry->file);
    done = fs_stat(s->folder->dir, buf_text(&path), st, &e);
    buf_free(&path);
    return done;
}

/*
 * Two names with one base, of which `first` comes first (cur/ before new/). Of
 * one and the same file (a crash between link and unlink) the second goes.
 * Otherwise the one changed last keeps the base; returns which.
 */
static struct entry *
settle_double(struct scan *s, struct entry *first, struct entry *second)
{
    struct stat a;
    struct stat b;

    if (!stat_entry(s, first, &a) || !stat_entry(s, second, &b))
        return first;
    if (a.st_ino == b.st_ino && a.st_dev == b.st_dev) {
        if (s->trust)
            drop_second_name(s, second);
        second->dropped = true;
        s->stable = s->stable && s->trust; /* look again */
        return first;
    }
    if (a.st_ctim.tv_sec != b.st_ctim.tv_sec)
        return a.st_ctim.tv_sec > b.st_ctim.tv_sec ? first : second;
    return a.st_ctim.tv_nsec >= b.st_ctim.tv_nsec ? first : second;
}

/* All entries with the hash of entries[at]; returns how many. */
static size_t
compare_group(struct scan *s, struct look *l, size_t at)
{
    struct scan_known *k = find_known(s, l->entries[at].hash);
    struct entry *keeper = &l->entries[at];
    size_t n = 1;

    while (at + n < l->count && l->entries[at + n].hash == keeper->hash)
        keeper = settle_double(s, keeper, &l->entries[at + n++]);
    for (size_t i = at; i < at + n; i++) {
        struct entry *entry = &l->entries[i];

        if (entry->dropped)
            continue;
        if (entry == keeper && k != NULL)
            compare_known(s, k, entry);
        else
            add_found(s, entry);
    }
    return n;
}

static void
compare(struct scan *s, struct look *l)
{
    for (size_t at = 0; at < l->count;)
        at += compare_group(s, l, at);
    for (size_t i = 0; i < s->known_count; i++)
        if (!s->known[i].seen && (s->known[i].state & INDEX_QUARANTINED) == 0)
            numset_add(&s->absent, s->known[i].uid, s->known[i].uid);
    s->new_stamp = l->new_after;
    s->cur_stamp = l->cur_after;
}

static int
order_known(const void *a, const void *b)
{
    const struct scan_known *x = a;
    const struct scan_known *y = b;

    return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static bool
look_often(struct scan *s, struct look *l, struct error *e)
{
    for (unsigned i = 0; i < LOOKS; i++) {
        struct index_stamp new_last = l->new_after;
        struct index_stamp cur_last = l->cur_after;

        if (i > 0)
            pause_before(i - 1);
        if (!look(l, s->folder->dir, e))
            return false;
        mark_seen(s, l);
        s->stable =
            is_stable(l, i > 0 && scan_same_stamp(&new_last, &l->new_before) &&
                             scan_same_stamp(&cur_last, &l->cur_before));
        if (s->stable || !some_absent(s))
            break;
    }
    return true;
}

void
scan_run(struct pool_job *job)
{
    struct scan *s = (struct scan *)job;
    struct look l = { 0 };
    struct error e;

    if (s->known_count > 0)
        qsort(s->known, s->known_count, sizeof *s->known, order_known);
    s->has_control = control_read(s->folder->dir, &s->control, &e);
    s->failed = !look_often(s, &l, &s->e);
    if (!s->failed)
        compare(s, &l);
    arena_clear(&l.arena);
    free(l.entries);
}

void
scan_free(struct scan *s)
{
    arena_clear(&s->arena);
    free(s->known);
    free(s->found);
    free(s->changed);
    free(s->skipped);
    numset_free(&s->absent);
}
