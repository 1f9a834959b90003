/*
 * symbols/debug_file.h - find the separate debug file of a binary.
 *
 * It is searched by build-id below each debug folder, then by .gnu_debuglink
 * beside the binary, in .debug beside it, and below each debug folder, then
 * from debuginfod if the caller wants that. A file is only used when its
 * build-id is the binary's; a linked file's CRC must be right as well.
 *
 * Ownership  the caller frees results by clinic_elf_close() and free().
 * Errors     0 or -errno: -ENOENT when none was found.
 */
#ifndef CLINIC_SYMBOLS_DEBUG_FILE_H
#define CLINIC_SYMBOLS_DEBUG_FILE_H

#include "symbols/elf_file.h"
#include "symbols/symbol.h"

struct clinic_debug_search {
	const char *const *folders; /* before /usr/lib/debug */
	size_t folders_count;
	const char *root; /* the target's, or NULL */
	bool use_debuginfod;
	struct clinic_symbols_counts *counts; /* refused files */
};

int clinic_debug_file_find(const struct clinic_debug_search *search,
			   const struct clinic_elf *binary,
			   const char *binary_path, struct clinic_elf **debug,
			   char **debug_path);

/*
 * Finds the file of what several debug files share (dwz; .gnu_debugaltlink).
 * -ENODATA: the debug file needs none.
 */
int clinic_debug_file_alternate(const struct clinic_debug_search *search,
				const struct clinic_elf *debug,
				const char *debug_path,
				struct clinic_elf **alternate);

#endif
