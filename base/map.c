#include "base/map.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/*
 * Open addressing, linear probing, at most two thirds full (tombstones
 * counted). A slot is empty (key.p NULL, value NULL), dead (key.p NULL, value
 * &dead_mark) or live.
 */
struct slot {
    struct span key;
    uint64_t hash;
    void *value;
};

struct map {
    struct hash_key secret;
    struct slot *slots;
    size_t size;
    size_t live;
    size_t used; /* live and dead */
};

#define SIZE_START 16
#define SIZE_KEPT  256 /* larger ones are given back once they are empty */

static const char dead_mark = 'x';

static void *
dead(void)
{
    return (void *)(uintptr_t)&dead_mark;
}

static bool
is_live(const struct slot *s)
{
    return s->key.p != NULL;
}

static void
start_small(struct map *m)
{
    free(m->slots);
    m->size = SIZE_START;
    m->slots = mem_take_array(m->size, sizeof *m->slots);
    m->used = 0;
}

struct map *
map_new(void)
{
    struct map *m = mem_take(sizeof *m);

    m->secret = hash_key_random();
    start_small(m);
    return m;
}

void
map_free(struct map **m)
{
    if (*m == NULL)
        return;
    for (size_t i = 0; i < (*m)->size; i++)
        free((void *)(uintptr_t)(*m)->slots[i].key.p);
    free((*m)->slots);
    free(*m);
    *m = NULL;
}

size_t
map_count(const struct map *m)
{
    return m->live;
}

static struct slot *
find(const struct map *m, struct span key, uint64_t hash)
{
    size_t at = hash & (m->size - 1);

    for (;; at = (at + 1) & (m->size - 1)) {
        struct slot *s = &m->slots[at];

        if (!is_live(s) && s->value == NULL)
            return NULL;
        if (is_live(s) && s->hash == hash && span_eq(s->key, key))
            return s;
    }
}

static struct slot *
free_slot(const struct map *m, uint64_t hash)
{
    size_t at = hash & (m->size - 1);

    while (is_live(&m->slots[at]) || m->slots[at].value != NULL)
        at = (at + 1) & (m->size - 1);
    return &m->slots[at];
}

static void
rebuild(struct map *m)
{
    struct slot *old = m->slots;
    size_t old_size = m->size;

    if (m->live * 3 >= m->size)
        m->size *= 2;
    m->slots = mem_take_array(m->size, sizeof *m->slots);
    for (size_t i = 0; i < old_size; i++)
        if (is_live(&old[i]))
            *free_slot(m, old[i].hash) = old[i];
    m->used = m->live;
    free(old);
}

void *
map_get(const struct map *m, struct span key)
{
    struct slot *s = find(m, key, hash64(m->secret, key));

    return s == NULL ? NULL : s->value;
}

static struct span
copy_key(struct span key)
{
    char *p = mem_take(key.n + 1);

    if (key.n > 0)
        memcpy(p, key.p, key.n);
    return (struct span){ p, key.n };
}

void *
map_put(struct map *m, struct span key, void *value)
{
    uint64_t hash = hash64(m->secret, key);
    struct slot *s = find(m, key, hash);
    void *before;

    if (value == NULL)
        bug("map_put without a value");
    if (s != NULL) {
        before = s->value;
        s->value = value;
        return before;
    }
    if ((m->used + 1) * 3 > m->size * 2)
        rebuild(m);
    *free_slot(m, hash) = (struct slot){ copy_key(key), hash, value };
    m->live++;
    m->used++;
    return NULL;
}

void *
map_remove(struct map *m, struct span key)
{
    struct slot *s = find(m, key, hash64(m->secret, key));
    void *before;

    if (s == NULL)
        return NULL;
    before = s->value;
    free((void *)(uintptr_t)s->key.p);
    *s = (struct slot){ .value = dead() };
    m->live--;
    if (m->live == 0 && m->size > SIZE_KEPT)
        start_small(m);
    return before;
}

bool
map_next(const struct map *m, size_t *at, struct span *key, void **value)
{
    while (*at < m->size) {
        struct slot *s = &m->slots[(*at)++];

        if (!is_live(s))
            continue;
        *key = s->key;
        *value = s->value;
        return true;
    }
    return false;
}
