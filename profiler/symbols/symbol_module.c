/* Looks an address up in all sources of a binary, the best source first. */
#include "symbols/symbol_module.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/demangle.h"
#include "symbols/go_names.h"
#include "symbols/kernel_symbols.h"
#include "symbols/minidebug.h"
#include "symbols/plt_names.h"

static bool has_debug_info(const struct clinic_elf *elf)
{
	return clinic_elf_section(elf, ".debug_info") != NULL;
}

/* Relocatable files (kernel modules) have debug sections without addresses. */
static void open_dwarf(struct clinic_symbols_module *module,
		       const struct clinic_debug_search *search,
		       uint64_t bytes_max)
{
	const struct clinic_elf *debug = module->debug ? module->debug
						       : module->elf;
	int error;

	if (!has_debug_info(debug) || debug->header.e_type == ET_REL)
		return;
	clinic_debug_file_alternate(search, debug,
				    module->debug ? module->debug_path
						  : module->path,
				    &module->alternate);
	error = clinic_dwarf_index_new(
		module->elf, debug, module->alternate,
		&(struct clinic_split_files){.root = module->root,
					     .path = module->path,
					     .debug_path = module->debug_path,
					     .counts = module->counts},
		bytes_max, &module->dwarf);
	if (error == -EFBIG)
		search->counts->too_large_count++;
	else if (error)
		search->counts->damaged_count++;
}

void clinic_symbols_module_load(struct clinic_symbols_module *module,
				const struct clinic_debug_search *search,
				uint64_t bytes_max)
{
	if (module->is_loaded)
		return;
	module->is_loaded = true;
	if (module->only != CLINIC_TIER_NONE)
		return;
	if (!has_debug_info(module->elf))
		clinic_debug_file_find(search, module->elf, module->path,
				       &module->debug, &module->debug_path);
	open_dwarf(module, search, bytes_max);
}

void clinic_symbols_module_unload(struct clinic_symbols_module *module)
{
	clinic_dwarf_index_free(module->dwarf);
	clinic_elf_close(module->debug);
	clinic_elf_close(module->alternate);
	free(module->debug_path);
	module->dwarf = NULL;
	module->debug = module->alternate = NULL;
	module->debug_path = NULL;
	for (size_t i = 0; i < CLINIC_TIERS; i++) {
		if (i == CLINIC_TIER_JIT)
			continue; /* the debug information could not be read
				     again */
		clinic_symbol_table_clear(&module->table[i]);
		module->has_table[i] = false;
	}
	clinic_fde_starts_clear(&module->fde_starts);
	module->has_fde_starts = false;
	module->damaged_count = 0;
	module->is_loaded = false;
}

void clinic_symbols_module_free(struct clinic_symbols_module *module)
{
	clinic_symbols_module_unload(module);
	clinic_symbol_table_clear(&module->table[CLINIC_TIER_JIT]);
	clinic_elf_close(module->elf);
	free(module->memory);
	free(module->path);
	free(module->root);
	free(module);
}

uint64_t clinic_symbols_module_bytes(const struct clinic_symbols_module *module)
{
	uint64_t bytes = module->fde_starts.count * sizeof(uint64_t);

	if (module->dwarf)
		bytes += clinic_dwarf_index_bytes(module->dwarf);
	for (size_t i = 0; i < CLINIC_TIERS; i++)
		bytes += clinic_symbol_table_bytes(&module->table[i]);
	return bytes;
}

static int read_symtab(const struct clinic_symbols_module *module,
		       struct clinic_symbol_table *table)
{
	int error = -ENODATA;

	if (module->debug)
		error = clinic_symbol_table_read(table, module->debug,
						 ".symtab", module->elf);
	if (error)
		error = clinic_symbol_table_read(table, module->elf, ".symtab",
						 module->elf);
	if (error)
		error = clinic_go_names_read(module->elf, table);
	return error;
}

static int read_table(const struct clinic_symbols_module *module,
		      enum clinic_tier tier, struct clinic_symbol_table *table)
{
	switch (tier) {
	case CLINIC_TIER_SYMTAB:
		return read_symtab(module, table);
	case CLINIC_TIER_VDSO:
	case CLINIC_TIER_DYNSYM:
		return clinic_symbol_table_read(table, module->elf, ".dynsym",
						module->elf);
	case CLINIC_TIER_MINIDEBUG:
		return clinic_minidebug_read(module->elf, table);
	case CLINIC_TIER_PLT:
		return clinic_plt_names_read(module->elf, table);
	case CLINIC_TIER_KERNEL:
		return clinic_kernel_symbols_read(module->path, table);
	default:
		return -ENODATA;
	}
}

/* The kernel and the vdso have one table each, and files have neither. */
static bool can_have(const struct clinic_symbols_module *module,
		     enum clinic_tier tier)
{
	if (module->only != CLINIC_TIER_NONE)
		return tier == module->only;
	return tier < CLINIC_TIER_VDSO;
}

