/*
 * Calls that fail for a while, on chosen paths: what a disk that is dying, or
 * a cable that is loose, does to those above.
 *
 *   fail OPERATION ERRNO PART [TIMES]   where the path contains PART, from now
 *                                       on or so many times
 *   fine                                no more
 *
 * A call has the path of its file, or of its directory and the name in it.
 */
#include "powercut_fault.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FAULTS_MAX 16
#define PATH_ROOM  4096

struct fault {
    char operation[16];
    char part[64];
    int number;
    unsigned times; /* 0: always */
    unsigned done;
};

static struct fault faults[FAULTS_MAX];
static unsigned fault_count;
static unsigned long hits;

static void
path_of(const struct node *n, const char *name, char path[PATH_ROOM])
{
    char link[40];
    ssize_t got;

    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", n->fd);
    got = readlink(link, path, PATH_ROOM - 300);
    if (got < 0)
        got = 0;
    path[got] = '\0';
    if (name != NULL)
        (void)snprintf(path + got, 300, "/%s", name);
}

int
fault_of(const char *operation, const struct node *n, const char *name)
{
    char path[PATH_ROOM];

    if (fault_count == 0)
        return 0;
    path_of(n, name, path);
    for (unsigned i = 0; i < fault_count; i++) {
        struct fault *f = &faults[i];

        if (strcmp(f->operation, operation) != 0 ||
            strstr(path, f->part) == NULL ||
            (f->times > 0 && f->done == f->times))
            continue;
        f->done++;
        hits++;
        return f->number;
    }
    return 0;
}

bool
fault_command(const char *line)
{
    struct fault f = { 0 };

    model_enter();
    if (strcmp(line, "fine\n") == 0) {
        printf("fine: %lu\n", hits);
        fault_count = 0;
        hits = 0;
    } else if (fault_count < FAULTS_MAX &&
               sscanf(line, "fail %15s %d %63s %u", f.operation, &f.number,
                      f.part, &f.times) >= 3) {
        faults[fault_count++] = f;
        printf("fails\n");
    } else {
        model_leave();
        return false;
    }
    model_leave();
    fflush(stdout);
    return true;
}
