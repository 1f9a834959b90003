/*
 * unwind/cfi_entry.h - reads the entries of a section of call frame
 * information, before they are run.
 *
 * An entry describes one function (FDE) and refers to what it shares with
 * others (CIE). Private to the sources of unwind/cfi.h.
 *
 * Ownership  the readers point into the section.
 * Errors     0 or -EBADMSG.
 */
#ifndef CLINIC_UNWIND_CFI_ENTRY_H
#define CLINIC_UNWIND_CFI_ENTRY_H

#include "foundation/byte_reader.h"
#include "unwind/cfi.h"

/* A common information entry (CIE), which many functions share. */
struct clinic_cfi_common {
	uint64_t code_factor;
	int64_t data_factor;
	uint8_t pointer_encoding;
	bool has_augmentation_size;
	bool is_signal;
	struct byte_reader instructions;
};

/* The entry of a function, with all that is needed to run it. */
struct clinic_cfi_entry {
	struct clinic_cfi_function function;
	struct clinic_cfi_common common;
	struct byte_reader instructions; /* run after the common ones */
};

/* -EBADMSG: there is no FDE at that offset. */
int clinic_cfi_read_entry(const struct clinic_cfi_section *section, size_t at,
			  struct clinic_cfi_entry *entry);

/*
 * Reads a pointer, which is absolute or relative to its own place, in any
 * format. encoding: DW_EH_PE_*.
 */
uint64_t clinic_cfi_read_pointer(const struct clinic_cfi_section *section,
				 struct byte_reader *r, uint8_t encoding);

#endif
