/* symbols/kernel_symbols.c - lines "address type name [module]". */
#include "symbols/kernel_symbols.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_function(char type)
{
	return type && strchr("tTwW", type);
}

static int add_line(struct clinic_symbol_table *table, char *line)
{
	struct clinic_symbol symbol = {0};
	char *name, *module;
	int error;

	symbol.start = strtoull(line, &name, 16);
	if (name[0] != ' ' || !is_function(name[1]) || name[2] != ' ')
		return 0;
	name += 3;
	name[strcspn(name, "\n")] = '\0';
	symbol.rank = UINT32_MAX - (uint32_t)strspn(name, "_");
	module = strchr(name, '\t');
	if (module)
		*module = ' ';
	error = clinic_symbol_table_add_name(table, name, strlen(name),
					     &symbol.name);
	return error ? error : clinic_symbol_table_add(table, &symbol);
}

static int read_lines(FILE *file, struct clinic_symbol_table *table)
{
	size_t capacity = 0;
	char *line = NULL;
	int error = 0;

	while (!error && getline(&line, &capacity, file) > 0)
		error = add_line(table, line);
	free(line);
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
	FILE *file = fopen(path, "re");
	int error;

	if (!file)
		return -errno;
	error = read_lines(file, table);
	fclose(file);
	if (!error)
		error = check(table);
	if (!error)
		error = clinic_symbol_table_finish(table, NULL);
	if (error)
		clinic_symbol_table_clear(table);
	return error;
}
