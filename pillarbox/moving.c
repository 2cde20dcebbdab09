#include "pillarbox/moving.h"

#include "base/cursor.h"
#include "base/fs.h"
#include "base/mem.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- the user -------------------------------------------------------------------- */

struct asking {
    struct cli_wait wait;
    const char *user;
    enum auth_address found;
    bool is_account;
};

static void
on_resolved(void *arg, const struct auth_resolved *r)
{
    struct asking *a = arg;

    a->found = r->what;
    for (size_t i = 0; i < r->count; i++)
        if (span_is(r->targets[i].user, a->user))
            a->is_account = true;
    cli_done(&a->wait, NULL);
}

bool
moving_check_user(struct cli *c, const char *user, struct error *e)
{
    struct asking a = { .wait = { .cli = c }, .user = user };

    auth_resolve(cli_auth(c), span_of(user), on_resolved, &a);
    cli_wait(&a.wait);
    if (a.found == AUTH_UNDECIDED)
        return fail(e, FAIL_UNAVAILABLE, "authd does not answer");
    return a.is_account || fail(e, FAIL_NOT_FOUND, "no such user here");
}

bool
moving_wait(struct cli_wait *w, struct error *e)
{
    bool done = cli_wait(w);

    if (!done)
        *e = w->e;
    *w = (struct cli_wait){ .cli = w->cli };
    return done;
}

static void
ignore_rows(void *arg, const struct store_row *rows, size_t count)
{
    (void)arg;
    (void)rows;
    (void)count;
}

static void
ignore_expunged(void *arg, const struct numset *uids)
{
    (void)arg;
    (void)uids;
}

static void
ignore(void *arg)
{
    (void)arg;
}

const struct store_view_calls moving_quiet = { .added = ignore_rows,
                                               .expunged = ignore_expunged,
                                               .flagged = ignore_rows,
                                               .gone = ignore,
                                               .resync = ignore };

/* uids = range *("," range), range = number [":" number]; number 1*DIGIT */
bool
moving_uids(const char *text, struct numset *uids)
{
    struct cursor c = cursor_on(span_of(text));

    do {
        uint32_t first;
        uint32_t last;

        if (!take_number(&c, &first) || first == 0)
            return false;
        last = first;
        if (take(&c, ':') && (!take_number(&c, &last) || last == 0))
            return false;
        numset_add(uids, first, last);
    } while (take(&c, ','));
    return take_end(&c);
}

/* --- folders ----------------------------------------------------------------------- */

static bool
is_folder(int dir, const char *name)
{
    struct stat st;
    struct error e;
    int fd;
    bool found;

    if (name[0] != '.' || name[1] == '\0' || strcmp(name, "..") == 0 ||
        strlen(name) > NAME_MAX || !fs_open_dir(dir, name, &fd, &e))
        return false;
    found = fstatat(fd, "cur", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISDIR(st.st_mode);
    close(fd);
    return found;
}

static int
order_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void
add_folder(struct moving_folders *f, const char *name)
{
    f->names = mem_grow(f->names, (f->count + 1) * sizeof *f->names);
    snprintf(f->names[f->count++], sizeof *f->names, "%s", name);
}

bool
moving_list_folders(int dir, struct moving_folders *f, struct error *e)
{
    DIR *d;
    int fd;

    *f = (struct moving_folders){ 0 };
    if (!fs_open_dir(dir, ".", &fd, e))
        return false;
    d = fdopendir(fd);
    if (d == NULL) {
        close(fd);
        return fail_sys(e, "read the directory");
    }
    add_folder(f, ".");
    for (struct dirent *entry; (entry = readdir(d)) != NULL;)
        if (is_folder(dir, entry->d_name))
            add_folder(f, entry->d_name);
    closedir(d);
    qsort(f->names, f->count, sizeof *f->names, order_names);
    return true;
}

void
moving_free_folders(struct moving_folders *f)
{
    free(f->names);
    *f = (struct moving_folders){ 0 };
}

/* --- Ctrl-C ------------------------------------------------------------------------- */

void
moving_hold_interrupts(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

bool
moving_is_interrupted(void)
{
    sigset_t waiting;

    return sigpending(&waiting) == 0 && sigismember(&waiting, SIGINT) == 1;
}
