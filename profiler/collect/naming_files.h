/*
 * collect/naming_files.h - open, once, the file that names the addresses of a
 * module, or add a note with the reason why that is impossible.
 *
 * For naming.c. Generated code is opened again each time, because the program
 * may have added names.
 *
 * Ownership  opened modules belong to symbols; clinic_naming_files_clear()
 *            frees the rest.
 * Errors     0 or -errno: -ENOMEM, -EFBIG of the session.
 * Read next  symbols/symbols.h.
 */
#ifndef CLINIC_COLLECT_NAMING_FILES_H
#define CLINIC_COLLECT_NAMING_FILES_H

#include <stddef.h>
#include <stdint.h>

struct clinic_module;
struct clinic_modules;
struct clinic_session;
struct clinic_symbols;
struct clinic_symbols_module;
struct clinic_naming_file;

#define CLINIC_NAMING_NOTES_MAX 16 /* files that a note names */

struct clinic_naming_files {
	struct clinic_session *session;
	struct clinic_symbols *symbols;
	const struct clinic_modules *modules;
	struct clinic_naming_file *opened; /* by number of the module */
	size_t opened_count, opened_capacity;
	uint32_t unopened_count;
};

/*
 * *symbols is NULL when the file could not be opened; the first time, this adds
 * a note (addresses_count: how many addresses have no names because of it).
 */
int clinic_naming_files_open(struct clinic_naming_files *files,
			     const struct clinic_module *module,
			     uint32_t addresses_count,
			     struct clinic_symbols_module **symbols,
			     uint32_t *library_id);
/* The modules have other numbers now: see clinic_modules_forget(). */
void clinic_naming_files_renumber(struct clinic_naming_files *files,
				  const uint32_t *kept);
void clinic_naming_files_clear(struct clinic_naming_files *files);

#endif
