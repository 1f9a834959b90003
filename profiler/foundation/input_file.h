/*
 * foundation/input_file.h - a file to be read, plain or gzipped.
 *
 * "-" is the standard input, which stays open when the file is closed.
 * NULL, and errno says why (0: out of memory).
 */
#ifndef CLINIC_FOUNDATION_INPUT_FILE_H
#define CLINIC_FOUNDATION_INPUT_FILE_H

#include <zlib.h>

gzFile clinic_input_open(const char *path);

#endif
