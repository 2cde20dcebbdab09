/*
 * What the disk gives: create a file, write it, flush it, link it into place,
 * flush the directory, in several threads; the bare minimum of a durable
 * delivery.
 *
 *   disk DIRECTORY THREADS SECONDS BYTES
 *
 * Prints "files 5120 seconds 2.003". The files stay.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MAX 256

struct writer {
    pthread_t thread;
    unsigned number, files;
    int dir;
    double end;
    const char *bytes;
    size_t size;
};

static void
fail(const char *what)
{
    fprintf(stderr, "disk: %s: %m\n", what);
    exit(1);
}

static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
write_one(struct writer *w)
{
    char name[64], source[64];
    int fd = openat(w->dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

    if (fd < 0 || write(fd, w->bytes, w->size) != (ssize_t)w->size ||
        fsync(fd) != 0)
        fail("file");
    snprintf(name, sizeof name, "%u.%u", w->number, w->files++);
    snprintf(source, sizeof source, "/proc/self/fd/%d", fd);
    if (linkat(AT_FDCWD, source, w->dir, name, AT_SYMLINK_FOLLOW) != 0 ||
        fsync(w->dir) != 0)
        fail("name");
    close(fd);
}

static void *
write_many(void *argument)
{
    struct writer *w = argument;

    while (now() < w->end)
        write_one(w);
    return NULL;
}

int
main(int argc, char **argv)
{
    struct writer writers[THREADS_MAX];

    if (argc != 5) {
        fputs("usage: disk DIRECTORY THREADS SECONDS BYTES\n", stderr);
        return 2;
    }
    int dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    unsigned threads = (unsigned)strtoul(argv[2], NULL, 10), files = 0;
    size_t size = strtoul(argv[4], NULL, 10);
    char *bytes = calloc(1, size + 1);
    if (dir < 0 || bytes == NULL || threads == 0 || threads > THREADS_MAX)
        fail(argv[1]);

    double began = now();
    for (unsigned i = 0; i < threads; i++) {
        writers[i] = (struct writer){ .number = i,
                                      .dir = dir,
                                      .end = began + strtod(argv[3], NULL),
                                      .bytes = bytes,
                                      .size = size };
        if (pthread_create(&writers[i].thread, NULL, write_many, &writers[i]) !=
            0)
            fail("thread");
    }
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(writers[i].thread, NULL);
        files += writers[i].files;
    }
    printf("files %u seconds %.4f\n", files, now() - began);
    free(bytes);
    close(dir);
    return 0;
}
