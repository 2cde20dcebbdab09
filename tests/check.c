#include "tests/check.h"

#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DIRS_MAX 32

static int passed;
static int failed;
static char *dirs[DIRS_MAX];
static size_t dir_count;

void
check_that(bool ok, const char *file, int line, const char *what,
           const char *fmt, ...)
{
    va_list ap;

    if (ok) {
        passed++;
        return;
    }
    failed++;
    fprintf(stderr, "%s:%d: not so: %s: ", file, line, what);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
}

int
check_report(void)
{
    printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 && passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *f)
{
    (void)st;
    (void)kind;
    (void)f;
    remove(path);
    return 0;
}

static void
remove_dirs(void)
{
    for (size_t i = 0; i < dir_count; i++) {
        nftw(dirs[i], remove_one, 16, FTW_DEPTH | FTW_PHYS);
        free(dirs[i]);
    }
}

const char *
check_dir(void)
{
    const char *base = getenv("TMPDIR");
    char path[4096];

    if (dir_count == DIRS_MAX)
        abort();
    snprintf(path, sizeof path, "%s/pillarbox-test-XXXXXX",
             base == NULL ? "/tmp" : base);
    if (mkdtemp(path) == NULL)
        abort();
    if (dir_count == 0)
        atexit(remove_dirs);
    dirs[dir_count] = strdup(path);
    return dirs[dir_count++];
}
