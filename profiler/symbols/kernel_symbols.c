/* Reads the functions of the kernel: lines "address type name [module]". */
#include "symbols/kernel_symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "symbols/text_lines.h"

static bool is_function(char type)
{
	return type && strchr("tTwW", type);
}

static const uint8_t hex_digits[256] = {
	['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
	['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
	['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16};

static const char *read_address(const char *at, uint64_t *address)
{
	for (*address = 0; hex_digits[(uint8_t)*at]; at++)
		*address = *address << 4 | (hex_digits[(uint8_t)*at] - 1u);
	return at;
}

/* A clinic_on_text_line. */
static int add_line(void *context, char *line, char *end)
{
	struct clinic_symbol_table *table = context;
	struct clinic_symbol symbol = {0};
	const char *at = read_address(line, &symbol.start);
	char *name, *module;
	int error;

	if (at[0] != ' ' || !is_function(at[1]) || at[2] != ' ')
		return 0;
	name = line + (at - line) + 3;
	symbol.rank = UINT32_MAX - (uint32_t)strspn(name, "_");
	module = memchr(name, '\t', (size_t)(end - name));
	if (module)
		*module = ' ';
	error = clinic_symbol_table_add_name(table, name, (size_t)(end - name),
					     &symbol.name);
	return error ? error : clinic_symbol_table_add(table, &symbol);
}

static int check(const struct clinic_symbol_table *table)
{
	if (!table->count)
		return -ENODATA;
	for (size_t i = 0; i < table->count; i++)
		if (table->symbols[i].start)
			return 0;
	return -EPERM;
}

int clinic_kernel_symbols_read(const char *path,
			       struct clinic_symbol_table *table)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int error;

	if (fd < 0)
		return -errno;
	error = clinic_text_lines_read(fd, add_line, table);
	close(fd);
	if (!error)
		error = check(table);
	if (!error)
		error = clinic_symbol_table_finish(table, NULL);
	if (error)
		clinic_symbol_table_clear(table);
	return error;
}
