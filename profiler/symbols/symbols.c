/* Opens the modules of a profile, and names batches of addresses. */
#include "symbols/symbols.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "foundation/maps_line.h"
#include "symbols/debuginfod_client.h"
#include "symbols/generated_code.h"
#include "symbols/jitdump.h"
#include "symbols/kernel_symbols.h"
#include "symbols/path_open.h"
#include "symbols/perf_map.h"
#include "symbols/symbol_module.h"

#define MEMORY_BYTES_DEFAULT (UINT64_C(1) << 30)

/* The kernel maps two pages of code; more would be something else. */
#define VDSO_BYTES_MAX (1 << 20)

struct clinic_symbols {
	char **folders; /* debug folders, before /usr/lib/debug */
	size_t folders_count;
	char *kernel_list;
	bool use_debuginfod;
	uint64_t memory_bytes_max;
	uint64_t clock; /* of module uses */
	struct clinic_symbols_counts counts;
	struct clinic_symbols_module *modules;
};

static int copy_folders(struct clinic_symbols *symbols,
			const struct clinic_symbols_options *options)
{
	size_t count = options->debug_folders_count;

	if (!count)
		return 0;
	symbols->folders = calloc(count, sizeof(*symbols->folders));
	if (!symbols->folders)
		return -ENOMEM;
	for (; symbols->folders_count < count; symbols->folders_count++) {
		size_t at = symbols->folders_count;

		symbols->folders[at] = strdup(options->debug_folders[at]);
		if (!symbols->folders[at])
			return -ENOMEM;
	}
	return 0;
}

int clinic_symbols_new(const struct clinic_symbols_options *options,
		       struct clinic_symbols **symbols)
{
	static const struct clinic_symbols_options defaults;
	struct clinic_symbols *made = calloc(1, sizeof(*made));

	if (!made)
		return -ENOMEM;
	if (!options)
		options = &defaults;
	made->use_debuginfod = options->use_debuginfod;
	made->memory_bytes_max = options->memory_bytes_max
					 ? options->memory_bytes_max
					 : MEMORY_BYTES_DEFAULT;
	made->kernel_list = strdup(options->kernel_list ? options->kernel_list
							: "/proc/kallsyms");
	if (!made->kernel_list || copy_folders(made, options)) {
		clinic_symbols_free(made);
		return -ENOMEM;
	}
	*symbols = made;
	return 0;
}

void clinic_symbols_free(struct clinic_symbols *symbols)
{
	if (!symbols)
		return;
	while (symbols->modules) {
		struct clinic_symbols_module *module = symbols->modules;

		symbols->modules = module->next;
		clinic_symbols_module_free(module);
	}
	for (size_t i = 0; i < symbols->folders_count; i++)
		free(symbols->folders[i]);
	free(symbols->folders);
	free(symbols->kernel_list);
	free(symbols);
}

/* Takes ownership of elf and memory, even when it fails. */
static int add_module(struct clinic_symbols *symbols, const char *path,
		      const char *root, enum clinic_tier only,
		      struct clinic_elf *elf, void *memory,
		      struct clinic_symbols_module **module)
{
	struct clinic_symbols_module *made = calloc(1, sizeof(*made));

	if (!made) {
		clinic_elf_close(elf);
		free(memory);
		return -ENOMEM;
	}
	made->owner = symbols;
	made->counts = &symbols->counts;
	made->only = only;
	made->elf = elf;
	made->memory = memory;
	made->path = strdup(path);
	made->root = root ? strdup(root) : NULL;
	if (!made->path || (root && !made->root)) {
		clinic_symbols_module_free(made);
		return -ENOMEM;
	}
	made->next = symbols->modules;
	symbols->modules = made;
	*module = made;
	return 0;
}

static struct clinic_symbols_module *
find_by_build_id(const struct clinic_symbols *symbols,
		 const struct clinic_build_id *build_id)
{
	struct clinic_symbols_module *at = symbols->modules;

	if (!build_id->size)
		return NULL;
	while (at && (!at->elf || at->only != CLINIC_TIER_NONE ||
		      !clinic_build_id_equal(&at->elf->build_id, build_id)))
		at = at->next;
	return at;
}

