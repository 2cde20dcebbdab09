/*
 * A table from byte strings to pointers. Keys are copied; values belong to the
 * caller. The hash is keyed, so a client cannot make it slow.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/span.h"

struct map;

struct map *map_new(void);

/* Frees keys, not values. Accepts NULL. */
void map_free(struct map **m);

size_t map_count(const struct map *m);

/* The value, or NULL. */
void *map_get(const struct map *m, struct span key);

/* Adds or replaces; value is not NULL. Returns the value it replaced, or NULL. */
void *map_put(struct map *m, struct span key, void *value);

/* Returns the value it held, or NULL. */
void *map_remove(struct map *m, struct span key);

/*
 * Walk: *at starts at 0; false at the end. The map may lose the entry just
 * visited during the walk, and must not change in any other way.
 */
bool map_next(const struct map *m, size_t *at, struct span *key, void **value);

#endif
