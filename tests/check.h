/*
 * The unit tests' only tool. A test is a program: tables of cases, each with a
 * sentence saying why it is there, CHECK() for each expectation, and
 * `return check_report();`, which prints "N passed, N failed".
 */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <stdbool.h>
#include <stdlib.h>

/* CHECK(n == 3, "three parts in %s", name); */
#define CHECK(...)      CHECK_(__VA_ARGS__)
#define CHECK_(ok, ...) check_that((ok), __FILE__, __LINE__, #ok, __VA_ARGS__)

void check_that(bool ok, const char *file, int line, const char *what,
                const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Prints the count; the exit status for main(). */
int check_report(void);

/* A fresh directory below $TMPDIR, removed at exit. The text stays valid. */
const char *check_dir(void);

#endif
