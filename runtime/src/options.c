#include "options.h"
#include "dtype.h"
#include "inputs.h"
#include "suggest.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* One table for parsing, suggestions and help. */
typedef enum flag {
  ENTRY,
  WEIGHTS,
  SEED,
  INPUT,
  DIM,
  OUTPUT,
  DECODE,
  TIME,
  SAVE_PREPARED,
  HELP,
  VERSION,
  NUM_FLAGS
} flag;

static const struct {
  const char *name, *value, *help;
} flags[NUM_FLAGS] = {
    [ENTRY] = {"--entry", "NAME", "the entry point: forward, or the only one"},
    [WEIGHTS] = {"--weights", "F.safetensors", "weights, by PyTorch's keys; or a file of prepared ones"},
    [SEED] = {"--seed", "N", "draw weights, unless --weights is given, and inputs that are not given"},
    [INPUT] = {"--input", "x=F.npy", "an argument; n=5 and temp=0.7 for numbers"},
    [DIM] = {"--dim", "T=128", "a size of inputs that are drawn"},
    [OUTPUT] = {"--output", "DIR", "write results to DIR/0.npy, DIR/1.npy, ... instead of printing them"},
    [DECODE] = {"--decode", "CHARS.txt", "print integer results as characters of this file"},
    [TIME] = {"--time", "N", "measure N calls, in microseconds"},
    [SAVE_PREPARED] = {"--save-prepared", "FILE",
                       "write the prepared weights, which --weights maps, and stop"},
    [HELP] = {"--help", NULL, "this text"},
    [VERSION] = {"--version", NULL, "the model's name, rondo's version"},
};

/* Length of the flag's name in the argument, which may be "--flag=value"; 0 if it is another flag. */
static size_t match(const char *argument, flag f) {
  size_t length = strlen(flags[f].name);
  if (strncmp(argument, flags[f].name, length) != 0)
    return 0;
  return argument[length] == 0 || (argument[length] == '=' && flags[f].value) ? length : 0;
}

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void complain(const char *program, const char *format, ...) {
  char text[1000];
  va_list values;
  va_start(values, format);
  vsnprintf(text, sizeof text, format, values);
  va_end(values);
  rondo_clean(text);
  fprintf(stderr, "%s: error: %s\n", program, text);
}

static rondo_request wrong_argument(const char *program, const char *argument) {
  if (argument[0] != '-') {
    complain(program, "unexpected argument `%s`", argument);
    return RONDO_REQUEST_WRONG;
  }
  rondo_nearest nearest = {.wanted = argument};
  for (int f = 0; f < NUM_FLAGS; ++f)
    rondo_nearest_offer(&nearest, flags[f].name);
  RONDO_TEXT(hint, 200);
  rondo_append_nearest(&hint, &nearest);
  complain(program, "unknown flag `%s`%s; --help lists them", argument, hint.data);
  return RONDO_REQUEST_WRONG;
}

/* Puts a flag's value into its place. False if it is no legal one. */
static bool set(rondo_run_options *options, flag f, const char *value, const char **inputs,
                const char **dims) {
  uint64_t number;
  switch (f) {
  case ENTRY:
    options->entry = value;
    return true;
  case WEIGHTS:
    options->weights = value;
    return true;
  case SAVE_PREPARED:
    options->save_prepared = value;
    return true;
  case OUTPUT:
    options->output = value;
    return true;
  case DECODE:
    options->decode = value;
    return true;
  case INPUT:
    inputs[options->num_inputs++] = value;
    return true;
  case DIM:
    dims[options->num_dims++] = value;
    return true;
  case SEED:
    options->has_seed = true;
    return rondo_parse_count(value, UINT64_MAX, &options->seed);
  case TIME:
    if (!rondo_parse_count(value, 10000000, &number) || number == 0)
      return false;
    options->time_runs = (uint32_t)number;
    return true;
  default:
    return true;
  }
}

rondo_request rondo_parse_options(int argc, char **argv, rondo_run_options *options, const char **room) {
  const char **inputs = room, **dims = room + argc;
  options->inputs = inputs;
  options->dims = dims;
  for (int i = 1; i < argc; ++i) {
    int f = 0;
    size_t length = 0;
    while (f < NUM_FLAGS && !(length = match(argv[i], (flag)f)))
      ++f;
    if (f == HELP || f == VERSION)
      return f == HELP ? RONDO_REQUEST_HELP : RONDO_REQUEST_VERSION;
    if (f == NUM_FLAGS)
      return wrong_argument(options->program, argv[i]);
    const char *value = argv[i][length] ? argv[i] + length + 1 : ++i < argc ? argv[i] : "";
    if (*value == 0) {
      complain(options->program, "%s wants a value: %s %s", flags[f].name, flags[f].name, flags[f].value);
      return RONDO_REQUEST_WRONG;
    }
    if (!set(options, (flag)f, value, inputs, dims)) {
      complain(options->program, "%s wants a whole number%s, not `%s`", flags[f].name,
               f == TIME ? " from 1 to 10000000" : " below 2^64", value);
      return RONDO_REQUEST_WRONG;
    }
  }
  return rondo_check_options(options) ? RONDO_REQUEST_RUN : RONDO_REQUEST_WRONG;
}

