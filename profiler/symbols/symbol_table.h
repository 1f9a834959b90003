/*
 * symbols/symbol_table.h - a linker's symbols, sorted: address to name.
 *
 *	clinic_symbol_table_add(&table, &symbol);	many times
 *	clinic_symbol_table_finish(&table, binary);	once
 *	clinic_symbol_table_find(&table, address, &name, &start);
 *
 * An address after a symbol's end has no name, because it does not belong to
 * the function before it. A symbol without a size (assembler) ends where the
 * next one begins or its section ends. Of several names for one address, the
 * one that a programmer would use is kept: malloc, not __libc_malloc.
 *
 * Ownership  all zero is an empty table; names are copied into it.
 * Errors     0 or -errno: -ENOENT nothing there; -ENODATA no such section.
 * Read next  symbols/elf_file.h.
 */
#ifndef CLINIC_SYMBOLS_SYMBOL_TABLE_H
#define CLINIC_SYMBOLS_SYMBOL_TABLE_H

#include "symbols/elf_file.h"
#include "symbols/range_index.h"

struct clinic_symbol {
	uint64_t start;
	uint64_t size; /* 0: not known */
	uint32_t name; /* offset in strings */
	uint32_t rank; /* of names for one address the highest is kept */
};

struct clinic_symbol_table {
	struct clinic_symbol *symbols;
	size_t count;
	size_t capacity;
	struct clinic_elf_bytes strings;
	size_t strings_capacity;          /* when names are added one by one */
	struct clinic_range_index ranges; /* payload: index in symbols */
};

/* section: ".symtab" or ".dynsym" of elf; binary: the file that is mapped. */
int clinic_symbol_table_read(struct clinic_symbol_table *table,
			     const struct clinic_elf *elf, const char *section,
			     const struct clinic_elf *binary);

int clinic_symbol_table_add(struct clinic_symbol_table *table,
			    const struct clinic_symbol *symbol);
/* Appends a name of size bytes; returns its offset for clinic_symbol.name. */
int clinic_symbol_table_add_name(struct clinic_symbol_table *table,
				 const char *name, size_t size,
				 uint32_t *offset);
/* binary NULL: symbols without a size end where the next one begins. */
int clinic_symbol_table_finish(struct clinic_symbol_table *table,
			       const struct clinic_elf *binary);

int clinic_symbol_table_find(const struct clinic_symbol_table *table,
			     uint64_t address, const char **name,
			     uint64_t *start);
/* Finds the range of the symbol with that name, mangled or demangled. */
int clinic_symbol_table_search(const struct clinic_symbol_table *table,
			       const char *name, uint64_t *start,
			       uint64_t *end);
uint64_t clinic_symbol_table_bytes(const struct clinic_symbol_table *table);
void clinic_symbol_table_clear(struct clinic_symbol_table *table);

#endif
