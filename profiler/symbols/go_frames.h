/*
 * symbols/go_frames.h - unwind information of a stripped Go program.
 *
 * Go makes .debug_frame from the table by which its runtime unwinds. A stripped
 * program still has that table, so we make the section from it again. Ours also
 * says where the frame pointer is saved, and that a stack begins at a function
 * that switches to it (runtime.systemstack, runtime.mcall).
 *
 * Ownership  the caller frees *bytes.
 * Errors     0 or -errno: those of go_functions.h; -ENOTSUP on a machine where
 *            Go code saves return addresses elsewhere.
 * Read next  symbols/debug_frames.h.
 */
#ifndef CLINIC_SYMBOLS_GO_FRAMES_H
#define CLINIC_SYMBOLS_GO_FRAMES_H

#include "symbols/elf_file.h"

/* The bytes of a .debug_frame section. */
int clinic_go_frames_make(const struct clinic_elf *elf, uint8_t **bytes,
			  size_t *size);

#endif
