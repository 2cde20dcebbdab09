#include "auth/turns.h"

#include "auth/limits.h"
#include "base/map.h"
#include "base/mem.h"

#include <stdlib.h>

struct place { /* one address */
    unsigned in_flight;
    unsigned waiting;
    struct turn *first, *last;
};

struct turns {
    struct map *places;
};

struct turns *
turns_new(void)
{
    struct turns *t = mem_take(sizeof *t);

    t->places = map_new();
    return t;
}

void
turns_free(struct turns **t)
{
    struct span key;
    void *place;

    if (*t == NULL)
        return;
    for (size_t at = 0; map_next((*t)->places, &at, &key, &place);)
        free(place);
    map_free(&(*t)->places);
    free(*t);
    *t = NULL;
}

static struct place *
place_of(struct turns *t, const struct turn *turn)
{
    struct place *p = map_get(t->places, span_of(turn->address));

    if (p == NULL) {
        p = mem_take(sizeof *p);
        map_put(t->places, span_of(turn->address), p);
    }
    return p;
}

bool
turns_ask(struct turns *t, struct turn *turn)
{
    struct place *p = place_of(t, turn);

    if (p->in_flight < AUTH_IN_FLIGHT_MAX) {
        p->in_flight++;
        turn->has_it = true;
        turn->go(turn);
        return true;
    }
    if (p->waiting == AUTH_WAITING_MAX)
        return false;
    turn->waits = true;
    turn->next = NULL;
    if (p->last != NULL)
        p->last->next = turn;
    else
        p->first = turn;
    p->last = turn;
    p->waiting++;
    return true;
}

static void
leave_queue(struct place *p, struct turn *turn)
{
    struct turn *before = NULL;

    for (struct turn *at = p->first; at != turn; at = at->next)
        before = at;
    if (before != NULL)
        before->next = turn->next;
    else
        p->first = turn->next;
    if (p->last == turn)
        p->last = before;
    p->waiting--;
    turn->waits = false;
}

void
turns_give_up(struct turns *t, struct turn *turn)
{
    struct place *p;
    struct turn *next = NULL;

    if (!turn->has_it && !turn->waits)
        return;
    p = place_of(t, turn);
    if (turn->waits) {
        leave_queue(p, turn);
        return;
    }
    turn->has_it = false;
    p->in_flight--;
    next = p->first;
    if (next != NULL) {
        leave_queue(p, next);
        p->in_flight++;
        next->has_it = true;
    } else if (p->in_flight == 0) {
        free(map_remove(t->places, span_of(turn->address)));
    }
    if (next != NULL)
        next->go(next);
}
