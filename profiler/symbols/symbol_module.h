/*
 * symbols/symbol_module.h - one binary and everything that can name its
 * addresses.
 *
 * Private to this folder. Sources are opened when an address needs them, and
 * closed again by clinic_symbols_module_unload() when others need the memory.
 * The binary itself stays open, because its path may no longer exist then.
 *
 * Errors     0 or -errno; a source that cannot be read is counted and not
 *            used.
 * Read next  symbols/symbols.h; symbols/dwarf_index.h.
 */
#ifndef CLINIC_SYMBOLS_SYMBOL_MODULE_H
#define CLINIC_SYMBOLS_SYMBOL_MODULE_H

#include "symbols/debug_file.h"
#include "symbols/dwarf_index.h"
#include "symbols/fde_starts.h"
#include "symbols/symbol_table.h"

struct clinic_symbols_module {
	struct clinic_symbols_module *next;
	struct clinic_symbols *owner;
	struct clinic_symbols_counts *counts; /* the owner's */
	char *path;
	char *root;                         /* of the target, or NULL */
	struct clinic_elf *elf;             /* NULL: the kernel */
	void *memory;                       /* of the vdso's elf, else NULL */
	uint64_t device, inode, changed_ns; /* to know the file again */
	enum clinic_tier only;              /* VDSO, KERNEL, JIT; else NONE */
	uint64_t used;                      /* clock of last use */

	/* clinic_symbols_module_unload() frees the fields from here on. */
	bool is_loaded;
	struct clinic_elf *debug; /* separate debug file, or NULL */
	char *debug_path;
	struct clinic_elf *alternate;
	struct clinic_dwarf_index *dwarf;
	bool has_table[CLINIC_TIERS]; /* was tried */
	struct clinic_symbol_table table[CLINIC_TIERS];
	bool has_fde_starts;
	struct clinic_fde_starts fde_starts;
	uint64_t damaged_count; /* units that were reported to the owner */
};

/*
 * Loads a module, and unloads others of its owner if memory is short. The
 * private functions below need a prepared module.
 */
void clinic_symbols_module_prepare(struct clinic_symbols_module *module);

/* Opens the debug files and the DWARF index. */
void clinic_symbols_module_load(struct clinic_symbols_module *module,
				const struct clinic_debug_search *search,
				uint64_t bytes_max);
void clinic_symbols_module_unload(struct clinic_symbols_module *module);
uint64_t
clinic_symbols_module_bytes(const struct clinic_symbols_module *module);
void clinic_symbols_module_free(struct clinic_symbols_module *module);

/*
 * The frame and the text of answers that do not come from DWARF; the module
 * must be loaded.
 */
struct clinic_symbols_scratch {
	struct clinic_symbols_frame frame;
	char *demangled;
	char text[512];
};

int clinic_symbols_module_find(struct clinic_symbols_module *module,
			       uint64_t address,
			       struct clinic_symbols_scratch *scratch,
			       struct clinic_symbols_symbol *symbol);

/* The table of that tier, which is read at the first request; NULL: none. */
const struct clinic_symbol_table *
clinic_symbols_module_table(struct clinic_symbols_module *module,
			    enum clinic_tier tier);

/* The end of the function without a name that begins at that address. */
int clinic_symbols_module_fde_end(struct clinic_symbols_module *module,
				  uint64_t start, uint64_t *end);

#endif
