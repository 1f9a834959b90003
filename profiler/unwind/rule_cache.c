/* Finds the rule for an address in the tables, and reads the code around it. */
#include "unwind/rule_cache.h"

#include <string.h>

#include "unwind/machine_code.h"
#include "unwind/module_record.h"
#include "unwind/unwind_table.h"

static const struct clinic_unwind_row row_of_nothing = {
	.cfa_kind = CLINIC_CFA_NONE};

static const struct clinic_unwind_row row_of_signal = {
	.cfa_kind = CLINIC_CFA_SIGNAL, .is_signal = 1};

static bool is_sigreturn_at(const struct clinic_code *code, int distance)
{
	uint8_t bytes[CLINIC_SIGRETURN_BYTES];
	size_t got = clinic_module_read_code(
		code->place.module, code->elf_address + (uint64_t)distance,
		code->place.file_offset + (uint64_t)distance, bytes,
		sizeof(bytes));

	return clinic_code_is_sigreturn(bytes, got);
}

/*
 * A handler returns to the first byte of this code. While the system call is
 * in progress, the program counter is behind its last byte.
 */
static bool is_in_sigreturn(const struct clinic_code *code)
{
	return is_sigreturn_at(code, 0) || is_sigreturn_at(code, 1) ||
	       is_sigreturn_at(code, -CLINIC_SIGRETURN_BYTES);
}

static const struct clinic_unwind_row *
find_row(const struct clinic_space *space, uint64_t address)
{
	const struct clinic_unwind_row *row = &row_of_nothing;
	struct clinic_code code;

	if (clinic_space_code(space, address, &code) < 0)
		return row;
	if (code.table)
		row = clinic_unwind_table_find(code.table, code.elf_address);
	/*
	 * Some C libraries, and the kernel for AArch64, have no unwind
	 * information for the code that ends a handler.
	 */
	if (row->cfa_kind == CLINIC_CFA_NONE && is_in_sigreturn(&code))
		row = &row_of_signal;
	return row;
}

void clinic_rule_cache_fill(struct clinic_unwind_cached *slot,
			    const struct clinic_space *space, uint64_t address)
{
	memcpy(slot->row, find_row(space, address), sizeof(slot->row));
	slot->pc = address;
}

bool clinic_rule_is_call_before(const struct clinic_space *space,
				uint64_t return_address)
{
	uint8_t bytes[CLINIC_CALL_BYTES_MAX];
	uint64_t start = return_address - sizeof(bytes);
	struct clinic_code code;

	if (clinic_space_code(space, start, &code) < 0)
		return false;
	/*
	 * Generated code, and files that we may not read, cannot be checked.
	 * They are executable, which has to be enough.
	 */
	if (!clinic_module_has_code(code.place.module))
		return true;
	return clinic_module_read_code(code.place.module, code.elf_address,
				       code.place.file_offset, bytes,
				       sizeof(bytes)) == sizeof(bytes) &&
	       clinic_code_ends_in_call(bytes, sizeof(bytes));
}
