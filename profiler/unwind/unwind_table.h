/*
 * unwind/unwind_table.h - a binary's unwind information, compiled to rows.
 *
 * A row of 16 bytes says, from its address to the next row's: how to get the
 * canonical frame address (CFA), and where the frame pointer, one spare
 * register (rbx, x19) and the return address were saved. All else that DWARF
 * can say of callee-saved registers is not needed to find callers.
 *
 * Sources    .eh_frame and .debug_frame of an ELF file; without section
 *            headers, and of an image in memory, .eh_frame by the program
 *            headers' search table.
 * Expression supported are the ones that compilers and C libraries write: of
 *            PLT entries, of signal return, of functions that realign their
 *            stack. Any other makes the row say so, and walks end there.
 * Hostile    input gives -EBADMSG or fewer rows, never a crash, and never
 *            more memory than 32 bytes per byte of unwind information.
 * Addresses  are ELF virtual addresses of the binary.
 * Errors     0 or -errno: -ENOEXEC not an ELF file for this machine; -ENODATA
 *            no unwind information; -EBADMSG damaged; -EFBIG absurdly large.
 * Threads    a table never changes once made.
 * Read next  unwind/unwind_row.h, a row; unwind/cfi.h, the DWARF side.
 */
#ifndef CLINIC_UNWIND_TABLE_H
#define CLINIC_UNWIND_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clinic_unwind_row;
struct clinic_unwind_table;

/* Reads with pread; fd stays the caller's and may be closed afterwards. */
int clinic_unwind_table_from_file(int fd, struct clinic_unwind_table **table);

/*
 * With more unwind information for it, of a .debug_frame that the file itself
 * does not have as plain bytes.
 */
int clinic_unwind_table_with_frames(int fd, const uint8_t *frames, size_t size,
				    struct clinic_unwind_table **table);

/*
 * Of this process's memory: base is the load bias that dl_iterate_phdr
 * gives, headers the program headers.
 */
int clinic_unwind_table_from_image(uintptr_t bias, const void *headers,
				   size_t headers_count,
				   struct clinic_unwind_table **table);
void clinic_unwind_table_free(struct clinic_unwind_table *table);

struct clinic_unwind_facts {
	size_t rows_count;
	size_t bytes; /* of memory the table takes */
	size_t functions_count;
	size_t unsupported_rows_count;
	size_t damaged_functions_count; /* left out */
	uint64_t code_bytes;            /* of the binary, and of them those */
	uint64_t covered_bytes;         /* for which there is a row */
};

void clinic_unwind_table_describe(const struct clinic_unwind_table *table,
				  struct clinic_unwind_facts *facts);

/* Never NULL; of kind CLINIC_CFA_NONE when the address is in no function. */
const struct clinic_unwind_row *
clinic_unwind_table_find(const struct clinic_unwind_table *table,
			 uint64_t address);

/*
 * Whether the address is in the entry code of the program, which nobody
 * calls. Asked only for code without unwind information: the dynamic
 * linker's and some C libraries' _start are such.
 */
bool clinic_unwind_table_is_entry(const struct clinic_unwind_table *table,
				  uint64_t address);

/* The other way round; whole pages of code, as they are mapped. */
int clinic_unwind_table_offset(const struct clinic_unwind_table *table,
			       uint64_t address, uint64_t *file_offset);
/* The lowest address of the binary. */
uint64_t clinic_unwind_table_base(const struct clinic_unwind_table *table);
/* -ERANGE: the offset is in no executable segment. */
int clinic_unwind_table_address(const struct clinic_unwind_table *table,
				uint64_t file_offset, uint64_t *address);

#endif
