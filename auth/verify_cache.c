#include "auth/verify_cache.h"

#include "auth/limits.h"
#include "base/buf.h"
#include "base/mem.h"
#include "net/crypto.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS    4096 /* 200 KiB */
#define WAYS     4    /* places that one tag may take */
#define RIGHT_MS (10 * 60 * 1000)
#define WRONG_MS (60 * 60 * 1000)

struct entry {
    struct verify_tag tag;
    int64_t until_ms; /* 0: empty */
    bool right;
};

struct verify_cache {
    pthread_mutex_t lock;
    unsigned char key[SHA256_SIZE];
    struct entry entries[SLOTS];
};

struct verify_cache *
verify_cache_new(void)
{
    struct verify_cache *c = mem_take(sizeof *c);

    pthread_mutex_init(&c->lock, NULL);
    crypto_random(c->key, sizeof c->key);
    return c;
}

void
verify_cache_free(struct verify_cache **c)
{
    if (*c == NULL)
        return;
    pthread_mutex_destroy(&(*c)->lock);
    crypto_wipe(*c, sizeof **c);
    free(*c);
    *c = NULL;
}

void
verify_cache_tag(const struct verify_cache *c, struct span user,
                 uint64_t revision, struct span password,
                 struct verify_tag *out)
{
    struct buf said = { .max = 4096 };

    buf_put(&said, span_from(&revision, sizeof revision));
    buf_put(&said, span_sub(user, 0, ADDRESS_MAX));
    buf_put_ch(&said, '\0');
    buf_put(&said, span_sub(password, 0, AUTH_PASSWORD_MAX));
    crypto_hmac_sha256(span_from(c->key, sizeof c->key), buf_span(&said),
                       out->bytes);
    crypto_wipe(said.p, said.cap);
    buf_free(&said);
}

static struct entry *
set_of(struct verify_cache *c, const struct verify_tag *tag)
{
    uint32_t n;

    memcpy(&n, tag->bytes, sizeof n);
    return &c->entries[n % (SLOTS / WAYS) * WAYS];
}

static struct entry *
find(struct verify_cache *c, const struct verify_tag *tag)
{
    struct entry *set = set_of(c, tag);

    for (size_t i = 0; i < WAYS; i++)
        if (set[i].until_ms != 0 &&
            crypto_equal(set[i].tag.bytes, tag->bytes, sizeof tag->bytes))
            return &set[i];
    return NULL;
}

enum cached
verify_cache_get(struct verify_cache *c, const struct verify_tag *tag,
                 int64_t now_ms)
{
    enum cached result = CACHED_NOT;
    struct entry *entry;

    pthread_mutex_lock(&c->lock);
    entry = find(c, tag);
    if (entry != NULL && entry->until_ms > now_ms)
        result = entry->right ? CACHED_RIGHT : CACHED_WRONG;
    if (result == CACHED_WRONG)
        entry->until_ms = now_ms + WRONG_MS;
    pthread_mutex_unlock(&c->lock);
    return result;
}

/* The place of the one that would end first. */
static struct entry *
place_for(struct verify_cache *c, const struct verify_tag *tag)
{
    struct entry *set = set_of(c, tag);
    struct entry *best = find(c, tag);

    if (best != NULL)
        return best;
    best = set;
    for (size_t i = 1; i < WAYS; i++)
        if (set[i].until_ms < best->until_ms)
            best = &set[i];
    return best;
}

void
verify_cache_put(struct verify_cache *c, const struct verify_tag *tag,
                 bool right, int64_t now_ms)
{
    struct entry *entry;

    pthread_mutex_lock(&c->lock);
    entry = place_for(c, tag);
    entry->tag = *tag;
    entry->until_ms = now_ms + (right ? RIGHT_MS : WRONG_MS);
    entry->right = right;
    pthread_mutex_unlock(&c->lock);
}