static uint64_t changed_ns(const struct stat *status)
{
	return (uint64_t)status->st_mtim.tv_sec * UINT64_C(1000000000) +
	       (uint64_t)status->st_mtim.tv_nsec;
}

static struct clinic_symbols_module *
find_by_inode(const struct clinic_symbols *symbols, const struct stat *status)
{
	struct clinic_symbols_module *at = symbols->modules;

	while (at &&
	       (at->device != status->st_dev || at->inode != status->st_ino ||
		at->changed_ns != changed_ns(status)))
		at = at->next;
	return at;
}

static struct clinic_symbols_module *
find_special(const struct clinic_symbols *symbols, enum clinic_tier only)
{
	struct clinic_symbols_module *at = symbols->modules;

	while (at && at->only != only)
		at = at->next;
	return at;
}

/* Makes a module of the file behind fd, which still belongs to the caller. */
static int open_module(struct clinic_symbols *symbols, int fd,
		       const struct clinic_symbols_binary *binary,
		       struct clinic_symbols_module **module)
{
	struct clinic_elf *elf;
	struct stat status;
	int error;

	if (fstat(fd, &status))
		return -errno;
	*module = find_by_inode(symbols, &status);
	if (*module && (!binary->build_id.size ||
			clinic_build_id_equal(&(*module)->elf->build_id,
					      &binary->build_id)))
		return 0;
	error = clinic_elf_open(fd, &elf);
	if (error == -EBADMSG)
		symbols->counts.damaged_count++;
	if (error)
		return error;
	if (binary->build_id.size &&
	    !clinic_build_id_equal(&elf->build_id, &binary->build_id)) {
		symbols->counts.build_id_mismatch_count++;
		clinic_elf_close(elf);
		return -ESTALE;
	}
	*module = find_by_build_id(symbols, &elf->build_id);
	if (*module) {
		clinic_elf_close(elf);
		return 0;
	}
	error = add_module(symbols, binary->path, binary->root,
			   CLINIC_TIER_NONE, elf, NULL, module);
	if (error)
		return error;
	(*module)->device = status.st_dev;
	(*module)->inode = status.st_ino;
	(*module)->changed_ns = changed_ns(&status);
	return 0;
}

static int open_local(struct clinic_symbols *symbols,
		      const struct clinic_symbols_binary *binary,
		      struct clinic_symbols_module **module)
{
	int fd, error;

	if (binary->fd >= 0)
		return open_module(symbols, binary->fd, binary, module);
	fd = clinic_path_open(binary->root, binary->path);
	if (fd < 0)
		return fd;
	error = open_module(symbols, fd, binary, module);
	close(fd);
	return error;
}

static int open_remote(struct clinic_symbols *symbols,
		       const struct clinic_symbols_binary *binary,
		       struct clinic_symbols_module **module)
{
	char *path = NULL;
	int fd = clinic_debuginfod_find(&binary->build_id,
					CLINIC_DEBUGINFOD_EXECUTABLE, &path);
	int error;

	if (fd < 0)
		return fd;
	error = open_module(symbols, fd, binary, module);
	close(fd);
	free(path);
	return error;
}

int clinic_symbols_open(struct clinic_symbols *symbols,
			const struct clinic_symbols_binary *binary,
			struct clinic_symbols_module **module)
{
	int error;

	*module = find_by_build_id(symbols, &binary->build_id);
	if (*module)
		return 0;
	error = open_local(symbols, binary, module);
	if (error && symbols->use_debuginfod && binary->build_id.size &&
	    !open_remote(symbols, binary, module))
		return 0;
	return error;
}

/* The end of the mapping that begins at start. */
static size_t mapping_bytes(uintptr_t start)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	struct clinic_maps_line line;
	char text[PATH_MAX + 100];
	uint64_t size = 0;

	if (!maps)
		return 0;
	while (!size && fgets(text, sizeof(text), maps))
		if (clinic_maps_line_read(text, &line) && line.start == start)
			size = line.end - line.start;
	fclose(maps);
	return size <= VDSO_BYTES_MAX ? size : 0;
}

int clinic_symbols_open_vdso(struct clinic_symbols *symbols,
			     struct clinic_symbols_module **module)
{
	uintptr_t start = getauxval(AT_SYSINFO_EHDR);
	size_t size = start ? mapping_bytes(start) : 0;
	struct clinic_elf *elf;
	void *copy;
	int error;

