/* The flags of a compiled executable. */
#ifndef RONDO_SRC_OPTIONS_H
#define RONDO_SRC_OPTIONS_H

#include "rondo/driver.h"

/* What the command line asks for, or the exit code if it is wrong (its message is printed). */
typedef enum rondo_request {
  RONDO_REQUEST_RUN,
  RONDO_REQUEST_HELP,
  RONDO_REQUEST_VERSION,
  RONDO_REQUEST_WRONG
} rondo_request;

/* Parses argv into *options. `room` has 2 * argc places, for the inputs and dims. */
rondo_request rondo_parse_options(int argc, char **argv, rondo_run_options *options, const char **room);

/* Whether inputs and dims are "name=value" with each name once; the message is printed. */
bool rondo_check_options(const rondo_run_options *options);

/* Prints the flags and the model's entry points to stdout. */
void rondo_print_help(const char *program, const rondo_model *model);

#endif
