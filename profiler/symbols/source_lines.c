/* Finds the ranges of a function, their source lines, and the source files. */
#include "symbols/source_lines.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbols/path_open.h"
#include "symbols/symbol_module.h"

static int describe_symbol(const struct clinic_symbol_table *table,
			   const char *function,
			   clinic_symbols_on_range *on_range, void *context)
{
	struct clinic_symbols_range range = {.function = function};
	int error = clinic_symbol_table_search(table, function, &range.start,
					       &range.end);

	if (!error)
		on_range(context, &range);
	return error;
}

/* Makes "libx.so!fde_0x1b3a0", as resolve() calls a function without a name. */
static int describe_unnamed(struct clinic_symbols_module *module,
			    const char *function,
			    clinic_symbols_on_range *on_range, void *context)
{
	struct clinic_symbols_range range = {.function = function};
	const char *place = strrchr(function, '!');
	int error;

	if (!place || sscanf(place, "!fde_0x%" SCNx64, &range.start) != 1)
		return -ENOENT;
	error = clinic_symbols_module_fde_end(module, range.start, &range.end);
	if (!error)
		on_range(context, &range);
	return error;
}

int clinic_symbols_function_ranges(struct clinic_symbols_module *module,
				   const char *function,
				   clinic_symbols_on_range *on_range,
				   void *context)
{
	int error = -ENOENT;

	clinic_symbols_module_prepare(module);
	if (module->dwarf)
		error = clinic_dwarf_index_ranges(module->dwarf, function,
						  on_range, context);
	for (enum clinic_tier tier = CLINIC_TIER_SYMTAB;
	     error == -ENOENT && tier < CLINIC_TIER_FDE; tier++) {
		const struct clinic_symbol_table *table =
			clinic_symbols_module_table(module, tier);

		if (table)
			error = describe_symbol(table, function, on_range,
						context);
	}
	if (error == -ENOENT && module->elf)
		error = describe_unnamed(module, function, on_range, context);
	return error;
}

int clinic_symbols_function_lines(struct clinic_symbols_module *module,
				  uint64_t start, uint64_t end,
				  clinic_symbols_on_line *on_line,
				  void *context)
{
	clinic_symbols_module_prepare(module);
	if (!module->dwarf)
		return -ENODATA;
	return clinic_dwarf_index_lines(module->dwarf, start, end, on_line,
					context);
}

/*
 * A session may name any path. No source file that people read is as large as
 * this.
 */
enum { SOURCE_BYTES_MAX = 64 << 20 };

static int open_found(const char *path, char *found)
{
	int fd = clinic_path_open(NULL, path);
	struct stat status;

	if (fd < 0)
		return fd;
	if (fstat(fd, &status) || !S_ISREG(status.st_mode) ||
	    status.st_size > SOURCE_BYTES_MAX) {
		close(fd);
		return -ENOENT;
	}
	if (found)
		memcpy(found, path, strlen(path) + 1);
	return fd;
}

/* Tries a/b/c.c, then b/c.c, then c.c below the folder. */
static int open_below_folder(const char *folder, const char *file, char *found)
{
	while (file) {
		char path[PATH_MAX];
		int length, fd;

		file += strspn(file, "/");
		length = snprintf(path, sizeof(path), "%s/%s", folder, file);
		if (length < 0 || (size_t)length >= sizeof(path))
			return -ENAMETOOLONG;
		fd = open_found(path, found);
		if (fd >= 0)
			return fd;
		file = strchr(file, '/');
	}
	return -ENOENT;
}

int clinic_symbols_open_source(const char *file, const char *const *folders,
			       size_t folders_count, char *found)
{
	int fd = strlen(file) < PATH_MAX ? open_found(file, found)
					 : -ENAMETOOLONG;

	for (size_t i = 0; fd < 0 && i < folders_count; i++)
		fd = open_below_folder(folders[i], file, found);
	return fd;
}
