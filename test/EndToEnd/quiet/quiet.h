/* From a point on, what a call of a model must not do ends the process. */
#ifndef QUIET_H
#define QUIET_H

#include <stddef.h>

/* Exit codes of a process that did it; a system call ends it by SIGSYS. */
enum { QUIET_HEAP = 90, QUIET_LOCK = 91, QUIET_NO_FILTER = 92 };

/* To the end of the process, the heap and locks end it. If QUIET_MARK is in the environment, system calls go
 * on, and a call of getpgid(-1) marks the point in a trace; else all but those of quiet_finish end the
 * process. */
void quiet_begin(void);

/* Marks the end in the trace, if there is one, writes to stdout and ends the process with 0. */
_Noreturn void quiet_finish(const void *data, size_t bytes);

#endif
