/* Linux by system calls alone, in the place of a board's start-up code and serial port. */
#ifndef START_H
#define START_H

#include <stddef.h>

/* The program; its result is the exit code. */
int run(void);

/* Writes to stdout; returns 0, or 1 if it fails. */
int write_all(const void *data, size_t bytes);

#endif
