/*
 * Names ELF addresses in the way of addr2line -a -i -f.
 *
 *	resolve_addresses BINARY [DEBUG-FOLDER ...] < ADDRESSES
 *
 * ADDRESSES are hexadecimal, one on each line. In the order of input, this
 * prints a line "ADDRESS TIER", and then a line for each frame, which begins
 * with a tab: function, file, line, defined_file, defined_line, start, inline
 * or real. Tests compare the two, and `make bench-symbols` measures both.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/growing_array.h"

#include "symbols/symbols.h"

struct answers {
	const uint64_t *addresses;
	char **text; /* one for each address */
};

static void print_frame(FILE *out, const struct clinic_symbols_frame *frame)
{
	fprintf(out,
		"\t%s\t%s\t%" PRIu32 "\t%s\t%" PRIu32 "\t%#" PRIx64 "\t%s\n",
		frame->function, frame->file ? frame->file : "??", frame->line,
		frame->defined_file ? frame->defined_file : "??",
		frame->defined_line, frame->start,
		frame->is_inline ? "inline" : "real");
}

static void keep_answer(void *context, size_t index,
			const struct clinic_symbols_symbol *symbol)
{
	struct answers *answers = context;
	size_t size;
	FILE *out = open_memstream(&answers->text[index], &size);

	if (!out)
		abort();
	fprintf(out, "%#" PRIx64 " %s\n", answers->addresses[index],
		clinic_tier_name(symbol->tier));
	for (size_t i = 0; i < symbol->frames_count; i++)
		print_frame(out, &symbol->frames[i]);
	fclose(out);
}

static size_t read_addresses(uint64_t **addresses)
{
	size_t count = 0, capacity = 0;
	char line[64];

	*addresses = NULL;
	while (fgets(line, sizeof(line), stdin)) {
		*addresses = clinic_grow(*addresses, count, &capacity,
					 sizeof(**addresses));
		if (!*addresses)
			abort();
		(*addresses)[count++] = strtoull(line, NULL, 16);
	}
	return count;
}

static int resolve(struct clinic_symbols *symbols, const char *path)
{
	const struct clinic_symbols_binary binary = {.path = path, .fd = -1};
	struct clinic_symbols_module *module;
	struct answers answers;
	uint64_t *addresses;
	size_t count = read_addresses(&addresses);
	int error = clinic_symbols_open(symbols, &binary, &module);

	answers.addresses = addresses;
	answers.text = calloc(count + 1, sizeof(*answers.text));
	if (!error)
		error = clinic_symbols_resolve(module, addresses, count,
					       keep_answer, &answers);
	for (size_t i = 0; i < count; i++) {
		if (answers.text[i])
			fputs(answers.text[i], stdout);
		free(answers.text[i]);
	}
	free(answers.text);
	free(addresses);
	return error;
}

int main(int argc, char **argv)
{
	struct clinic_symbols_options options = {0};
	struct clinic_symbols *symbols;
	int error;

	if (argc < 2) {
		fprintf(stderr, "usage: resolve_addresses BINARY "
				"[DEBUG-FOLDER ...] < ADDRESSES\n");
		return 2;
	}
	options.debug_folders = (const char *const *)argv + 2;
	options.debug_folders_count = (size_t)argc - 2;
	options.use_debuginfod = getenv("USE_DEBUGINFOD") != NULL;
	error = clinic_symbols_new(&options, &symbols);
	if (!error) {
		error = resolve(symbols, argv[1]);
		clinic_symbols_free(symbols);
	}
	if (error)
		fprintf(stderr, "%s: %s\n", argv[1], strerror(-error));
	return error ? 1 : 0;
}