static bool check_assignments(const char *program, flag f, const char *const *texts, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    size_t length = rondo_name_length(texts[i]);
    if (length == 0 || texts[i][length + 1] == 0) {
      complain(program, "%s wants %s, not `%s`", flags[f].name, flags[f].value, texts[i]);
      return false;
    }
    for (uint32_t k = 0; k < i; ++k)
      if (rondo_name_length(texts[k]) == length && !memcmp(texts[k], texts[i], length)) {
        complain(program, "%s gives `%.*s` twice", flags[f].name, (int)length, texts[i]);
        return false;
      }
  }
  return true;
}

/* --save-prepared calls nothing: what asks for a call is a mistake. */
static bool check_alone(const rondo_run_options *options) {
  if (!options->save_prepared || !(options->entry || options->num_inputs || options->num_dims ||
                                   options->output || options->decode || options->time_runs))
    return true;
  complain(options->program, "%s stops before a call: it goes with --weights and --seed alone",
           flags[SAVE_PREPARED].name);
  return false;
}

bool rondo_check_options(const rondo_run_options *options) {
  return check_alone(options) &&
         check_assignments(options->program, INPUT, options->inputs, options->num_inputs) &&
         check_assignments(options->program, DIM, options->dims, options->num_dims);
}

//===--------------------------------------------------------------------===//
// Help
//===--------------------------------------------------------------------===//

/* The descriptor holds shapes as code. A size is named by how it follows the dims: a constant follows none,
 * the dim T follows T alone and equals it; anything else is "?". */
static void print_size(const rondo_entry *entry, uint32_t index) {
  int64_t dims[RONDO_MAX_DIMS], sizes[RONDO_MAX_SIZES];
  enum { LOW = 4, HIGH = 1009 };
  for (uint32_t i = 0; i < entry->num_dims; ++i)
    dims[i] = LOW;
  entry->shapes(dims, sizes);
  int64_t low = sizes[index];
  int follows = -1, count = 0;
  for (uint32_t i = 0; i < entry->num_dims; ++i) {
    dims[i] = HIGH;
    entry->shapes(dims, sizes);
    if (sizes[index] != low) {
      ++count;
      follows = low == LOW && sizes[index] == HIGH ? (int)i : -1;
    }
    dims[i] = LOW;
  }
  if (count == 0)
    printf("%" PRId64, low);
  else
    printf("%s", count == 1 && follows >= 0 ? entry->dims[follows].name : "?");
}

static void print_type(const rondo_entry *entry, const rondo_value_info *info) {
  printf("%s", rondo_dtype_name(info->dtype));
  for (uint32_t axis = 0; axis < info->rank; ++axis) {
    printf(axis ? ", " : "[");
    printf(info->late_axes >> axis & 1 ? "<= " : "");
    print_size(entry, info->first_size + axis);
  }
  printf(info->rank ? "]" : "");
}

static void print_default(const rondo_value_info *info) {
  if (!info->default_value)
    return;
  if (rondo_dtype_is_float(info->dtype))
    printf(" = %g", rondo_load_float(info->dtype, info->default_value, 0));
  else if (info->dtype == RONDO_BOOL)
    printf(" = %s", rondo_load_integer(info->dtype, info->default_value, 0) ? "true" : "false");
  else
    printf(" = %" PRId64, rondo_load_integer(info->dtype, info->default_value, 0));
}

static void print_entry(const rondo_entry *entry) {
  printf("  %s(", entry->name);
  const char *comma = "";
  for (uint32_t i = 0; i < entry->num_dims; ++i)
    if (entry->dims[i].arg < 0) {
      printf("%s%s: int", comma, entry->dims[i].name);
      if (entry->dims[i].has_default)
        printf(" = %" PRId64, entry->dims[i].default_value);
      comma = ", ";
    }
  for (uint32_t i = 0; i < entry->num_args; ++i) {
    printf("%s%s: ", comma, entry->args[i].name);
    print_type(entry, &entry->args[i]);
    print_default(&entry->args[i]);
    comma = ", ";
  }
  printf(") -> ");
  for (uint32_t i = 0; i < entry->num_results; ++i) {
    printf(i ? ", " : "");
    print_type(entry, &entry->results[i]);
  }
  printf("\n");
}

void rondo_print_help(const char *program, const rondo_model *model) {
  printf("Runs the model %s, which has %u weights.\n\nUsage: %s [flags]\n\nEntry points:\n", model->name,
         model->num_params, program);
  for (uint32_t i = 0; i < model->num_entries; ++i)
    print_entry(&model->entries[i]);
  printf("\nFlags:\n");
  for (int f = 0; f < NUM_FLAGS; ++f)
    printf("  %-15s %-14s %s\n", flags[f].name, flags[f].value ? flags[f].value : "", flags[f].help);
}
