/*
 * Runs `clinic where`: prints the function and the line of each code address.
 *
 * The preload library starts it when it must print a stack at once.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verb.h"
#include "foundation/terminal_text.h"
#include "sources/data_symbol.h"
#include "symbols/demangle.h"
#include "symbols/symbols.h"

static const struct clinic_usage usage = {
	.line = "where [--data] PLACE...",
	.text = "A PLACE is PATH+0xOFFSET, the offset in that file. Prints "
		"each with the functions\nthat are inlined there, innermost "
		"first. With --data it is PATH+0xADDRESS, an\nELF virtual "
		"address, and what is printed is the variable there.\n",
	.operands_min = 1,
	.operands_max = -1,
};

static void print_symbol(void *context, size_t index,
			 const struct clinic_symbols_symbol *symbol)
{
	(void)index;
	*(bool *)context = symbol->frames_count > 0;
	for (size_t i = 0; i < symbol->frames_count; i++) {
		const struct clinic_symbols_frame *frame = &symbol->frames[i];

		printf("  %s", clinic_terminal_text(frame->function));
		if (frame->file && frame->line)
			printf("  %s:%" PRIu32,
			       clinic_terminal_text(frame->file), frame->line);
		putchar('\n');
	}
}

/* Prints the name of an address; false: it has none. */
static bool print_named(struct clinic_symbols *symbols, const char *path,
			uint64_t offset)
{
	struct clinic_symbols_binary binary = {.path = path, .fd = -1};
	struct clinic_symbols_module *module;
	bool is_named = false;
	uint64_t address;
	int err = strcmp(path, "[vdso]")
			  ? clinic_symbols_open(symbols, &binary, &module)
			  : clinic_symbols_open_vdso(symbols, &module);

	if (!err && !clinic_symbols_address(module, offset, &address))
		(void)clinic_symbols_resolve(module, &address, 1, print_symbol,
					     &is_named);
	return is_named;
}

static void print_variable(const char *path, uint64_t address)
{
	char name[CLINIC_DEMANGLED_MAX];

	if (clinic_data_symbol(path, address, name, sizeof(name)))
		printf("%s+0x%" PRIx64, clinic_terminal_text(path), address);
	else
		fputs(clinic_terminal_text(name), stdout);
}

static int print_place(struct clinic_symbols *symbols, bool is_data,
		       char *place)
{
	char *plus = strrchr(place, '+');
	char *end = plus;
	uint64_t offset = plus ? strtoull(plus + 1, &end, 16) : 0;

	if (!plus || end == plus + 1 || *end)
		return clinic_complain("'%s' is not PATH+0xOFFSET", place);
	*plus = '\0';
	if (is_data)
		print_variable(place, offset);
	else if (!print_named(symbols, place, offset))
		printf("  %s+0x%" PRIx64 "\n", clinic_terminal_text(place),
		       offset);
	return 0;
}

static int run(int argc, char **argv)
{
	bool is_data = false;
	const struct clinic_option options[] = {
		{'d', "data", NULL, CLINIC_OPTION_FLAG, &is_data,
		 "name variables, not code"},
		{0},
	};
	struct clinic_symbols *symbols;
	int at = clinic_options(&usage, options, argc, argv);
	int status = 0;

	if (at < 0)
		return clinic_options_exit(at);
	if (clinic_symbols_new(NULL, &symbols))
		return clinic_complain("out of memory");
	for (; !status && argv[at]; at++)
		status = print_place(symbols, is_data, argv[at]);
	clinic_symbols_free(symbols);
	return status;
}

static const struct clinic_verb verb = {
	.name = "where",
	.summary = "name code addresses, as PATH+0xOFFSET",
	.run = run,
};
CLINIC_VERB(verb);
