/*
 * Runs a fuzz target without a fuzzing engine: every file of its corpus
 * (arguments; directories are read), then seeded mutations of them. What a
 * fuzzer found once stays found on every compiler and in `make check`.
 */
#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SEED_MAX  256
#define ROUNDS    4000
#define INPUT_MAX 8192

static struct buf seeds[SEED_MAX];
static size_t seed_count;
static uint64_t state = 0x9e3779b97f4a7c15;

static uint64_t
next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void
run(struct span s)
{
    /* Exact-size heap memory, so that the sanitizer sees one byte too far. */
    uint8_t *copy = malloc(s.n == 0 ? 1 : s.n);

    if (s.n > 0)
        memcpy(copy, s.p, s.n);
    LLVMFuzzerTestOneInput(copy, s.n);
    free(copy);
}

static void
add_file(const char *path)
{
    struct error e;

    if (seed_count == SEED_MAX)
        return;
    if (!fs_read_file(AT_FDCWD, path, &seeds[seed_count], &e))
        die("%s", e.text);
    run(buf_span(&seeds[seed_count++]));
}

static void
add_path(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    char inside[4096];

    if (dir == NULL) {
        add_file(path);
        return;
    }
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name);
        add_file(inside);
    }
    closedir(dir);
}

static void
mutate(struct buf *b)
{
    size_t at = b->n == 0 ? 0 : next_random() % b->n;

    switch (next_random() % 4) {
    case 0:
        if (b->n > 0)
            b->p[at] = (char)next_random();
        break;
    case 1:
        if (b->n > 0)
            b->p[at] ^= (char)(1u << next_random() % 8);
        break;
    case 2:
        b->n = at;
        break;
    default:
        buf_put(b, span_sub(buf_span(&seeds[next_random() % seed_count]), at,
                            next_random() % 64));
    }
}

static void
run_mutations(void)
{
    struct buf b = { .max = INPUT_MAX };

    for (int i = 0; i < ROUNDS; i++) {
        buf_clear(&b);
        buf_put(&b, span_sub(buf_span(&seeds[next_random() % seed_count]), 0,
                             INPUT_MAX));
        for (uint64_t n = 1 + next_random() % 6; n > 0; n--)
            mutate(&b);
        run(buf_span(&b));
    }
    buf_free(&b);
}

int
main(int argc, char **argv)
{
    run(span_of(""));
    for (int i = 1; i < argc; i++)
        add_path(argv[i]);
    if (seed_count > 0)
        run_mutations();
    for (size_t i = 0; i < seed_count; i++)
        buf_free(&seeds[i]);
    printf("%zu passed, 0 failed\n", seed_count + 1);
    return EXIT_SUCCESS;
}
