/*
 * Time. Wall clock for what is stored and shown, monotonic for durations. A
 * test may hold the wall clock still.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Seconds since 1970, UTC. */
int64_t clock_seconds(void);

/* Microseconds since 1970, UTC. */
int64_t clock_micros(void);

/* Milliseconds since some start; never goes back. */
int64_t clock_monotonic_ms(void);

/* For tests: the wall clock stands at this second; -1 lets it run again. */
void clock_hold(int64_t seconds);

#endif
