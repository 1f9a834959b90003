/*
 * unwind/cfi.h - DWARF call frame information, as .eh_frame carries it.
 *
 *	while ((error = clinic_cfi_next(&section, &at, &function)) > 0)
 *		clinic_cfi_run(&section, &function, on_row, context);
 *
 * Private to this room. Formats: DWARF 5 section 6.4, the Linux Standard
 * Base's section on .eh_frame, and the x86-64 and AArch64 ABI supplements.
 *
 * Hostile    every offset and length is checked; a common information entry
 *            longer than any compiler writes is refused, because each
 *            function would run it again.
 * Errors     0 or -errno; -EBADMSG: damaged. After a damaged function the
 *            next one can be read; after a damaged length nothing can.
 * Threads    pure functions of their arguments.
 * Read next  unwind/unwind_row.h; unwind/unwind_table.h.
 */
#ifndef CLINIC_UNWIND_CFI_H
#define CLINIC_UNWIND_CFI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "unwind/unwind_row.h"

struct clinic_cfi_section {
	const uint8_t *bytes;
	size_t size;
	uint64_t address;    /* of bytes[0], for addresses relative to it */
	bool is_debug_frame; /* .debug_frame: other ids, absolute addresses */
};

/* What one frame description entry (FDE) covers. */
struct clinic_cfi_function {
	uint64_t start;
	uint64_t size;
	uint32_t entry; /* where in the section its description begins */
	uint32_t entry_size;
};

/*
 * The next function at or after *at, which is moved past it. 1: found one,
 * 0: no more, -EBADMSG: this one is damaged (*at is past it), -EILSEQ: the
 * section cannot be read any further.
 */
int clinic_cfi_next(const struct clinic_cfi_section *section, size_t *at,
		    struct clinic_cfi_function *function);

/* The function whose description is at that offset, as an index has it. */
int clinic_cfi_at(const struct clinic_cfi_section *section, size_t at,
		  struct clinic_cfi_function *function);

/* address: where the row begins to hold; row->pc is not set. */
typedef int clinic_cfi_on_row(void *context, uint64_t address,
			      const struct clinic_unwind_row *row);

/*
 * Runs the function's instructions: calls on_row in ascending order of
 * address, the first time for its start. An error of on_row is returned.
 */
int clinic_cfi_run(const struct clinic_cfi_section *section,
		   const struct clinic_cfi_function *function,
		   clinic_cfi_on_row *on_row, void *context);

#endif
