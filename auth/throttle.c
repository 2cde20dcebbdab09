#include "auth/throttle.h"

#include "auth/limits.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 8192 /* 256 KiB */
#define WAYS  8    /* places that one key may take */

#define MINUTE_MS ((int64_t)60 * 1000)
#define DAY_MS    (24 * 60 * MINUTE_MS)
#define ONE       1000 /* a failure, in thousandths */

#define ADDRESS_HALF (5 * MINUTE_MS)
#define USER_HALF    (15 * MINUTE_MS)
#define SESSION_HALF (60 * MINUTE_MS)
#define KNOWN_HALF   (30 * DAY_MS)

#define ADDRESS_LIMIT 20
#define ADDRESS_DAY   50
#define NET_LIMIT     80
#define NET_DAY       450
#define USER_LIMIT    20

/* The delay of the n-th failure, in units of the setting. */
static const unsigned char delays[] = { 1, 1, 2, 4, 8, 15 };
#define DELAY_MAX_MS 15000

struct score {
    uint64_t tag; /* keyed hash of the key; 0: empty */
    int64_t at_ms;
    int64_t half_ms;
    uint32_t thousandths; /* at at_ms */
    uint32_t today;       /* failures since day_ms */
    int64_t day_ms;
};

struct throttle {
    pthread_mutex_t lock;
    struct hash_key secret;
    unsigned unit_seconds;
    struct score scores[SLOTS];
};

struct throttle *
throttle_new(unsigned failure_delay_seconds)
{
    struct throttle *t = mem_take(sizeof *t);

    pthread_mutex_init(&t->lock, NULL);
    t->secret = hash_key_random();
    t->unit_seconds = failure_delay_seconds;
    return t;
}

void
throttle_free(struct throttle **t)
{
    if (*t == NULL)
        return;
    pthread_mutex_destroy(&(*t)->lock);
    free(*t);
    *t = NULL;
}

/* --- keys ------------------------------------------------------------------ */

static void
format_v6(const unsigned char *a, size_t octets, char out[THROTTLE_KEY_MAX])
{
    struct in6_addr cut = { 0 };
    char text[INET6_ADDRSTRLEN];

    memcpy(&cut, a, octets);
    if (inet_ntop(AF_INET6, &cut, text, sizeof text) == NULL)
        text[0] = '\0';
    snprintf(out, THROTTLE_KEY_MAX, "%s/%zu", text, octets * 8);
}

