/*
 * Plain heap memory for what lives as long as its owner. Memory comes zeroed
 * (mem_take, mem_grow's new part excepted). Running out ends the process:
 * limits.h keeps a client from reaching that.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

void *mem_take(size_t n);
void *mem_take_array(size_t count, size_t size);
void *mem_grow(void *p, size_t n);
char *mem_text(const char *text);

#endif
