/* UTF-8, strictly: no overlong forms, no surrogates. */
#ifndef RONDO_SRC_UTF8_H
#define RONDO_SRC_UTF8_H

#include <stddef.h>

/* Bytes of the character at `at`, 1 to 4; 0 if what stands there is none. at < end. */
size_t rondo_utf8_length(const unsigned char *at, const unsigned char *end);

/* Writes a character (below 0x110000) to `to` and returns its bytes, 1 to 4. */
size_t rondo_utf8_write(unsigned long character, char *to);

#endif
