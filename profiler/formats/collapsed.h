/*
 * formats/collapsed.h - one line per stack: "thread;outer;inner 42".
 *
 * The text that flamegraph.pl, inferno and speedscope read. `;` in a name
 * becomes `:`, control characters escapes; kernel frames end in _[k], inlined
 * ones in _[i]. Two trees' sides make two columns, base and new. Lines are
 * sorted by the tree.
 */
#ifndef CLINIC_FORMATS_COLLAPSED_H
#define CLINIC_FORMATS_COLLAPSED_H

#include "session/call_tree.h"

int clinic_collapsed_write(const struct clinic_call_tree *tree,
			   unsigned int sides_count, const char *path);

#endif
