/*
 * symbols/go_names.h - a Go program's functions as a symbol table.
 *
 * Errors     0 or -errno: those of go_functions.h.
 * Read next  symbols/go_functions.h.
 */
#ifndef CLINIC_SYMBOLS_GO_NAMES_H
#define CLINIC_SYMBOLS_GO_NAMES_H

#include "symbols/symbol_table.h"

int clinic_go_names_read(const struct clinic_elf *elf,
			 struct clinic_symbol_table *table);

#endif
