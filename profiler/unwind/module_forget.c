/*
 * Frees the modules that are no longer needed, and moves the others together.
 *
 *	index   0 1 2 3 4
 *	mapped  x     x      keeps its table
 *	kept          x x    keeps its file: an address is yet to be named
 *	becomes 0     1 2    the others are freed
 */
#include "unwind/module.h"

#include <stdbool.h>

#include "unwind/module_record.h"
#include "unwind/unwind_table.h"

void clinic_modules_follow_spaces(struct clinic_modules *modules)
{
	modules->follows_spaces = true;
}

static bool has_kept_code(const struct clinic_modules *modules,
			  const uint32_t *kept, pid_t pid)
{
	for (size_t i = 0; i < modules->count; i++)
		if (kept[i] && modules->list[i]->is_memory &&
		    modules->list[i]->mapper.pid == pid)
			return true;
	return false;
}

/* A jitdump holds the names of all code that its process has generated. */
static void keep_dumps(const struct clinic_modules *modules, uint32_t *kept)
{
	for (size_t i = 0; i < modules->count; i++)
		if (modules->list[i]->dump_fd >= 0 && !kept[i] &&
		    has_kept_code(modules, kept, modules->list[i]->mapper.pid))
			kept[i] = 1;
}

/* The table of an image cannot be compiled again: the image may be gone. */
static void drop_table(struct clinic_module *module)
{
	if (!module->table || module->is_image)
		return;
	clinic_unwind_table_free(module->table);
	module->table = NULL;
	module->is_compiled = false;
}

void clinic_modules_forget(struct clinic_modules *modules, uint32_t *kept)
{
	size_t count = 0;

	clinic_spaces_mark(modules, kept);
	keep_dumps(modules, kept);
	for (size_t i = 0; i < modules->count; i++) {
		struct clinic_module *module = modules->list[i];

		if (!kept[i]) {
			clinic_module_free(module);
			continue;
		}
		if (kept[i] != CLINIC_MODULE_MAPPED)
			drop_table(module);
		module->index = count;
		modules->list[count++] = module;
		kept[i] = (uint32_t)count;
	}
	modules->count = count;
}
