#include "mailstore/maildir.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "mailstore/maildir_name.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DIR_MODE       0700
#define LITTER_SECONDS (36 * 3600)

static const char *const parts[] = { "tmp", "new", "cur" };

/* Makes the directory; what exists must be one, and no link to one. */
static bool
make_dir(int dir, const char *path, bool *made, struct error *e)
{
    struct stat st;

    *made = fs_mkdir(dir, path, DIR_MODE, e);
    if (*made)
        return true;
    if (e->kind != FAIL_EXISTS)
        return false;
    if (!fs_stat(dir, path, &st, e))
        return false;
    if (!S_ISDIR(st.st_mode))
        return fail(e, FAIL_IO, "%s is no directory", path);
    return true;
}

bool
maildir_make_home(int root, const char *path, bool *made, struct error *e)
{
    char domain[PATH_MAX];
    const char *slash = strchr(path, '/');
    bool new_domain;

    if (slash == NULL || strlen(path) >= sizeof domain)
        return fail(e, FAIL_INVALID, "no account's path: %s", path);
    snprintf(domain, sizeof domain, "%.*s", (int)(slash - path), path);
    if (!make_dir(root, domain, &new_domain, e))
        return false;
    if (new_domain && !fs_sync_dir(root, ".", e))
        return false;
    if (!make_dir(root, path, made, e))
        return false;
    return !*made || fs_sync_dir(root, domain, e);
}

bool
maildir_make_parts(int dir, bool is_inbox, struct error *e)
{
    bool changed = false;

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        bool made;

        if (!make_dir(dir, parts[i], &made, e))
            return false;
        changed |= made;
    }
    if (!is_inbox) {
        int fd;

        if (fs_create(dir, "maildirfolder", 0600, &fd, e)) {
            close(fd);
            changed = true;
        } else if (e->kind != FAIL_EXISTS) {
            return false;
        }
    }
    return !changed || fs_sync_dir(dir, ".", e);
}

void
maildir_path(const char *home, const char *folder, struct buf *out)
{
    buf_put_text(out, home);
    if (strcmp(folder, ".") != 0)
        buf_printf(out, "/%s", folder);
}

/*
 * A folder without cur/ is none: what a crash (or a full disk) left of making
 * it, and its name would be taken for ever. Where there is more than that
 * nothing is removed but empty directories.
 */
static bool
remove_half_made(int dir, const char *path, struct error *e)
{
    char inside[PATH_MAX];

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        snprintf(inside, sizeof inside, "%s/%s", path, parts[i]);
        fs_rmdir(dir, inside, e);
    }
    snprintf(inside, sizeof inside, "%s/maildirfolder", path);
    fs_unlink(dir, inside, e);
    return fs_rmdir(dir, path, e);
}

bool
maildir_make_folder(int root, const char *home, const char *folder, int *dir,
                    struct error *e)
{
    struct buf path = { 0 };
    int fd = -1;
    bool is_inbox = strcmp(folder, ".") == 0;
    bool made = false;
    struct error ignored;

    maildir_path(home, folder, &path);
    if (!is_inbox) {
        made = fs_mkdir(root, buf_text(&path), DIR_MODE, e);
        if (!made || !fs_sync_dir(root, home, e))
            goto undo;
    }
    if (!fs_open_dir(root, buf_text(&path), &fd, e) ||
        !maildir_make_parts(fd, is_inbox, e))
        goto undo;
    buf_free(&path);
    *dir = fd;
    return true;
undo:
    if (fd != -1)
        close(fd);
    if (made)
        remove_half_made(root, buf_text(&path), &ignored);
    buf_free(&path);
    return false;
}

static DIR *
open_list(int root, const char *path, struct error *e)
{
    int fd;
    DIR *d;

    if (!fs_open_dir(root, path, &fd, e))
        return NULL;
    d = fdopendir(fd);
    if (d == NULL) {
        fail_sys(e, "list %s", path);
        close(fd);
    }
    return d;
}

/* One that begins with one ".", and is no link. */
static bool
is_folder_like(int dir, const char *name)
{
    struct error e;
    struct stat st;

    return name[0] == '.' && name[1] != '\0' && name[1] != '.' &&
           name[1] != '#' && fs_stat(dir, name, &st, &e) && S_ISDIR(st.st_mode);
}

/* ... with cur/: else NOT_FOUND, or why nobody can tell. */
static bool
is_folder(int dir, const char *name, struct error *e)
{
    char inside[NAME_MAX + 8];
    struct stat st;

    if (!is_folder_like(dir, name))
        return fail(e, FAIL_NOT_FOUND, "%s is no folder", name);
    snprintf(inside, sizeof inside, "%s/cur", name);
    if (!fs_stat(dir, inside, &st, e))
        return false;
    return S_ISDIR(st.st_mode) ||
           fail(e, FAIL_NOT_FOUND, "%s is no directory", inside);
}

bool
maildir_list(int root, const char *path, struct maildir_folders *f,
             struct error *e)
{
    DIR *d = open_list(root, path, e);
    struct dirent *entry;
    bool fine;