	*module = find_special(symbols, CLINIC_TIER_VDSO);
	if (*module)
		return 0;
	if (!size)
		return -ENOENT;
	copy = malloc(size);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, (const void *)start, size);
	error = clinic_elf_open_memory(copy, size, &elf);
	if (error) {
		free(copy);
		return error;
	}
	return add_module(symbols, "[vdso]", NULL, CLINIC_TIER_VDSO, elf, copy,
			  module);
}

int clinic_symbols_open_kernel(struct clinic_symbols *symbols,
			       struct clinic_symbols_module **module)
{
	struct clinic_symbol_table table = {0};
	int error;

	*module = find_special(symbols, CLINIC_TIER_KERNEL);
	if (*module)
		return 0;
	error = clinic_kernel_symbols_read(symbols->kernel_list, &table);
	if (error)
		return error;
	error = add_module(symbols, symbols->kernel_list, NULL,
			   CLINIC_TIER_KERNEL, NULL, NULL, module);
	if (error) {
		clinic_symbol_table_clear(&table);
		return error;
	}
	(*module)->table[CLINIC_TIER_KERNEL] = table;
	(*module)->has_table[CLINIC_TIER_KERNEL] = true;
	return 0;
}

/* Like perf, we do not use a map that another user left in /tmp. */
static bool is_trusted(int fd, uint32_t uid)
{
	struct stat status;

	return !fstat(fd, &status) && S_ISREG(status.st_mode) &&
	       (!status.st_uid || status.st_uid == geteuid() ||
		status.st_uid == uid);
}

static int read_perf_map(const struct clinic_symbols_generated *code,
			 struct clinic_generated_code *names)
{
	char path[48];
	int fd, error = 0;

	snprintf(path, sizeof(path), "/tmp/perf-%" PRIu32 ".map", code->pid);
	fd = clinic_path_open(code->root, path);
	if (fd < 0)
		return 0;
	if (is_trusted(fd, code->uid))
		error = clinic_perf_map_read(names, fd);
	close(fd);
	return error == -EBADMSG ? 0 : error;
}

/* The names before a damaged place in the file are kept. */
static int read_generated(const struct clinic_symbols_generated *code,
			  struct clinic_symbol_table *table)
{
	struct clinic_generated_code names = {.table = table};
	int error = read_perf_map(code, &names);

	for (size_t i = 0; !error && i < code->dumps_count; i++) {
		error = clinic_jitdump_read(&names, code->dump_fds[i]);
		error = error == -EBADMSG ? 0 : error;
	}
	if (!error)
		error = clinic_generated_finish(&names);
	return error || table->count ? error : -ENODATA;
}

int clinic_symbols_open_generated(struct clinic_symbols *symbols,
				  const struct clinic_symbols_generated *code,
				  struct clinic_symbols_module **module)
{
	struct clinic_symbol_table table = {0};
	int error = read_generated(code, &table);

	if (!error)
		error = add_module(symbols, code->path, NULL, CLINIC_TIER_JIT,
				   NULL, NULL, module);
	if (error) {
		clinic_symbol_table_clear(&table);
		return error;
	}
	(*module)->table[CLINIC_TIER_JIT] = table;
	(*module)->has_table[CLINIC_TIER_JIT] = true;
	return 0;
}

int clinic_symbols_address(const struct clinic_symbols_module *module,
			   uint64_t file_offset, uint64_t *address)
{
	if (module->elf)
		return clinic_elf_address(module->elf, file_offset, address);
	*address = file_offset;
	return 0;
}

/* The loaded module that was used least recently, except for the one in use. */
static struct clinic_symbols_module *
find_oldest(const struct clinic_symbols_module *in_use)
{
	struct clinic_symbols_module *oldest = NULL;
	struct clinic_symbols_module *at = in_use->owner->modules;

	for (; at; at = at->next)
		if (at != in_use && at->is_loaded &&
		    (!oldest || at->used < oldest->used))
			oldest = at;
	return oldest;
}

