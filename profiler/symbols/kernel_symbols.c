/* symbols/kernel_symbols.c - lines "address type name [module]". */
#include "symbols/kernel_symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK_BYTES (256 << 10)

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

/* The line ends with a NUL. */
static int add_line(struct clinic_symbol_table *table, char *line, char *end)
{
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

/* The whole lines among `size` bytes; how many bytes these took. */
static int add_lines(struct clinic_symbol_table *table, char *bytes,
		     size_t size, size_t *taken)
{
	int error = 0;
	char *end;

	*taken = 0;
	while (!error && (end = memchr(bytes + *taken, '\n', size - *taken))) {
		*end = '\0';
		error = add_line(table, bytes + *taken, end);
		*taken = (size_t)(end + 1 - bytes);
	}
	return error;
}

/* A hundred thousand lines: stdio took a third of the time. */
static int read_lines(int fd, struct clinic_symbol_table *table)
{
	char *bytes = malloc(CHUNK_BYTES);
	size_t held = 0, taken;
	int error = bytes ? 0 : -ENOMEM;

	while (!error) {
		ssize_t got = read(fd, bytes + held, CHUNK_BYTES - held);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			error = -errno;
		if (got <= 0)
			break;
		held += (size_t)got;
		error = add_lines(table, bytes, held, &taken);
		if (!taken && held == CHUNK_BYTES)
			error = -EBADMSG; /* no line is that long */
		held -= taken;
		memmove(bytes, bytes + taken, held);
	}
	free(bytes);
	return error;
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
	error = read_lines(fd, table);
	close(fd);
	if (!error)
		error = check(table);
	if (!error)
		error = clinic_symbol_table_finish(table, NULL);
	if (error)
		clinic_symbol_table_clear(table);
	return error;
}
