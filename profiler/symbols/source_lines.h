/*
 * symbols/source_lines.h - from a function's name back to its code and lines.
 *
 * For `clinic annotate`: which addresses belong to a function, which source
 * line each instruction came from, and where that source file is.
 *
 * Addresses  ELF virtual addresses, end exclusive.
 * Ownership  strings live until the callback that got them returns.
 * Errors     0 or -errno; -ENOENT: no such function, no such file.
 * Threads    one at a time per clinic_symbols.
 * Read next  symbols/symbol.h, a range and a line; symbols/symbols.h, the
 *            other direction.
 */
#ifndef CLINIC_SYMBOLS_SOURCE_LINES_H
#define CLINIC_SYMBOLS_SOURCE_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "symbols/symbol.h"

struct clinic_symbols_module;

/*
 * Calls back for every range of every function of that name, which is the
 * demangled name as resolve() gives it, or the linker's. -ENOENT when there is
 * none.
 */
int clinic_symbols_function_ranges(struct clinic_symbols_module *module,
				   const char *function,
				   clinic_symbols_on_range *on_range,
				   void *context);

/*
 * Calls back for the rows that touch [start, end), cut to it, in ascending
 * order. Without a line table it makes no call and returns -ENODATA.
 */
int clinic_symbols_function_lines(struct clinic_symbols_module *module,
				  uint64_t start, uint64_t end,
				  clinic_symbols_on_line *on_line,
				  void *context);

/*
 * Opens the source file that debug information calls `file`, if it is a
 * regular one of at most 64 MiB: first by its own path, then below each of
 * folders[] with fewer and fewer of its leading folders. Returns a descriptor
 * for the caller to close, or -errno. found, of PATH_MAX bytes, gets the path
 * that was opened; it may be NULL.
 */
int clinic_symbols_open_source(const char *file, const char *const *folders,
			       size_t folders_count, char *found);

#endif
