/*
 * utf8.h - characters beyond ASCII.
 *
 * Errors     0 or NULL for what is none.
 * Threads    any number at once.
 */
#ifndef PARSER_UTF8_H
#define PARSER_UTF8_H

#include <stddef.h>

/* Bytes of the sequence at at, 2 to 4; shortest form, no surrogates. */
size_t utf8_sequence(const char *at, const char *end);

/*
 * at: behind the u of an escape. Writes the character, of a surrogate pair
 * too, and moves *out; at most 4 bytes. Returns what stands behind it.
 */
const char *utf8_from_escape(const char *at, const char *end, char **out);

#endif
