/*
 * A borrowed run of bytes. It never outlives what it points into, it may hold
 * NULs, and an empty span may have p == NULL. Comparisons "nocase" fold ASCII
 * letters only, as the mail protocols do.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>

struct span {
    const char *p;
    size_t n;
};

/* For printf("%.*s", SPAN(s)). */
#define SPAN(s) (int)(s).n, (s).p

struct span span_of(const char *text);
struct span span_from(const void *p, size_t n);

bool span_is(struct span s, const char *text);
bool span_is_nocase(struct span s, const char *text);
bool span_eq(struct span a, struct span b);
bool span_eq_nocase(struct span a, struct span b);
bool span_starts(struct span s, const char *prefix);
bool span_starts_nocase(struct span s, const char *prefix);
bool span_ends(struct span s, const char *suffix);
bool span_has(struct span s, char ch);

/* <0, 0, >0 as memcmp; the shorter one first where one begins the other. */
int span_cmp(struct span a, struct span b);

/* Index of ch, or s.n when it is not there. */
size_t span_find(struct span s, char ch);

/* True, and *at is the offset, when needle occurs in s. */
bool span_search(struct span s, struct span needle, size_t *at);
bool span_search_nocase(struct span s, struct span needle, size_t *at);

/* The bytes from `from`, at most n of them; never past the end. */
struct span span_sub(struct span s, size_t from, size_t n);

/* Everything from `from` on. */
struct span span_after(struct span s, size_t from);

/* Without spaces and tabs at both ends. */
struct span span_trim(struct span s);

/*
 * Cut *rest at the first ch: *out is what stands before it, *rest what stands
 * behind it. Without ch, *out is all and *rest is empty. False when *rest was
 * empty (p == NULL) to begin with, so it drives a loop.
 */
bool span_cut(struct span *rest, char ch, struct span *out);

char ascii_lower(char ch);
bool ascii_is_alpha(char ch);
bool ascii_is_digit(char ch);

#endif