static void make_room(const struct clinic_symbols_module *in_use)
{
	const struct clinic_symbols *symbols = in_use->owner;
	const struct clinic_symbols_module *at;
	uint64_t bytes = 0;

	for (at = symbols->modules; at; at = at->next)
		bytes += clinic_symbols_module_bytes(at);
	while (bytes > symbols->memory_bytes_max) {
		struct clinic_symbols_module *oldest = find_oldest(in_use);

		if (!oldest)
			return;
		bytes -= clinic_symbols_module_bytes(oldest);
		clinic_symbols_module_unload(oldest);
	}
}

void clinic_symbols_module_prepare(struct clinic_symbols_module *module)
{
	struct clinic_symbols *symbols = module->owner;
	const struct clinic_debug_search search = {
		.folders = (const char *const *)symbols->folders,
		.folders_count = symbols->folders_count,
		.root = module->root,
		.use_debuginfod = symbols->use_debuginfod,
		.counts = &symbols->counts,
	};

	module->used = ++symbols->clock;
	clinic_symbols_module_load(module, &search, symbols->memory_bytes_max);
	make_room(module);
}

struct batch_entry {
	uint64_t address;
	size_t index;
	uint32_t unit; /* of the debug information */
};

static int compare_entries(const void *left, const void *right)
{
	const struct batch_entry *a = left;
	const struct batch_entry *b = right;

	if (a->unit != b->unit)
		return a->unit < b->unit ? -1 : 1;
	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

static int resolve_sorted(struct clinic_symbols_module *module,
			  const struct batch_entry *entries, size_t count,
			  clinic_symbols_on_symbol *on_symbol, void *context)
{
	struct clinic_symbols_scratch scratch = {0};
	struct clinic_symbols_symbol symbol;
	int error = 0;

	for (size_t i = 0; !error && i < count; i++) {
		if (!i || entries[i].address != entries[i - 1].address)
			error = clinic_symbols_module_find(
				module, entries[i].address, &scratch, &symbol);
		if (error)
			break;
		module->counts->tier_count[symbol.tier]++;
		on_symbol(context, entries[i].index, &symbol);
	}
	free(scratch.demangled);
	return error;
}

/*
 * The code of units interleaves where the linker has put a unit's copy of an
 * inline function into another one's code. Addresses are sorted by unit, so
 * that each unit is read once even if memory is short.
 */
static void sort_entries(const struct clinic_symbols_module *module,
			 struct batch_entry *entries, size_t count)
{
	for (size_t i = 0; module->dwarf && i < count; i++)
		entries[i].unit = clinic_dwarf_index_unit(module->dwarf,
							  entries[i].address);
	qsort(entries, count, sizeof(*entries), compare_entries);
}

int clinic_symbols_resolve(struct clinic_symbols_module *module,
			   const uint64_t *addresses, size_t count,
			   clinic_symbols_on_symbol *on_symbol, void *context)
{
	struct batch_entry *entries = calloc(count + 1, sizeof(*entries));
	int error;

	if (!entries)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		entries[i] = (struct batch_entry){addresses[i], i, 0};
	clinic_symbols_module_prepare(module);
	sort_entries(module, entries, count);
	error = resolve_sorted(module, entries, count, on_symbol, context);
	make_room(module);
	free(entries);
	return error;
}

static enum clinic_tier find_best_tier(struct clinic_symbols_module *module)
{
	if (module->dwarf)
		return CLINIC_TIER_DWARF;
	for (enum clinic_tier tier = CLINIC_TIER_SYMTAB; tier < CLINIC_TIERS;
	     tier++)
		if (clinic_symbols_module_table(module, tier))
			return tier;
	return CLINIC_TIER_NONE;
}

void clinic_symbols_module_describe(struct clinic_symbols_module *module,
				    struct clinic_symbols_module_facts *facts)
{
	clinic_symbols_module_prepare(module);
	*facts = (struct clinic_symbols_module_facts){
		.path = module->only == CLINIC_TIER_KERNEL ? "[kernel]"
							   : module->path,
		.debug_path = module->debug_path,
		.best_tier = find_best_tier(module),
	};
	if (module->elf)
		facts->build_id = module->elf->build_id;
}

int clinic_symbols_module_fd(const struct clinic_symbols_module *module)
{
	return module->elf ? module->elf->fd : -1;
}

void clinic_symbols_counts_get(const struct clinic_symbols *symbols,
			       struct clinic_symbols_counts *counts)
{
	*counts = symbols->counts;
}