    if (d == NULL)
        return false;
    *f = (struct maildir_folders){ 0 };
    while ((fine = fs_next_entry(d, &entry, e)) && entry != NULL) {
        bool inbox = strcmp(entry->d_name, ".") == 0;

        if (!inbox && !is_folder(dirfd(d), entry->d_name, e)) {
            if (e->kind == FAIL_NOT_FOUND)
                continue;
            fine = false;
            break;
        }
        f->names = mem_grow(f->names, (f->count + 1) * sizeof *f->names);
        snprintf(f->names[f->count++], NAME_MAX + 1, "%s", entry->d_name);
    }
    closedir(d);
    if (!fine)
        maildir_list_free(f);
    return fine;
}

void
maildir_list_free(struct maildir_folders *f)
{
    free(f->names);
    *f = (struct maildir_folders){ 0 };
}

/* Empties the directory at fd: at most DEPTH levels, Maildirs have two. */
#define DEPTH 8

static bool
empty(int dir, const char *path, unsigned depth, struct error *e)
{
    DIR *d = open_list(dir, path, e);
    struct dirent *entry;
    bool done = true;

    if (d == NULL)
        return false;
    while (done && (done = fs_next_entry(d, &entry, e)) && entry != NULL) {
        const char *name = entry->d_name;

        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            continue;
        if (unlinkat(dirfd(d), name, 0) == 0)
            continue;
        if (depth == DEPTH) {
            done = fail(e, FAIL_INVALID, "%s is too deep", path);
            break;
        }
        done =
            empty(dirfd(d), name, depth + 1, e) && fs_rmdir(dirfd(d), name, e);
    }
    closedir(d);
    return done;
}

bool
maildir_remove(int root, const char *path, struct error *e)
{
    return empty(root, path, 0, e) && fs_rmdir(root, path, e);
}

void
maildir_each_litter(int dir, maildir_litter_fn *fn, void *arg)
{
    struct error e;
    DIR *d = open_list(dir, MAILDIR_TMP, &e);
    int64_t before = clock_seconds() - LITTER_SECONDS;
    struct dirent *entry;
    struct stat st;

    if (d == NULL)
        return;
    while ((entry = readdir(d)) != NULL)
        if (fs_stat(dirfd(d), entry->d_name, &st, &e) && S_ISREG(st.st_mode) &&
            st.st_mtime < before && st.st_ctime < before)
            fn(arg, entry->d_name);
    closedir(d);
}

static void
remove_litter(void *arg, const char *file)
{
    const int *dir = arg;
    struct buf path = { 0 };
    struct error e;

    buf_printf(&path, MAILDIR_TMP "/%s", file);
    fs_unlink(*dir, buf_text(&path), &e);
    buf_free(&path);
}

void
maildir_sweep_tmp(int dir)
{
    maildir_each_litter(dir, remove_litter, &dir);
}

void
maildir_sweep_trash(int home)
{
    struct error e;
    DIR *d = open_list(home, ".", &e);
    struct dirent *entry;

    if (d == NULL)
        return;
    while ((entry = readdir(d)) != NULL) {
        const char *name = entry->d_name;

        if (span_starts(span_of(name), MAILDIR_TRASH))
            maildir_remove(home, name, &e);
        else if (is_folder_like(home, name) && !is_folder(home, name, &e) &&
                 e.kind == FAIL_NOT_FOUND)
            remove_half_made(home, name, &e);
    }
    closedir(d);
}

bool
maildir_open_file(int dir, const char *path, int *fd, struct stat *st,
                  struct error *e)
{
    int got = openat(dir, path,
                     O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

    if (got == -1)
        return fail_sys(e, "open %s", path);
    if (fstat(got, st) == -1) {
        fail_sys(e, "look at %s", path);
        goto undo;
    }
    if (!S_ISREG(st->st_mode)) {
        fail(e, FAIL_INVALID, "%s is no plain file", path);
        goto undo;
    }
    *fd = got;
    return true;
undo:
    close(got);
    return false;
}

/* NOT_FOUND, or why nobody can tell. */
static bool
find_in(int dir, const char *part, struct span base, struct buf *path,
        struct error *e)
{
    DIR *d = open_list(dir, part, e);
    struct dirent *entry;
    bool found = false;
    bool fine;

    if (d == NULL)
        return false;
    while ((fine = fs_next_entry(d, &entry, e)) && entry != NULL && !found) {
        struct maildir_name n;

        found = maildir_name_parse(span_of(entry->d_name), &n) &&
                span_eq(n.base, base);
        if (found)
            buf_printf(path, "%s/%s", part, entry->d_name);
    }
    closedir(d);
    return found ||
           (fine && fail(e, FAIL_NOT_FOUND, "no file %.*s", SPAN(base)));
}

bool
maildir_find(int dir, struct span base, struct buf *path, struct error *e)
{
    /* Twice: a file that is renamed meanwhile can be missed once. */
    for (int i = 0; i < 2; i++)
        for (size_t k = sizeof parts / sizeof parts[0]; k > 0; k--)
            if (find_in(dir, parts[k - 1], base, path, e))
                return true;
            else if (e->kind != FAIL_NOT_FOUND)
                return false;
    return false;
}
