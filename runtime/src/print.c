#include "print.h"
#include "array.h"
#include "dtype.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { SHORTEN_ABOVE = 100, EDGE = 3, COLUMNS = 100 };

typedef struct printer {
  FILE *out;
  const rondo_array *array;
  const char *format; /* of floats */
  bool shorten, lines;
  int indent, column;
  int width;      /* of the widest element */
  uint64_t shown; /* number of elements */
  double largest; /* magnitude of a finite float */
  bool whole;     /* all finite floats are integers */
} printer;

typedef void visitor(printer *p, uint64_t i);

/* Calls `visit` for each element that is shown, in order; where it prints, brackets and commas go around. */
static void walk(printer *p, visitor *visit, bool print, uint32_t axis, uint64_t begin, uint64_t count) {
  if (axis == p->array->rank) {
    visit(p, begin);
    return;
  }
  uint64_t n = (uint64_t)p->array->shape[axis], inner = n ? count / n : 0;
  bool last_axis = axis + 1 == p->array->rank;
  if (print)
    p->column += fprintf(p->out, "[");
  for (uint64_t i = 0; i < n; ++i) {
    bool gap = p->shorten && n > 2 * EDGE && i == EDGE;
    bool full = last_axis && p->column + 2 + p->width > COLUMNS;
    bool breaks = i && p->lines && (!last_axis || full);
    if (print && i)
      p->column += fprintf(p->out, breaks ? "," : ", ");
    if (print && breaks)
      p->column = fprintf(p->out, "\n%*s", p->indent + (int)axis + 1, "") - 1;
    if (gap) {
      if (print)
        p->column += fprintf(p->out, "...");
      i = n - EDGE - 1;
      continue;
    }
    walk(p, visit, print, axis + 1, begin + i * inner, inner);
  }
  if (print)
    p->column += fprintf(p->out, "]");
}

static int format_element(const printer *p, uint64_t i, char *text, size_t size) {
  uint32_t dtype = p->array->dtype;
  if (dtype == RONDO_BOOL)
    return snprintf(text, size, "%s", rondo_load_integer(dtype, p->array->data, i) ? "true" : "false");
  if (rondo_dtype_is_integer(dtype))
    return snprintf(text, size, "%" PRId64, rondo_load_integer(dtype, p->array->data, i));
  double value = rondo_load_float(dtype, p->array->data, i);
  if (isnan(value))
    return snprintf(text, size, "nan");
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#endif
  return snprintf(text, size, isinf(value) ? "%f" : p->format, value);
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
}

static void measure_value(printer *p, uint64_t i) {
  if (!rondo_dtype_is_float(p->array->dtype))
    return;
  double value = fabs(rondo_load_float(p->array->dtype, p->array->data, i));
  if (!isfinite(value))
    return;
  p->largest = fmax(p->largest, value);
  p->whole &= value == floor(value);
}

static void measure_width(printer *p, uint64_t i) {
  char text[64];
  int width = format_element(p, i, text, sizeof text);
  if (width > p->width)
    p->width = width;
  ++p->shown;
}

static void print_element(printer *p, uint64_t i) {
  char text[64];
  format_element(p, i, text, sizeof text);
  p->column += fprintf(p->out, "%*s", p->lines ? p->width : 0, text);
}

void rondo_print_array(FILE *out, const rondo_array *array, int indent) {
  uint64_t elements = rondo_array_elements(array);
  printer p;
  memset(&p, 0, sizeof p);
  p.out = out;
  p.array = array;
  p.shorten = elements > SHORTEN_ABOVE;
  p.indent = p.column = indent;
  p.whole = true;
  if (elements == 0) {
    fputs("[]", out);
    return;
  }
  walk(&p, measure_value, false, 0, 0, elements);
  bool scale = p.largest >= 1e6 || (p.largest > 0 && p.largest < 1e-3);
  p.format = scale ? "%.4e" : p.whole ? "%.0f." : "%.4f";
  walk(&p, measure_width, false, 0, 0, elements);
  p.lines = p.shown > (uint64_t)(COLUMNS - indent > 0 ? COLUMNS - indent : 0) / (uint64_t)(p.width + 2);
  walk(&p, print_element, true, 0, 0, elements);
}
