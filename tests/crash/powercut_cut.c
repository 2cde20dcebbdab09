/*
 * The cut. In the mode "drop" everything is taken back that is not durable:
 *
 *   1. files get their durable content, size and time, whatever names they have
 *   2. removed directories that are still durable somewhere are made again
 *   3. names that changed go to lost/ (that keeps their inodes)
 *   4. durable names come back: from lost/, as a link, or as a new file with
 *      the content that the descriptor still shows
 *
 * A rename is an addition in one directory and a removal in the other. With
 * only the target flushed a file has both names afterwards; with only the
 * source flushed it has none, and is lost. A directory cannot have two names:
 * it stays where it was flushed last.
 *
 * In the mode "mix" some of the rest survives as well: each name and each
 * write() by the toss of a coin, so that files are torn and directories show a
 * choice of changes out of order. A write() survives as a whole (pages of the
 * index are not torn), and a removal by rename only if the addition does: file
 * systems do not lose renamed files whose names were flushed once.
 */
#include "powercut_model.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* --- content --------------------------------------------------------------- */

static uint64_t dice;

static bool
coin(void)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (dice >> 32 & 1) != 0;
}

/* Some of what was not flushed is on the disk nevertheless. */
static void
mix_file(struct node *n)
{
    struct stat st;

    if (n->durable == DURABLE_EMPTY) {
        n->copy = memfd_create("durable", MFD_CLOEXEC);
        n->durable = DURABLE_COPY;
    }
    if (n->copy < 0 || fstat(n->fd, &st) != 0 ||
        model_copy_ranges(n, coin) != 0)
        model_stop("mix");
    if (n->touched && coin() && ftruncate(n->copy, st.st_size) != 0)
        model_stop("ftruncate");
}

static bool
take_file_back(struct node *n)
{
    struct timespec times[2] = { n->time, n->time };
    struct stat st;
    int to;

    if (n->durable == DURABLE_LIVE ||
        (n->durable == DURABLE_COPY && n->range_count == 0 && !n->touched))
        return false;
    to = model_reopen(n, O_WRONLY | O_TRUNC);
    if (to < 0)
        model_stop("open of a file to be taken back");
    if (n->durable == DURABLE_COPY &&
        (fstat(n->copy, &st) != 0 ||
         model_copy(n->copy, to, 0, st.st_size) != 0 ||
         ftruncate(to, st.st_size) != 0))
        model_stop("taking a file back");
    if (futimens(to, times) != 0)
        model_stop("futimens");
    close(to);
    return true;
}

/* --- names ----------------------------------------------------------------- */

static void
each_change(void (*fn)(struct node *dir, struct change *c))
{
    for (size_t i = 0; i < MODEL_BUCKETS; i++)
        for (struct node *n = model.nodes[i]; n != NULL; n = n->next)
            for (struct change *c = n->changes, *next; c != NULL; c = next) {
                next = c->next;
                fn(n, c);
            }
}

static unsigned *survivors;

static void
survives(struct node *dir, struct change *c)
{
    struct change **at = &dir->changes;

    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    free(c);
    ++*survivors;
}

static void
mix_addition(struct node *dir, struct change *c)
{
    struct node *now = model_at(dir, c->name);

    if (now == NULL || now == c->was)
        return;
    if (coin())
        survives(dir, c);
    else
        now->dropped++;
}

static void
mix_removal(struct node *dir, struct change *c)
{
    if (c->was == NULL || model_at(dir, c->name) != NULL)
        return;
    if (coin() && !(c->moved && c->was->dropped > 0))
        survives(dir, c);
}

static bool
is_gone(const struct node *n)
{
    struct stat st;

    return fstat(n->fd, &st) != 0 || st.st_nlink == 0;
}

/* A removed directory that is still durable is made again, in lost/. */
static void
make_again(struct node *dir, struct change *c)
{
    struct node *n = c->was;
    int fd;

    (void)dir;
    if (n == NULL || !n->is_dir || !is_gone(n))
        return;
    (void)snprintf(n->lost, sizeof n->lost, "%u", model.lost_count++);
    if (mkdirat(model.lost, n->lost, 0700) != 0)
        model_stop("mkdir");
    fd = openat(model.lost, n->lost, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        model_stop("open");
    (void)dup3(fd, n->fd, O_CLOEXEC);
    close(fd);
}

static unsigned *names_back;

static void
move_away(struct node *dir, struct change *c)
{
    struct node *now = model_at(dir, c->name);

    if (now == c->was)
        return;
    ++*names_back;
    if (now == NULL)
        return;
    (void)snprintf(now->lost, sizeof now->lost, "%u", model.lost_count++);
    if (renameat(dir->fd, c->name, model.lost, now->lost) != 0)
        model_stop("rename to lost/");
}

static void
bring_file_back(struct node *dir, const char *name, struct node *n)
{
    struct timespec times[2];
    char path[40];
    struct stat st;
    int from, to;

    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", n->fd);
    if (!is_gone(n)) {
        if (linkat(AT_FDCWD, path, dir->fd, name, AT_SYMLINK_FOLLOW) != 0)
            model_stop("link");
        return;
    }
    from = model_reopen(n, O_RDONLY);
    to = openat(dir->fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (from < 0 || to < 0 || fstat(from, &st) != 0 ||
        model_copy(from, to, 0, st.st_size) != 0 ||
        ftruncate(to, st.st_size) != 0 || fchmod(to, st.st_mode & 07777) != 0)
        model_stop("a removed file");
    times[0] = times[1] = st.st_mtim;
    (void)futimens(to, times);
    close(from);
    close(to);
    to = openat(dir->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    (void)dup3(to, n->fd, O_CLOEXEC); /* further names link to this one */
    close(to);
}

static void
bring_back(struct node *dir, struct change *c)
{
    struct node *n = c->was;

    if (n == NULL || is_gone(dir) || model_at(dir, c->name) != NULL)
        return; /* a directory may be gone for good, its names with it */
    if (!n->is_dir) {
        bring_file_back(dir, c->name, n);
        return;
    }
    if (n->lost[0] == '\0')
        return; /* it is durable elsewhere, and cannot be in two places */
    if (renameat(model.lost, n->lost, dir->fd, c->name) != 0)
        model_stop("rename from lost/");
    n->lost[0] = '\0';
}

struct cut
model_cut(bool mix, uint64_t seed)
{
    struct cut cut = { 0 };

    pthread_mutex_lock(&model.lock);
    model.cut = true;
    dice = seed * 2654435761u + 88172645463325252u;
    survivors = &cut.kept;
    names_back = &cut.names;
    for (size_t i = 0; i < MODEL_BUCKETS; i++)
        for (struct node *n = model.nodes[i]; n != NULL; n = n->next) {
            if (mix && (n->range_count > 0 || n->touched))
                mix_file(n);
            cut.files += take_file_back(n);
        }
    if (mix) {
        each_change(mix_addition);
        each_change(mix_removal);
    }
    each_change(make_again);
    each_change(move_away);
    each_change(bring_back);
    pthread_mutex_unlock(&model.lock);
    return cut;
}
