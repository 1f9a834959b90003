/*
 * foundation/input_file.h - a file to be read, plain or gzipped.
 *
 * "-" is the standard input, which stays open when the file is closed.
 * NULL, and errno says why (0: out of memory).
 */
#ifndef CLINIC_FOUNDATION_INPUT_FILE_H
#define CLINIC_FOUNDATION_INPUT_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <zlib.h>

gzFile clinic_input_open(const char *path);

/*
 * The text bytes read so far are more than any real file packs into what has
 * been read of this one: it was made to keep its reader busy. Real ones reach
 * a fiftieth, deflate ends at a thousandth.
 */
bool clinic_input_is_bloated(gzFile file, uint64_t text_bytes);

#endif
