/* What compiled models need of a C library. The barriers keep a compiler from making calls of these same
 * functions out of the loops. */
#include <stddef.h>

static void copy_up(char *to, const char *from, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) {
    to[i] = from[i];
    __asm__("" ::: "memory");
  }
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes) {
  copy_up(to, from, bytes);
  return to;
}

void *memmove(void *to, const void *from, size_t bytes) {
  if ((char *)to <= (const char *)from)
    copy_up(to, from, bytes);
  else
    while (bytes-- > 0) {
      ((char *)to)[bytes] = ((const char *)from)[bytes];
      __asm__("" ::: "memory");
    }
  return to;
}

void *memset(void *to, int value, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) {
    ((char *)to)[i] = (char)value;
    __asm__("" ::: "memory");
  }
  return to;
}
