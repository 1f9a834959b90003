/*
 * Names the stubs of a PLT: from its code to its slot, and to the relocation.
 */
#include "symbols/plt_names.h"
#include "symbols/section_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/growing_array.h"

#define STUB_BYTES 16

/* The slots of the global offset table that name a symbol. */
struct slot {
	uint64_t address;
	uint32_t symbol;
};

struct slots {
	struct slot *slots;
	size_t count;
	size_t capacity;
};

/* The stubs of one section, and where their names come from. */
struct stubs {
	struct slots slots;
	struct clinic_elf_bytes symbols; /* .dynsym */
	struct clinic_elf_bytes strings; /* .dynstr */
	struct clinic_symbol_table *table;
};

static int add_slot(struct slots *slots, uint64_t address, uint32_t symbol)
{
	struct slot *grown = clinic_grow(slots->slots, slots->count,
					 &slots->capacity, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	slots->slots = grown;
	grown[slots->count++] = (struct slot){address, symbol};
	return 0;
}

static int read_slots(const struct clinic_elf *binary, const char *name,
		      struct slots *slots)
{
	const struct clinic_elf_section *section =
		clinic_elf_section(binary, name);
	struct clinic_elf_bytes bytes;
	int error;

	if (!section || section->type != SHT_RELA)
		return 0;
	error = clinic_elf_read_section(binary, section, &bytes);
	for (uint64_t at = 0; !error && bytes.size - at >= sizeof(Elf64_Rela);
	     at += sizeof(Elf64_Rela)) {
		Elf64_Rela relocation;

		memcpy(&relocation, bytes.bytes + at, sizeof(relocation));
		if (ELF64_R_SYM(relocation.r_info))
			error = add_slot(
				slots, relocation.r_offset,
				(uint32_t)ELF64_R_SYM(relocation.r_info));
	}
	free(bytes.bytes);
	return error;
}

static int compare(const void *left, const void *right)
{
	const struct slot *a = left;
	const struct slot *b = right;

	return (a->address > b->address) - (a->address < b->address);
}

static const char *slot_name(const struct stubs *stubs, uint64_t address)
{
	const struct slot key = {.address = address};
	const struct slot *slot = bsearch(&key, stubs->slots.slots,
					  stubs->slots.count, sizeof(key),
					  compare);
	Elf64_Sym symbol;

	if (!slot ||
	    (slot->symbol + UINT64_C(1)) * sizeof(symbol) > stubs->symbols.size)
		return NULL;
	memcpy(&symbol, stubs->symbols.bytes + slot->symbol * sizeof(symbol),
	       sizeof(symbol));
	if (symbol.st_name >= stubs->strings.size)
		return NULL;
	return (const char *)stubs->strings.bytes + symbol.st_name;
}

static int add_stub(struct stubs *stubs, uint64_t start, uint64_t size,
		    uint64_t slot)
{
	struct clinic_symbol symbol = {.start = start, .size = size};
	const char *name = slot_name(stubs, slot);
	char text[4096];
	size_t length;
	int error;

	if (!name || !*name)
		return 0;
	length = strnlen(name, sizeof(text) - sizeof("@plt"));
	memcpy(text, name, length);
	memcpy(text + length, "@plt", sizeof("@plt"));
	error = clinic_symbol_table_add_name(stubs->table, text, length + 4,
					     &symbol.name);
	return error ? error : clinic_symbol_table_add(stubs->table, &symbol);
}

static uint32_t word_at(const uint8_t *bytes)
{
	uint32_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

/* jmp *displacement(%rip), after nothing, endbr64 or bnd. */
static int decode_x86_64(struct stubs *stubs, const uint8_t *code,
			 uint64_t size, uint64_t address, uint64_t stub_bytes)
{
	int error = 0;

	for (uint64_t at = 0; !error && at + 6 <= size; at++) {
		uint64_t stub = at / stub_bytes * stub_bytes;
		int32_t displacement;

		if (code[at] != 0xff || code[at + 1] != 0x25)
			continue;
		displacement = (int32_t)word_at(code + at + 2);
		error = add_stub(stubs, address + stub, stub_bytes,
				 address + at + 6 + (uint64_t)displacement);
		at = stub + stub_bytes - 1; /* one jump in each */
	}
	return error;
}

/* adrp x16, page; ldr x17, [x16, offset] */
static int decode_aarch64(struct stubs *stubs, const uint8_t *code,
			  uint64_t size, uint64_t address)
{
	int error = 0;

	for (uint64_t at = 0; !error && at + 8 <= size; at += 4) {
		uint32_t adrp = word_at(code + at);
		uint32_t load = word_at(code + at + 4);
		uint64_t pages, page;

		if ((adrp & 0x9f00001fU) != 0x90000010U ||
		    (load & 0xffc003ffU) != 0xf9400211U)
			continue;
		pages = (adrp >> 29 & 3) | (adrp >> 5 & 0x7ffff) << 2;
		if (pages & (1U << 20))
			pages |= ~UINT64_C(0x1fffff);
		page = ((address + at) & ~UINT64_C(4095)) + (pages << 12);
		error = add_stub(stubs, address + at, STUB_BYTES,
				 page + (load >> 10 & 0xfff) * 8);
	}
	return error;
}

static int read_stubs(const struct clinic_elf *binary, const char *name,
		      struct stubs *stubs)
{
	const struct clinic_elf_section *section =
		clinic_elf_section(binary, name);
	struct clinic_elf_bytes code;
	int error;

	if (!section)
		return 0;
	error = clinic_elf_read_section(binary, section, &code);
	if (error)
		return error;
	if (binary->header.e_machine == EM_X86_64)
		error = decode_x86_64(
			stubs, code.bytes, code.size, section->address,
			section->entry_bytes == 8 ? 8 : STUB_BYTES);
	else if (binary->header.e_machine == EM_AARCH64)
		error = decode_aarch64(stubs, code.bytes, code.size,
				       section->address);
	free(code.bytes);
	return error;
}

static int read_all_stubs(const struct clinic_elf *binary, struct stubs *stubs)
{
	static const char *const relocations[] = {".rela.plt", ".rela.dyn"};
	static const char *const sections[] = {".plt", ".plt.sec", ".plt.got"};
	int error = 0;

	for (size_t i = 0; !error && i < 2; i++)
		error = read_slots(binary, relocations[i], &stubs->slots);
	if (error || !stubs->slots.count)
		return error;
	qsort(stubs->slots.slots, stubs->slots.count,
	      sizeof(*stubs->slots.slots), compare);
	for (size_t i = 0; !error && i < 3; i++)
		error = read_stubs(binary, sections[i], stubs);
	return error;
}

int clinic_plt_names_read(const struct clinic_elf *binary,
			  struct clinic_symbol_table *table)
{
	const struct clinic_elf_section *symbols =
		clinic_elf_section(binary, ".dynsym");
	struct stubs stubs = {.table = table};
	int error;

	if (!symbols || symbols->link >= binary->sections_count ||
	    binary->is_narrow) /* its stubs are of other instructions */
		return -ENODATA;
	error = clinic_elf_read_section(binary, symbols, &stubs.symbols);
	if (!error)
		error = clinic_elf_read_section(
			binary, &binary->sections[symbols->link],
			&stubs.strings);
	if (!error)
		error = read_all_stubs(binary, &stubs);
	if (!error)
		error = clinic_symbol_table_finish(table, binary);
	if (error)
		clinic_symbol_table_clear(table);
	free(stubs.slots.slots);
	free(stubs.symbols.bytes);
	free(stubs.strings.bytes);
	return error;
}
