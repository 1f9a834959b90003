/*
 * symbols/debug_frames.h - unwind information that only debuggers look for.
 *
 * Programs compiled without .eh_frame (musl, GraalVM, Go, embedded ones) have
 * .debug_frame instead. It may be compressed like other debug sections, or be
 * in the separate debug file only. For a Go program, stripped or not, it can be
 * made from the program's table of functions.
 *
 * Ownership  the caller frees *bytes.
 * Errors     0 or -errno: -ENODATA, -ENOENT: there is none.
 * Read next  symbols/debug_file.h; unwind/module.h, which asks.
 */
#ifndef CLINIC_SYMBOLS_DEBUG_FRAMES_H
#define CLINIC_SYMBOLS_DEBUG_FRAMES_H

#include <stddef.h>
#include <stdint.h>

/* A clinic_find_frames. root_fd is the target's root folder; -1: our own. */
int clinic_debug_frames_find(int fd, const char *path, int root_fd,
			     uint8_t **bytes, size_t *size);

#endif
