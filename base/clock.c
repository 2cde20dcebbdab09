#include "base/clock.h"

#include <time.h>

static int64_t held_seconds = -1;

int64_t
clock_micros(void)
{
    struct timespec t;

    if (held_seconds >= 0)
        return held_seconds * 1000000;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t
clock_seconds(void)
{
    return clock_micros() / 1000000;
}

int64_t
clock_monotonic_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
clock_hold(int64_t seconds)
{
    held_seconds = seconds;
}
