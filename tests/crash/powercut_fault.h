/* Calls that are told to fail. See powercut_fault.c. */
#ifndef TESTS_CRASH_POWERCUT_FAULT_H
#define TESTS_CRASH_POWERCUT_FAULT_H

#include "powercut_model.h"

/* The errno that this call fails with, or 0. Between model_enter() and
 * model_leave(). name: in the directory n, or NULL for n itself. */
int fault_of(const char *operation, const struct node *n, const char *name);

/* False where the line is none of its commands. Not after a cut. */
bool fault_command(const char *line);

#endif
