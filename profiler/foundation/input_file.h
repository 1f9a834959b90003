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
 * True if more text was unpacked than any real file holds in the bytes that
 * were read: the file was made to keep its reader busy. Real files compress up
 * to 50:1, and deflate up to 1000:1.
 */
bool clinic_input_is_bloated(gzFile file, uint64_t text_bytes);

#endif
