/*
 * unwind/unwind_table.h - the unwind information of a binary, compiled to rows.
 *
 *	.eh_frame, .debug_frame  --compile-->  | pc, rule | pc, rule | ...
 *	an address  --binary search-->  the row that holds there
 *
 * A row of 16 bytes says, up to the address of the next row, how to find the
 * canonical frame address (CFA), and where the frame pointer, one spare
 * register (rbx, x19) and the return address were saved. Whatever else DWARF
 * says about registers is not needed to find callers.
 *
 * Sources    .eh_frame and .debug_frame of an ELF file. Without section
 *            headers, and for an image in memory, .eh_frame by the search table
 *            in the program headers.
 * Rules      that are expressions are supported if compilers and C libraries
 *            write them: those of PLT entries, of the return from signals, of
 *            functions that realign their stack. For any other expression, the
 *            row says so, and walks end there.
 * Hostile    input gives -EBADMSG or fewer rows, never a crash, and never more
 *            memory than 32 bytes per byte of unwind information.
 * Addresses  are ELF virtual addresses of the binary.
 * Ownership  clinic_unwind_table_free() frees a table; what it was made from
 *            may be freed before.
 * Errors     0 or -errno. -ENOEXEC: not an ELF file for this machine; -ENODATA:
 *            no unwind information; -EBADMSG: damaged; -EFBIG: absurdly large.
 * Threads    many may search a table, because it never changes.
 * Read next  unwind/unwind_row.h, a row; unwind/cfi.h, which reads DWARF.
 */
#ifndef CLINIC_UNWIND_TABLE_H
#define CLINIC_UNWIND_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clinic_unwind_row;
struct clinic_unwind_table;

/*
 * Reads by pread(). fd still belongs to the caller, who may close it
 * afterwards.
 */
int clinic_unwind_table_from_file(int fd, struct clinic_unwind_table **table);

/*
 * Likewise, with additional unwind information: the bytes of a .debug_frame
 * that the file itself does not contain as plain bytes.
 */
int clinic_unwind_table_with_frames(int fd, const uint8_t *frames, size_t size,
				    struct clinic_unwind_table **table);

/*
 * Reads an image in our own memory. bias and headers (the program headers) are
 * those that dl_iterate_phdr() reports.
 */
int clinic_unwind_table_from_image(uintptr_t bias, const void *headers,
				   size_t headers_count,
				   struct clinic_unwind_table **table);
void clinic_unwind_table_free(struct clinic_unwind_table *table);

struct clinic_unwind_facts {
	size_t rows_count;
	size_t bytes; /* memory of the table */
	size_t functions_count;
	size_t unsupported_rows_count;
	size_t damaged_functions_count; /* left out */
	/* all code of the binary, and the part */
	uint64_t code_bytes;
	uint64_t covered_bytes; /* of it for which there is a row */
};

void clinic_unwind_table_describe(const struct clinic_unwind_table *table,
				  struct clinic_unwind_facts *facts);

/* Never NULL; its kind is CLINIC_CFA_NONE if the address is in no function. */
const struct clinic_unwind_row *
clinic_unwind_table_find(const struct clinic_unwind_table *table,
			 uint64_t address);

/*
 * Is the address in the entry code of the program, which nothing calls? This is
 * only for code without unwind information, such as _start of the dynamic
 * linker and of some C libraries.
 */
bool clinic_unwind_table_is_entry(const struct clinic_unwind_table *table,
				  uint64_t address);

/*
 * Converts an address to an offset in the file; whole pages are code, as they
 * are mapped.
 */
int clinic_unwind_table_offset(const struct clinic_unwind_table *table,
			       uint64_t address, uint64_t *file_offset);
/* The lowest address of the binary. */
uint64_t clinic_unwind_table_base(const struct clinic_unwind_table *table);
/*
 * Converts an offset in the file to an address. -ERANGE: it is in no executable
 * segment.
 */
int clinic_unwind_table_address(const struct clinic_unwind_table *table,
				uint64_t file_offset, uint64_t *address);

#endif
