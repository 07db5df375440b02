#include "rondo/driver.h"
#include "array.h"
#include "call.h"
#include "decode.h"
#include "dtype.h"
#include "error.h"
#include "file.h"
#include "inputs.h"
#include "npy.h"
#include "options.h"
#include "print.h"
#include "suggest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* One run and all that it owns. */
typedef struct run {
  const rondo_model *model;
  const rondo_run_options *options;
  const rondo_entry *entry;
  int64_t dims[RONDO_MAX_DIMS], sizes[RONDO_MAX_SIZES];
  rondo_array *arrays; /* arguments, then results */
  DLTensor *views;     /* of arrays */
  DLTensor **tensors;  /* to views */
  void **states;       /* [num_states], memory of their own */
  rondo_weights weights;
  void *scratch;
  uint64_t scratch_bytes;
  rondo_characters characters;
  rondo_error *error;
} run;

static rondo_status find_entry(run *r) {
  const rondo_model *model = r->model;
  const char *name = r->options->entry;
  r->entry = rondo_find_entry(model, name ? name : "forward");
  if (!r->entry && !name && model->num_entries == 1)
    r->entry = &model->entries[0];
  if (r->entry)
    return RONDO_OK;
  RONDO_TEXT(names, 600);
  for (uint32_t i = 0; i < model->num_entries; ++i)
    rondo_append(&names, "%s%s", i ? ", " : "", model->entries[i].name);
  if (!name)
    return rondo_fail(r->error, RONDO_ERROR_ARGUMENT,
                      "model %s has no entry point `forward`: choose one with --entry (%s)", model->name,
                      names.data);
  rondo_nearest nearest = {.wanted = name};
  for (uint32_t i = 0; i < model->num_entries; ++i)
    rondo_nearest_offer(&nearest, model->entries[i].name);
  RONDO_TEXT(hint, 300);
  rondo_append_nearest(&hint, &nearest);
  return rondo_fail(r->error, RONDO_ERROR_ARGUMENT, "model %s has no entry point `%s`%s; it has %s",
                    model->name, name, hint.data, names.data);
}

static rondo_status make_states(run *r) {
  uint64_t bytes[RONDO_MAX_VALUES];
  uint32_t count = r->entry->num_states;
  rondo_status status = rondo_state_bytes(r->model, r->entry, r->dims, bytes, r->error);
  if (status)
    return status;
  r->states = calloc(count + 1, sizeof *r->states);
  if (!r->states)
    return rondo_fail_memory(r->error, (count + 1) * sizeof *r->states);
  for (uint32_t i = 0; i < count; ++i)
    if (!(r->states[i] = rondo_allocate(bytes[i])))
      return rondo_fail_memory(r->error, bytes[i]);
  return RONDO_OK;
}

/* Inputs, and room for the results, states and scratch. */
static rondo_status make_arguments(run *r) {
  const rondo_entry *entry = r->entry;
  uint32_t count = entry->num_args + entry->num_results;
  r->arrays = calloc(count + 1, sizeof *r->arrays);
  r->views = calloc(count + 1, sizeof *r->views);
  r->tensors = calloc(count + 1, sizeof *r->tensors);
  if (!r->arrays || !r->views || !r->tensors)
    return rondo_fail_memory(r->error, (count + 1) * sizeof *r->arrays);
  rondo_status status = rondo_gather_inputs(r->model, entry, r->options, r->dims, r->arrays, r->error);
  if (status)
    return status;
  if ((status = rondo_sizes(r->model, entry, r->dims, r->sizes, r->error)))
    return status;
  for (uint32_t i = 0; i < count; ++i) {
    const rondo_value_info *info =
        i < entry->num_args ? &entry->args[i] : &entry->results[i - entry->num_args];
    const int64_t *shape = r->sizes + info->first_size;
    if (i >= entry->num_args &&
        (status = rondo_array_make(&r->arrays[i], info->dtype, info->rank, shape, r->error)))
      return status;
    r->views[i] = rondo_array_view(&r->arrays[i]);
    r->tensors[i] = &r->views[i];
    /* Now, rather than in the call: a wrong shape is told before large weights are read. */
    if ((status = rondo_check_tensor(entry, info, r->tensors[i], shape, r->dims, r->error)))
      return status;
  }
  r->scratch_bytes = entry->scratch(r->dims);
  r->scratch = rondo_allocate(r->scratch_bytes);
  return r->scratch ? make_states(r) : rondo_fail_memory(r->error, r->scratch_bytes);
}

/* Collects the weights that a file has beyond the model's, for one note. */
typedef struct unused {
  uint32_t count;
  rondo_text *names;
} unused;

static void tell_unused(void *context, const char *name) {
  unused *u = context;
  if (++u->count <= 5)
    rondo_append(u->names, "%s`%s`", u->count > 1 ? ", " : "", name);
}