const struct clinic_symbol_table *
clinic_symbols_module_table(struct clinic_symbols_module *module,
			    enum clinic_tier tier)
{
	if (!module->has_table[tier] && can_have(module, tier)) {
		int error = read_table(module, tier, &module->table[tier]);

		module->has_table[tier] = true;
		if (error && error != -ENODATA)
			module->counts->damaged_count++;
	}
	return module->table[tier].count ? &module->table[tier] : NULL;
}

static const struct clinic_fde_starts *
read_fde_starts(struct clinic_symbols_module *module)
{
	if (!module->has_fde_starts) {
		int error = clinic_fde_starts_read(module->elf,
						   &module->fde_starts);

		module->has_fde_starts = true;
		if (error && error != -ENODATA)
			module->counts->damaged_count++;
	}
	return &module->fde_starts;
}

static enum clinic_tier find_in_tables(struct clinic_symbols_module *module,
				       uint64_t address, const char **name,
				       uint64_t *start)
{
	for (enum clinic_tier tier = CLINIC_TIER_SYMTAB; tier < CLINIC_TIERS;
	     tier++) {
		const struct clinic_symbol_table *table =
			clinic_symbols_module_table(module, tier);

		if (table &&
		    !clinic_symbol_table_find(table, address, name, start))
			return tier;
	}
	return CLINIC_TIER_NONE;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int clinic_symbols_module_fde_end(struct clinic_symbols_module *module,
				  uint64_t start, uint64_t *end)
{
	const struct clinic_fde_starts *starts = read_fde_starts(module);

	for (size_t i = 0; i + 1 < starts->count; i++) {
		if (starts->starts[i] != start)
			continue;
		*end = starts->starts[i + 1];
		return 0;
	}
	return -ENOENT;
}

static int find_fde(struct clinic_symbols_module *module, uint64_t address,
		    struct clinic_symbols_scratch *scratch)
{
	const struct clinic_fde_starts *starts;
	int error;

	if (module->only != CLINIC_TIER_NONE)
		return -ENOENT;
	starts = read_fde_starts(module);
	error = clinic_fde_starts_find(starts, module->elf, address,
				       &scratch->frame.start);
	if (error)
		return error;
	snprintf(scratch->text, sizeof(scratch->text), "%.400s!fde_0x%" PRIx64,
		 base_name(module->path), scratch->frame.start);
	scratch->frame.function = scratch->text;
	return 0;
}

/*
 * Without a function in DWARF the answer is one frame, with its line if it is
 * known.
 */
static void find_plain(struct clinic_symbols_module *module, uint64_t address,
		       const struct clinic_dwarf_answer *answer,
		       struct clinic_symbols_scratch *scratch,
		       struct clinic_symbols_symbol *symbol)
{
	struct clinic_symbols_frame *frame = &scratch->frame;
	const char *name;

	*frame = (struct clinic_symbols_frame){.file = answer->file,
					       .line = answer->line};
	symbol->tier = find_in_tables(module, address, &name, &frame->start);
	if (symbol->tier != CLINIC_TIER_NONE) {
		scratch->demangled = clinic_demangle(name);
		frame->function = scratch->demangled ? scratch->demangled
						     : name;
	} else if (!find_fde(module, address, scratch)) {
		symbol->tier = CLINIC_TIER_FDE;
	} else {
		return;
	}
	symbol->frames = frame;
	symbol->frames_count = 1;
}

/* Entries without a name are rare (damaged, or a compiler's invention). */
static bool are_all_named(const struct clinic_dwarf_answer *answer)
{
	for (size_t i = 0; i < answer->frames_count; i++)
		if (!answer->frames[i].function)
			return false;
	return answer->frames_count > 0;
}

static int ask_dwarf(struct clinic_symbols_module *module, uint64_t address,
		     struct clinic_dwarf_answer *answer)
{
	uint64_t damaged;
	int error;

	*answer = (struct clinic_dwarf_answer){0};
	if (!module->dwarf)
		return 0;
	error = clinic_dwarf_index_find(module->dwarf, address, answer);
	damaged = clinic_dwarf_index_damaged(module->dwarf);
	module->counts->damaged_count += damaged - module->damaged_count;
	module->damaged_count = damaged;
	return error == -ENOENT || error == -EBADMSG ? 0 : error;
}

int clinic_symbols_module_find(struct clinic_symbols_module *module,
			       uint64_t address,
			       struct clinic_symbols_scratch *scratch,
			       struct clinic_symbols_symbol *symbol)
{
	struct clinic_dwarf_answer answer;
	int error = ask_dwarf(module, address, &answer);

	free(scratch->demangled);
	scratch->demangled = NULL;
	*symbol = (struct clinic_symbols_symbol){.tier = CLINIC_TIER_NONE};
	if (error)
		return error;
	if (are_all_named(&answer)) {
		symbol->tier = CLINIC_TIER_DWARF;
		symbol->frames_count = answer.frames_count;
		symbol->frames = answer.frames;
		return 0;
	}
	find_plain(module, address, &answer, scratch, symbol);
	return 0;
}
