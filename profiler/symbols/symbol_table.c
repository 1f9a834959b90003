/* Collects symbols, sorts them, and keeps the best one of each address. */
#include "symbols/symbol_table.h"
#include "symbols/section_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/demangle.h"
#include "foundation/growing_array.h"

int clinic_symbol_table_add(struct clinic_symbol_table *table,
			    const struct clinic_symbol *symbol)
{
	struct clinic_symbol *grown = clinic_grow(
		table->symbols, table->count, &table->capacity, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	table->symbols = grown;
	grown[table->count++] = *symbol;
	return 0;
}

int clinic_symbol_table_add_name(struct clinic_symbol_table *table,
				 const char *name, size_t size,
				 uint32_t *offset)
{
	struct clinic_elf_bytes *strings = &table->strings;
	uint64_t end = strings->size + size + 1;
	uint8_t *grown;

	if (end > UINT32_MAX)
		return -EFBIG;
	grown = clinic_grow_by(strings->bytes, strings->size, size + 1,
			       &table->strings_capacity, 1);
	if (!grown)
		return -ENOMEM;
	strings->bytes = grown;
	*offset = (uint32_t)strings->size;
	memcpy(strings->bytes + strings->size, name, size);
	strings->bytes[end - 1] = '\0';
	strings->size = end;
	return 0;
}

/* Sorts by address; of one address, the best symbol is last. */
static int compare(const void *left, const void *right)
{
	const struct clinic_symbol *a = left;
	const struct clinic_symbol *b = right;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return (a->name < b->name) - (a->name > b->name);
}

static void keep_best(struct clinic_symbol_table *table)
{
	size_t kept = 0;

	for (size_t i = 0; i < table->count; i++)
		if (i + 1 == table->count ||
		    table->symbols[i].start != table->symbols[i + 1].start)
			table->symbols[kept++] = table->symbols[i];
	table->count = kept;
}

/* payload: index in binary->sections */
static int index_sections(const struct clinic_elf *binary,
			  struct clinic_range_index *index)
{
	int error = 0;

	for (size_t i = 0; !error && i < binary->sections_count; i++) {
		const struct clinic_elf_section *s = &binary->sections[i];

		if ((s->flags & SHF_ALLOC) &&
		    s->size_bytes <= UINT64_MAX - s->address)
			error = clinic_range_index_add(
				index, s->address, s->address + s->size_bytes,
				(uint32_t)i);
	}
	clinic_range_index_sort(index);
	return error;
}

static uint64_t end_of(const struct clinic_symbol_table *table, size_t at,
		       const struct clinic_elf *binary,
		       const struct clinic_range_index *sections)
{
	const struct clinic_symbol *symbol = &table->symbols[at];
	uint64_t end = UINT64_MAX;
	uint32_t number;

	if (symbol->size)
		return symbol->size < UINT64_MAX - symbol->start
			       ? symbol->start + symbol->size
			       : UINT64_MAX;
	if (at + 1 < table->count)
		end = table->symbols[at + 1].start;
	if (binary &&
	    !clinic_range_index_find(sections, symbol->start, &number)) {
		const struct clinic_elf_section *s = &binary->sections[number];

		if (s->address + s->size_bytes < end)
			end = s->address + s->size_bytes;
	}
	return end;
}

int clinic_symbol_table_finish(struct clinic_symbol_table *table,
			       const struct clinic_elf *binary)
{
	struct clinic_range_index sections = {0};
	int error = binary ? index_sections(binary, &sections) : 0;

	if (table->count)
		qsort(table->symbols, table->count, sizeof(*table->symbols),
		      compare);
	keep_best(table);
	for (size_t i = 0; !error && i < table->count; i++)
		error = clinic_range_index_add(
			&table->ranges, table->symbols[i].start,
			end_of(table, i, binary, &sections), (uint32_t)i);
	clinic_range_index_sort(&table->ranges);
	clinic_range_index_clear(&sections);
	return error;
}

/* No function: local labels of the assembler, and AArch64's mapping symbols. */
static bool is_function_name(const char *name)
{
	return *name && *name != '$' && strncmp(name, ".L", 2);
}

static uint32_t rank_of(const Elf64_Sym *symbol, const char *name)
{
	static const uint32_t binding_rank[16] = {
		[STB_WEAK] = 1, [STB_GLOBAL] = 2, [STB_GNU_UNIQUE] = 2};
	uint32_t underscores = 0;

	while (underscores < 7 && name[underscores] == '_')
		underscores++;
	return (symbol->st_size ? 64U : 0) |
	       (ELF64_ST_TYPE(symbol->st_info) != STT_NOTYPE ? 32U : 0) |
	       (7 - underscores) << 2 |
	       binding_rank[ELF64_ST_BIND(symbol->st_info)];
}

static int add_elf_symbol(struct clinic_symbol_table *table,
			  const Elf64_Sym *symbol,
			  const struct clinic_elf *binary)
{
	unsigned int type = ELF64_ST_TYPE(symbol->st_info);
	const char *name;

	if (symbol->st_shndx == SHN_UNDEF || symbol->st_shndx == SHN_ABS ||
	    (type != STT_FUNC && type != STT_GNU_IFUNC && type != STT_NOTYPE) ||
	    symbol->st_name >= table->strings.size ||
	    !clinic_elf_is_code(binary, symbol->st_value))
		return 0;
	name = (const char *)table->strings.bytes + symbol->st_name;
	if (!is_function_name(name))
		return 0;
	return clinic_symbol_table_add(
		table, &(struct clinic_symbol){.start = symbol->st_value,
					       .size = symbol->st_size,
					       .name = symbol->st_name,
					       .rank = rank_of(symbol, name)});
}

static int read_symbols(struct clinic_symbol_table *table,
			const struct clinic_elf *elf,
			const struct clinic_elf_section *section,
			const struct clinic_elf *binary)
{
	const struct clinic_elf_shape *shape = &clinic_elf_symbol_shape;
	size_t row_bytes = elf->is_narrow ? shape->narrow_bytes
					  : shape->wide_bytes;
	struct clinic_elf_bytes bytes;
	int error = clinic_elf_read_section(elf, section, &bytes);

	for (uint64_t at = 0; !error && bytes.size - at >= row_bytes;
	     at += row_bytes) {
		Elf64_Sym symbol;

		if (elf->is_narrow)
			shape->widen(bytes.bytes + at, &symbol);
		else
			memcpy(&symbol, bytes.bytes + at, sizeof(symbol));
		error = add_elf_symbol(table, &symbol, binary);
	}
	free(bytes.bytes);
	return error;
}

int clinic_symbol_table_read(struct clinic_symbol_table *table,
			     const struct clinic_elf *elf, const char *section,
			     const struct clinic_elf *binary)
{
	const struct clinic_elf_section *symbols =
		clinic_elf_section(elf, section);
	int error;

	if (!symbols || symbols->link >= elf->sections_count)
		return -ENODATA;
	error = clinic_elf_read_section(elf, &elf->sections[symbols->link],
					&table->strings);
	if (!error)
		error = read_symbols(table, elf, symbols, binary);
	if (!error)
		error = clinic_symbol_table_finish(table, binary);
	if (error)
		clinic_symbol_table_clear(table);
	return error;
}

static const char *name_of(const struct clinic_symbol_table *table, size_t at)
{
	return (const char *)table->strings.bytes + table->symbols[at].name;
}

int clinic_symbol_table_find(const struct clinic_symbol_table *table,
			     uint64_t address, const char **name,
			     uint64_t *start)
{
	uint32_t at;
	int error = clinic_range_index_find(&table->ranges, address, &at);

	if (error)
		return error;
	*name = name_of(table, at);
	*start = table->symbols[at].start;
	return 0;
}

static bool is_called(const char *linker_name, const char *wanted)
{
	char *demangled;
	bool is_it;

	if (!strcmp(linker_name, wanted))
		return true;
	demangled = clinic_demangle(linker_name);
	is_it = demangled && !strcmp(demangled, wanted);
	free(demangled);
	return is_it;
}

int clinic_symbol_table_search(const struct clinic_symbol_table *table,
			       const char *name, uint64_t *start, uint64_t *end)
{
	for (size_t i = 0; i < table->ranges.count; i++) {
		const struct clinic_range *range = &table->ranges.ranges[i];

		if (!is_called(name_of(table, range->payload), name))
			continue;
		*start = range->start;
		*end = range->end;
		return 0;
	}
	return -ENOENT;
}

uint64_t clinic_symbol_table_bytes(const struct clinic_symbol_table *table)
{
	return table->strings.size +
	       table->capacity * sizeof(struct clinic_symbol) +
	       table->ranges.capacity * sizeof(struct clinic_range);
}

void clinic_symbol_table_clear(struct clinic_symbol_table *table)
{
	free(table->symbols);
	free(table->strings.bytes);
	clinic_range_index_clear(&table->ranges);
	*table = (struct clinic_symbol_table){0};
}