static rondo_status load(run *r) {
  const rondo_model *model = r->model;
  const rondo_run_options *options = r->options;
  if (!options->weights && model->embedded) {
    r->weights.prepared = model->embedded;
    return RONDO_OK;
  }
  if (model->num_params && !options->weights && !options->has_seed)
    return rondo_fail(r->error, RONDO_ERROR_ARGUMENT,
                      "model %s has %u weights: give --weights F.safetensors, or --seed N to draw them",
                      model->name, model->num_params);
  if (!options->weights) {
    r->weights.prepared = r->weights.memory = rondo_allocate(model->prepared_bytes);
    return r->weights.memory ? rondo_draw_weights(model, options->seed, r->weights.memory, r->error)
                             : rondo_fail_memory(r->error, model->prepared_bytes);
  }
  RONDO_TEXT(names, 900);
  unused u = {0, &names};
  const rondo_unused_weights listener = {tell_unused, &u};
  rondo_status status = rondo_open_weights(model, options->weights, &r->weights, &listener, r->error);
  if (!status && u.count) {
    RONDO_TEXT(note, 2000);
    rondo_append(&note, "%s has %u weight%s that the model does not use: %s%s", options->weights, u.count,
                 u.count > 1 ? "s" : "", names.data, u.count > 5 ? ", ..." : "");
    rondo_clean(note.data);
    fprintf(stderr, "%s: note: %s\n", options->program, note.data);
  }
  return status;
}

static rondo_status reset(run *r) {
  return rondo_reset(r->model, r->entry, r->dims, r->states, r->weights.prepared, r->scratch,
                     r->scratch_bytes, r->error);
}

static rondo_status call(run *r) {
  const rondo_entry *entry = r->entry;
  rondo_array *results = r->arrays + entry->num_args;
  for (uint32_t i = 0; i < entry->num_results; ++i) /* an earlier call has changed those of late axes */
    memcpy(results[i].shape, r->sizes + entry->results[i].first_size,
           entry->results[i].rank * sizeof *results[i].shape);
  rondo_status status =
      rondo_call(r->model, entry, r->dims, (const DLTensor *const *)r->tensors, r->tensors + entry->num_args,
                 r->states, r->weights.prepared, r->scratch, r->scratch_bytes, r->error);
  uint64_t elements;
  for (uint32_t i = 0; i < entry->num_results; ++i)
    rondo_count(results[i].dtype, results[i].rank, results[i].shape, &elements, &results[i].bytes);
  return status;
}

//===--------------------------------------------------------------------===//
// Time
//===--------------------------------------------------------------------===//

static double microseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec * 1e-3;
}

