/*
 * foundation/input_file.h - opens a file for reading, plain or gzipped.
 *
 * The path "-" means the standard input, which stays open when the file is
 * closed.
 *
 * Ownership  the caller closes the file by gzclose().
 * Errors     NULL, and errno says why (0: there is no memory).
 */
#ifndef CLINIC_FOUNDATION_INPUT_FILE_H
#define CLINIC_FOUNDATION_INPUT_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <zlib.h>

gzFile clinic_input_open(const char *path);

/*
 * Has more text been unpacked than any real file contains in the bytes that
 * were read? Such a file was made to keep its reader busy. Real files compress
 * up to 50:1, but deflate can compress 1000:1; the limit is 200:1, after 64
 * MiB.
 */
bool clinic_input_is_bloated(gzFile file, uint64_t text_bytes);

#endif
