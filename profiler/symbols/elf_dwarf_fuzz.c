/* Reads every source of names, and lines, from hostile ELF files. */
#include <elf.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "symbols/source_lines.h"
#include "symbols/symbols.h"

#define ADDRESSES 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use_symbol(void *context, size_t index,
		       const struct clinic_symbols_symbol *symbol)
{
	size_t *length = context;

	(void)index;
	for (size_t i = 0; i < symbol->frames_count; i++) {
		const struct clinic_symbols_frame *frame = &symbol->frames[i];

		*length += strlen(frame->function);
		*length += frame->file ? strlen(frame->file) : 0;
		*length += frame->defined_file ? strlen(frame->defined_file)
					       : 0;
	}
}

static void use_range(void *context, const struct clinic_symbols_range *range)
{
	size_t *length = context;

	*length += strlen(range->function) + (range->start < range->end);
}

static void use_line(void *context, const struct clinic_symbols_line *line)
{
	size_t *length = context;

	*length += line->file ? strlen(line->file) : 0;
}

/* Finds where the code is, by the header of the input itself. */
static uint64_t first_address(const uint8_t *data, size_t size)
{
	Elf64_Ehdr header;

	if (size < sizeof(header))
		return 0;
	memcpy(&header, data, sizeof(header));
	return header.e_entry;
}

static void use_module(struct clinic_symbols_module *module, uint64_t first)
{
	uint64_t addresses[ADDRESSES];
	size_t length = 0;

	for (uint64_t i = 0; i < ADDRESSES; i++)
		addresses[i] = first + i * i;
	clinic_symbols_resolve(module, addresses, ADDRESSES, use_symbol,
			       &length);
	clinic_symbols_function_ranges(module, "main", use_range, &length);
	clinic_symbols_function_lines(module, first, first + 4096, use_line,
				      &length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct clinic_symbols_options options = {
		.memory_bytes_max = UINT64_C(64) << 20};
	struct clinic_symbols_binary binary = {.path = "input"};
	struct clinic_symbols_module *module;
	struct clinic_symbols *symbols;

	binary.fd = memfd_create("input", MFD_CLOEXEC);
	if (binary.fd < 0 || write(binary.fd, data, size) != (ssize_t)size ||
	    clinic_symbols_new(&options, &symbols)) {
		close(binary.fd);
		return 0;
	}
	if (!clinic_symbols_open(symbols, &binary, &module))
		use_module(module, first_address(data, size));
	clinic_symbols_free(symbols);
	close(binary.fd);
	return 0;
}
