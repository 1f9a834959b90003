/* Makes one symbol for each function in the table of a Go program. */
#include "symbols/go_names.h"

#include <string.h>

#include "symbols/go_functions.h"

static int add(const struct clinic_go_functions *functions, uint64_t index,
	       struct clinic_symbol_table *table)
{
	struct clinic_go_function function;
	struct clinic_symbol symbol;
	int error;

	clinic_go_function_at(functions, index, &function);
	if (!*function.name || function.end <= function.start)
		return 0;
	symbol = (struct clinic_symbol){.start = function.start,
					.size = function.end - function.start};
	error = clinic_symbol_table_add_name(
		table, function.name, strlen(function.name), &symbol.name);
	return error ? error : clinic_symbol_table_add(table, &symbol);
}

int clinic_go_names_read(const struct clinic_elf *elf,
			 struct clinic_symbol_table *table)
{
	struct clinic_go_functions functions;
	int error = clinic_go_functions_open(elf, &functions);

	if (error)
		return error;
	for (uint64_t i = 0; !error && i < functions.count; i++)
		error = add(&functions, i, table);
	if (!error)
		error = clinic_symbol_table_finish(table, elf);
	clinic_go_functions_close(&functions);
	return error;
}
