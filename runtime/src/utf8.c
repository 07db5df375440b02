#include "utf8.h"

size_t rondo_utf8_length(const unsigned char *at, const unsigned char *end) {
  unsigned lead = at[0];
  if (lead < 0x80)
    return 1;
  size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || (size_t)(end - at) < length)
    return 0;
  /* The second byte's range is narrower where an overlong form, a surrogate or a value too large begins. */
  unsigned least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  unsigned greatest = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (at[1] < least || at[1] > greatest)
    return 0;
  for (size_t i = 2; i < length; ++i)
    if ((at[i] & 0xc0) != 0x80)
      return 0;
  return length;
}

size_t rondo_utf8_write(unsigned long character, char *to) {
  if (character < 0x80) {
    to[0] = (char)character;
    return 1;
  }
  size_t length = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
  for (size_t i = length; i-- > 1; character >>= 6)
    to[i] = (char)(0x80 | (character & 0x3f));
  to[0] = (char)((length == 2 ? 0xc0 : length == 3 ? 0xe0 : 0xf0) | character);
  return length;
}
