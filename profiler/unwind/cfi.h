/*
 * unwind/cfi.h - reads and runs DWARF call frame information (CFI), as in
 * .eh_frame.
 *
 *	while ((error = clinic_cfi_next(&section, &at, &function)) > 0)
 *		clinic_cfi_run(&section, &function, on_row, context);
 *
 *	.eh_frame:  CIE | FDE | FDE | CIE | FDE | ...
 *	                  <-- an FDE describes one function and refers to the
 *	                      CIE that it shares with others
 *	instructions of CIE and FDE  --run-->  rows, one for each change
 *
 * Private to this room.
 *
 * Formats    DWARF 5 section 6.4, the Linux Standard Base's section on
 *            .eh_frame, the ABI supplements of x86-64 and AArch64.
 * Hostile    each offset and length is checked. A CIE that is longer than any
 *            compiler writes is refused, because it would be run again for each
 *            function.
 * Errors     0 or -errno; -EBADMSG: damaged. After a damaged function the next
 *            one can be read, after a damaged length nothing more.
 * Threads    any; the functions only use their arguments.
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
	uint64_t address;    /* of bytes[0], to which addresses are relative */
	bool is_debug_frame; /* has other ids, and absolute addresses */
};

/* The function that a frame description entry (FDE) describes. */
struct clinic_cfi_function {
	uint64_t start;
	uint64_t size;
	uint32_t entry; /* offset of the FDE in the section */
	uint32_t entry_size;
};

/*
 * Reads the next function at or after *at, and moves *at behind it. Returns 1;
 * 0: there are no more; -EBADMSG: this one is damaged (*at is behind it);
 * -EILSEQ: the rest of the section cannot be read.
 */
int clinic_cfi_next(const struct clinic_cfi_section *section, size_t *at,
		    struct clinic_cfi_function *function);

/* Reads the function whose FDE is at that offset, which an index gives. */
int clinic_cfi_at(const struct clinic_cfi_section *section, size_t at,
		  struct clinic_cfi_function *function);

/* The row holds from that address on; row->pc is not set. */
typedef int clinic_cfi_on_row(void *context, uint64_t address,
			      const struct clinic_unwind_row *row);

/*
 * Runs the instructions of the function. Calls on_row in ascending order of
 * addresses, first for the function's start. Returns 0, or the error of on_row.
 */
int clinic_cfi_run(const struct clinic_cfi_section *section,
		   const struct clinic_cfi_function *function,
		   clinic_cfi_on_row *on_row, void *context);

#endif