static void
format_v4(const unsigned char *a, bool net, char out[THROTTLE_KEY_MAX])
{
    if (net)
        snprintf(out, THROTTLE_KEY_MAX, "%u.%u.%u.0/24", a[0], a[1], a[2]);
    else
        snprintf(out, THROTTLE_KEY_MAX, "%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
}

static void
format_peer(struct span peer, bool net, char out[THROTTLE_KEY_MAX])
{
    static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
    unsigned char a[16];
    char text[THROTTLE_KEY_MAX];

    snprintf(text, sizeof text, "%.*s",
             SPAN(span_sub(peer, 0, span_find(peer, '%'))));
    if (inet_pton(AF_INET, text, a) == 1)
        format_v4(a, net, out);
    else if (inet_pton(AF_INET6, text, a) != 1)
        memcpy(out, text, sizeof text);
    else if (memcmp(a, mapped, sizeof mapped) == 0)
        format_v4(a + sizeof mapped, net, out);
    else
        format_v6(a, net ? 6 : 8, out);
}

void
throttle_address_key(struct span peer, char out[THROTTLE_KEY_MAX])
{
    format_peer(peer, false, out);
}

static uint64_t
tag_of(const struct throttle *t, char kind, struct span first,
       struct span second)
{
    struct buf key = { .max = 1024 };
    uint64_t tag;

    buf_put_ch(&key, kind);
    buf_put(&key, span_sub(first, 0, ADDRESS_MAX));
    buf_put_ch(&key, '\0');
    buf_put(&key, span_sub(second, 0, ADDRESS_MAX));
    tag = hash64(t->secret, buf_span(&key));
    buf_free(&key);
    return tag == 0 ? 1 : tag;
}

static uint64_t
tag_of_address(const struct throttle *t, struct span peer)
{
    char key[THROTTLE_KEY_MAX];

    format_peer(peer, false, key);
    return tag_of(t, 'a', span_of(key), span_of(""));
}

static uint64_t
tag_of_net(const struct throttle *t, struct span peer)
{
    char key[THROTTLE_KEY_MAX];

    format_peer(peer, true, key);
    return tag_of(t, 'n', span_of(key), span_of(""));
}

/* This user's success from this network. */
static uint64_t
tag_of_known(const struct throttle *t, struct span user, struct span peer)
{
    char key[THROTTLE_KEY_MAX];

    format_peer(peer, true, key);
    return tag_of(t, 'k', user, span_of(key));
}

/* --- scores ----------------------------------------------------------------- */

/* Halved for every whole half-life, in a straight line between them. */
static uint32_t
value_of(const struct score *s, int64_t now_ms)
{
    int64_t past = now_ms - s->at_ms;
    int64_t halvings;
    uint64_t n;

    if (s->tag == 0 || past < 0)
        return s->tag == 0 ? 0 : s->thousandths;
    halvings = past / s->half_ms;
    if (halvings > 31)
        return 0;
    n = s->thousandths >> halvings;
    return (uint32_t)(n - n * (uint64_t)(past % s->half_ms) /
                              (uint64_t)(2 * s->half_ms));
}

static struct score *
set_of(struct throttle *t, uint64_t tag)
{
    return &t->scores[tag % (SLOTS / WAYS) * WAYS];
}

static struct score *
find(struct throttle *t, uint64_t tag)
{
    struct score *set = set_of(t, tag);

    for (size_t i = 0; i < WAYS; i++)
        if (set[i].tag == tag)
            return &set[i];
    return NULL;
}

/* Found, or put where the least is lost. */
static struct score *
find_or_make(struct throttle *t, uint64_t tag, int64_t half_ms, int64_t now_ms)
{
    struct score *set = set_of(t, tag);
    struct score *s = find(t, tag);

    if (s != NULL)
        return s;
    s = set;
    for (size_t i = 1; i < WAYS; i++)
        if (value_of(&set[i], now_ms) < value_of(s, now_ms))
            s = &set[i];
    *s = (struct score){
        .tag = tag, .at_ms = now_ms, .half_ms = half_ms, .day_ms = now_ms
    };
    return s;
}

/* One failure more; the score after it. */
static uint32_t
count(struct throttle *t, uint64_t tag, int64_t half_ms, int64_t now_ms)
{
    struct score *s = find_or_make(t, tag, half_ms, now_ms);

    s->thousandths = value_of(s, now_ms) + ONE;
    s->at_ms = now_ms;
    if (now_ms - s->day_ms >= DAY_MS) {
        s->day_ms = now_ms;
        s->today = 0;
    }
    s->today++;
    return s->thousandths;
}

static bool
is_within(struct throttle *t, uint64_t tag, uint32_t limit, uint32_t a_day,
          int64_t now_ms)
{
    const struct score *s = find(t, tag);

    if (s == NULL)
        return true;
    if (value_of(s, now_ms) + ONE / 2 >= limit * ONE)
        return false;
    return s->today < a_day || now_ms - s->day_ms >= DAY_MS;
}

static bool
is_known(struct throttle *t, struct span user, struct span peer, int64_t now_ms)
{
    const struct score *s = find(t, tag_of_known(t, user, peer));

    return s != NULL && value_of(s, now_ms) >= ONE / 2;
}

bool
throttle_allows_peer(struct throttle *t, struct span peer, int64_t now_ms)
{
    bool allowed;

    if (t->unit_seconds == 0)
        return true;
    pthread_mutex_lock(&t->lock);
    allowed = is_within(t, tag_of_address(t, peer), ADDRESS_LIMIT, ADDRESS_DAY,
                        now_ms) &&
              is_within(t, tag_of_net(t, peer), NET_LIMIT, NET_DAY, now_ms);
    pthread_mutex_unlock(&t->lock);
    return allowed;
}

bool
throttle_allows_user(struct throttle *t, struct span user, struct span peer,
                     int64_t now_ms)
{
    bool allowed;

    if (t->unit_seconds == 0)
        return true;
    pthread_mutex_lock(&t->lock);
    allowed = is_within(t, tag_of(t, 'u', user, span_of("")), USER_LIMIT,
                        UINT32_MAX, now_ms) ||
              is_known(t, user, peer, now_ms);
    pthread_mutex_unlock(&t->lock);
    return allowed;
}

static int64_t
delay_for(const struct throttle *t, uint32_t thousandths)
{
    size_t n = (thousandths + ONE / 2) / ONE;
    size_t at = n == 0 ? 0 : n - 1;
    int64_t ms;

    if (at >= sizeof delays)
        at = sizeof delays - 1;
    ms = (int64_t)delays[at] * t->unit_seconds * 1000;
    return ms > DELAY_MAX_MS ? DELAY_MAX_MS : ms;
}

struct throttle_verdict
throttle_failed(struct throttle *t, const struct throttle_who *who,
                bool repeated, int64_t now_ms)
{
    struct throttle_verdict v;
    uint64_t address = tag_of_address(t, who->peer);
    const struct score *s;
    uint32_t score;

    pthread_mutex_lock(&t->lock);
    if (!repeated) {
        score = count(t, address, ADDRESS_HALF, now_ms);
        count(t, tag_of_net(t, who->peer), ADDRESS_HALF, now_ms);
        if (who->user.n > 0)
            count(t, tag_of(t, 'u', who->user, span_of("")), USER_HALF, now_ms);
    } else {
        s = find(t, address);
        score = s == NULL ? 0 : value_of(s, now_ms);
    }
    v.delay_ms = delay_for(t, score);
    v.hang_up = count(t, tag_of(t, 's', who->service, who->session),
                      SESSION_HALF, now_ms) +
                    ONE / 2 >=
                AUTH_SESSION_TRIES * ONE;
    pthread_mutex_unlock(&t->lock);
    return v;
}

/* One's own account must not buy guesses at others: the address's and the
 * network's scores stay. */
void
throttle_succeeded(struct throttle *t, const struct throttle_who *who,
                   int64_t now_ms)
{
    struct score *s;

    pthread_mutex_lock(&t->lock);
    s = find_or_make(t, tag_of_known(t, who->user, who->peer), KNOWN_HALF,
                     now_ms);
    s->thousandths = ONE;
    s->at_ms = now_ms;
    pthread_mutex_unlock(&t->lock);
}
