/*
 * symbols/plt_names.h - "malloc@plt": the stubs that calls to libraries use.
 *
 * A stub has no symbol. It jumps through a slot of the global offset table,
 * and the relocation of that slot names the function: each stub is decoded,
 * which holds for .plt, .plt.sec and .plt.got of every linker.
 *
 * Errors     0 or -errno: -ENODATA there are no stubs.
 */
#ifndef CLINIC_SYMBOLS_PLT_NAMES_H
#define CLINIC_SYMBOLS_PLT_NAMES_H

#include "symbols/symbol_table.h"

int clinic_plt_names_read(const struct clinic_elf *binary,
			  struct clinic_symbol_table *table);

#endif
