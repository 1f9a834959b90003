/*
 * formats/collapsed.h - writes one line per stack: "thread;outer;inner 42".
 *
 * flamegraph.pl, inferno and speedscope read this text. In names, `;` becomes
 * `:`, and control characters become escapes. Names of kernel frames end in
 * _[k], those of inlined calls in _[i]. A tree with two sides has two columns
 * of numbers, base and new. The lines are in the order of the tree by name.
 *
 * Errors     0 or -errno: -ENOMEM, or an error of output_file.h.
 * Read next  session/call_tree.h.
 */
#ifndef CLINIC_FORMATS_COLLAPSED_H
#define CLINIC_FORMATS_COLLAPSED_H

#include "session/call_tree.h"

int clinic_collapsed_write(const struct clinic_call_tree *tree,
			   unsigned int sides_count, const char *path);

#endif