static int compare_times(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static rondo_status measure(run *r) {
  uint32_t n = r->options->time_runs;
  double *times = malloc(n * sizeof *times);
  if (!times)
    return rondo_fail_memory(r->error, n * sizeof *times);
  /* Until caches, page tables and the clock have settled. Each call is a first one: a later one may find its
   * states full. */
  rondo_status status = RONDO_OK;
  double begin = microseconds();
  for (int i = 0; i < 1000 && !status && (i < 2 || microseconds() - begin < 50e3); ++i)
    if (!(status = reset(r)))
      status = call(r);
  for (uint32_t i = 0; i < n && !status; ++i) {
    if ((status = reset(r)))
      break;
    begin = microseconds();
    status = call(r);
    times[i] = microseconds() - begin;
  }
  if (!status) {
    qsort(times, n, sizeof *times, compare_times);
    uint64_t p95 = ((uint64_t)n * 95 + 99) / 100 - 1;
    rondo_times found = {0.5 * (times[(n - 1) / 2] + times[n / 2]), times[0], times[p95]};
    if (r->options->times)
      *r->options->times = found;
    else
      fprintf(stderr, "time: median %.2f min %.2f p95 %.2f (%u runs)\n", found.median, found.least, found.p95,
              n);
  }
  free(times);
  return status;
}

//===--------------------------------------------------------------------===//
// Results
//===--------------------------------------------------------------------===//

static bool decodes(const run *r, uint32_t result) {
  return r->options->decode && rondo_dtype_is_integer(r->entry->results[result].dtype);
}

/* All results are written before the first is renamed: a full disk leaves those of an earlier run. */
static rondo_status write_results(run *r) {
  const char *folder = r->options->output;
  uint32_t count = r->entry->num_results, written = 0, renamed = 0;
  size_t room = strlen(folder) + 32;
  rondo_output *outputs = calloc(count + 1, sizeof *outputs);
  char *paths = calloc(count + 1, room);
  rondo_status status =
      outputs && paths ? rondo_make_folder(folder, r->error) : rondo_fail_memory(r->error, count * room);
  for (; written < count && !status; ++written) {
    snprintf(paths + written * room, room, "%s/%u.npy", folder, written);
    status = rondo_npy_begin(paths + written * room, &r->arrays[r->entry->num_args + written],
                             &outputs[written], r->error);
  }
  written -= written && status; /* the one that failed has abandoned itself */
  for (; renamed < written && !status; ++renamed)
    status = rondo_output_finish(&outputs[renamed], r->error);
  for (; renamed < written; ++renamed)
    rondo_output_abandon(&outputs[renamed]);
  free(outputs);
  free(paths);
  return status;
}

static rondo_status print_results(run *r) {
  rondo_status status = RONDO_OK;
  for (uint32_t i = 0; i < r->entry->num_results && !status; ++i)
    if (decodes(r, i))
      status = rondo_check_decodable(&r->characters, &r->arrays[r->entry->num_args + i],
                                     r->entry->results[i].name, r->error);
  if (status)
    return status;
  for (uint32_t i = 0; i < r->entry->num_results; ++i) {
    const rondo_array *array = &r->arrays[r->entry->num_args + i];
    if (r->options->output && !decodes(r, i))
      continue;
    RONDO_TEXT(type, 800);
    rondo_append_type(&type, array->dtype, array->rank, array->shape);
    int indent = printf("%u: %s = ", i, type.data);
    if (decodes(r, i))
      rondo_print_text(stdout, &r->characters, array);
    else
      rondo_print_array(stdout, array, indent);
    printf("\n");
  }
  return RONDO_OK;
}

/* What was printed may have been lost: a full disk shows here. */
static rondo_status flush(rondo_error *error) {
  errno = 0;
  if (fflush(stdout) == 0 && !ferror(stdout))
    return RONDO_OK;
  return rondo_fail(error, RONDO_ERROR_FILE, "writing to stdout: %s", errno ? strerror(errno) : "failed");
}

//===--------------------------------------------------------------------===//
// A run
//===--------------------------------------------------------------------===//

static rondo_status run_steps(run *r) {
  const rondo_run_options *options = r->options;
  rondo_status status = rondo_check_model(r->model, r->error);
  if (status)
    return status;
  if (options->save_prepared)
    return (status = load(r))
               ? status
               : rondo_save_prepared(r->model, options->save_prepared, r->weights.prepared, r->error);
  if ((status = find_entry(r)) ||
      (options->decode && (status = rondo_characters_read(options->decode, &r->characters, r->error))) ||
      (status = make_arguments(r)) || (status = load(r)) || (status = reset(r)) || (status = call(r)) ||
      (options->output && (status = write_results(r))) || (status = print_results(r)) ||
      (status = flush(r->error)))
    return status;
  return options->time_runs ? measure(r) : RONDO_OK;
}

static void free_run(run *r) {
  for (uint32_t i = 0; r->arrays && i < r->entry->num_args + r->entry->num_results; ++i)
    rondo_array_free(&r->arrays[i]);
  free(r->arrays);
  free(r->views);
  free(r->tensors);
  for (uint32_t i = 0; r->states && i < r->entry->num_states; ++i)
    rondo_free(r->states[i]);
  free(r->states);
  rondo_close_weights(&r->weights);
  rondo_free(r->scratch);
  rondo_characters_free(&r->characters);
}

static int report(const char *program, const rondo_error *error) {
  if (error->file)
    fprintf(stderr, "%s:%u:%u: error: %s\n", error->file, error->line, error->column, error->message);
  else
    fprintf(stderr, "%s: error: %s\n", program, error->message);
  return 1;
}

int rondo_run_model(const rondo_model *model, const rondo_run_options *options) {
  rondo_error error;
  run r;
  memset(&r, 0, sizeof r);
  r.model = model;
  r.options = options;
  r.error = &error;
  if (!rondo_check_options(options))
    return 2;
  rondo_status status = run_steps(&r);
  free_run(&r);
  return status ? report(options->program, &error) : 0;
}

//===--------------------------------------------------------------------===//
// main
//===--------------------------------------------------------------------===//

/* A closed stdin, stdout or stderr would lend its number to the next file that is opened. What stands in
 * for it cannot be used either. */
static void occupy_standard_streams(void) {
  for (int i = 0; i < 3; ++i)
    if (fcntl(i, F_GETFD) < 0 && errno == EBADF)
      open("/dev/null", i == 0 ? O_WRONLY : O_RDONLY);
}

int rondo_main(int argc, char **argv, const rondo_model *model) {
  occupy_standard_streams();
  signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error like a full disk */
  signal(SIGXFSZ, SIG_IGN); /* and so is a file that is larger than the user may write */
  rondo_run_options options;
  memset(&options, 0, sizeof options);
  const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
  options.program = slash ? slash + 1 : argc > 0 ? argv[0] : "rondo";
  const char **room = calloc(2 * (size_t)argc + 1, sizeof *room);
  if (!room)
    return 1;
  int code = 0;
  rondo_error error;
  switch (rondo_parse_options(argc, argv, &options, room)) {
  case RONDO_REQUEST_RUN:
    code = rondo_run_model(model, &options);
    break;
  case RONDO_REQUEST_WRONG:
    code = 2;
    break;
  case RONDO_REQUEST_HELP:
    rondo_print_help(options.program, model);
    break;
  case RONDO_REQUEST_VERSION:
    printf("%s (rondo %s, ABI %d)\n", model->name, rondo_version(), RONDO_ABI_VERSION);
    break;
  }
  free(room);
  if (code == 0 && flush(&error))
    code = report(options.program, &error);
  return code;
}
