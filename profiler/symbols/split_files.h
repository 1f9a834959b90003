/*
 * symbols/split_files.h - where the functions of a split unit are described.
 *
 * gcc and clang -gsplit-dwarf leave a skeleton in the program and the rest in
 * a .dwo file for each source; dwp packs these into one. We search in this
 * order: PROGRAM.dwp, DEBUGFILE.dwp; the .dwo file where the compiler left it;
 * one beside the program; each in the target's root, then in ours. The id of
 * the unit shows whether a file is the right one.
 *
 * Ownership  clinic_split_files_close() frees. The paths are borrowed.
 * Errors     a descriptor, or -errno: -ENOENT when there is none; -EBADMSG and
 *            -EFBIG for a file that was found.
 * Read next  symbols/dwo_package.h, symbols/dwarf_image.h.
 */
#ifndef CLINIC_SYMBOLS_SPLIT_FILES_H
#define CLINIC_SYMBOLS_SPLIT_FILES_H

#include "symbols/dwo_package.h"
#include "symbols/symbol.h"

#define CLINIC_SPLIT_PACKAGES 2

struct clinic_split_files {
	const char *root;                     /* the target's, or NULL */
	const char *path;                     /* of the program */
	const char *debug_path;               /* of its debug file, or NULL */
	uint64_t bytes_max;                   /* of one unit */
	struct clinic_symbols_counts *counts; /* what was missing */
	bool has_packages;                    /* we have looked for them */
	struct clinic_dwo_package packages[CLINIC_SPLIT_PACKAGES];
};

struct clinic_split_unit {
	uint64_t id;
	bool is_version_5;
	const char *folder; /* the compiler's, or NULL */
	const char *name;   /* of the .dwo file */
};

/* Makes a new file that only has the unit's sections, like a .dwo file. */
int clinic_split_files_find(struct clinic_split_files *files,
			    const struct clinic_split_unit *unit);
void clinic_split_files_close(struct clinic_split_files *files);

#endif
