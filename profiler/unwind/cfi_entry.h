/*
 * unwind/cfi_entry.h - the entries of a section, before they are run.
 *
 * Private to unwind/cfi.h's sources. An entry describes one function
 * (FDE) and refers to what it shares with others (CIE).
 */
#ifndef CLINIC_UNWIND_CFI_ENTRY_H
#define CLINIC_UNWIND_CFI_ENTRY_H

#include "foundation/byte_reader.h"
#include "unwind/cfi.h"

/* A common information entry (CIE): what many functions share. */
struct clinic_cfi_common {
	uint64_t code_factor;
	int64_t data_factor;
	uint8_t pointer_encoding;
	bool has_augmentation_size;
	bool is_signal;
	struct byte_reader instructions;
};

/* One function's entry, with all that it takes to run it. */
struct clinic_cfi_entry {
	struct clinic_cfi_function function;
	struct clinic_cfi_common common;
	struct byte_reader instructions; /* after the common ones */
};

/* -EBADMSG: there is no function's entry at that offset. */
int clinic_cfi_read_entry(const struct clinic_cfi_section *section, size_t at,
			  struct clinic_cfi_entry *entry);

/* DW_EH_PE_*: absolute or from where it stands, in any format. */
uint64_t clinic_cfi_read_pointer(const struct clinic_cfi_section *section,
				 struct byte_reader *r, uint8_t encoding);

#endif
