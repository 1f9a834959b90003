/*
 * symbols/go_frames.h - unwind information of a stripped Go program.
 *
 * Go writes it as .debug_frame, made from the table that its runtime unwinds
 * by. The table stays in a stripped program, so the same is made of it again,
 * and better: it also says where the frame pointer is, and that a stack begins
 * at a function that changes to it (runtime.systemstack, runtime.mcall).
 *
 * Ownership  *bytes is the caller's to free().
 * Errors     0 or -errno: those of go_functions.h; -ENOTSUP this machine's
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
