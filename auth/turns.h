/*
 * At most AUTH_IN_FLIGHT_MAX tries of one address at once, delayed answers
 * included: otherwise delays would be worth nothing against parallel guesses.
 * The others wait their turn, in the order they came.
 */
#ifndef AUTH_TURNS_H
#define AUTH_TURNS_H

#include "auth/throttle.h"

struct turns;

/* A part of the caller's own struct. */
struct turn {
    void (*go)(struct turn *t); /* may be called inside of turns_ask() */
    char address[THROTTLE_KEY_MAX];
    bool has_it;
    bool waits;
    struct turn *next;
};

struct turns *turns_new(void);
void turns_free(struct turns **t);

/* False: too many wait already; go() is not called. */
bool turns_ask(struct turns *t, struct turn *turn);

/* The turn is over, or not wanted any more; harmless if it had none. */
void turns_give_up(struct turns *t, struct turn *turn);

#endif
