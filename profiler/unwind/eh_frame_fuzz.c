/*
 * Reads any bytes as unwind information, for libFuzzer.
 *
 * The first byte of the input says what follows: an .eh_frame (even) or
 * .debug_frame (odd) section; from 128 on, a whole ELF file, which is mapped
 * and compiled, and in which a stack of the same bytes is walked. Besides what
 * the sanitizers find, this checks that a table takes no more memory than
 * unwind_table.h says, and that a walk has no more frames than its limit.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unwind/address_space.h"
#include "unwind/cfi.h"
#include "unwind/unwind.h"
#include "unwind/unwind_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BYTES_PER_BYTE_MAX = 32, TABLE_BYTES_MIN = 4096, FRAMES_MAX = 64 };

static int count_row(void *context, uint64_t address,
		     const struct clinic_unwind_row *row)
{
	uint64_t *last = context;

	(void)row;
	if (address < *last)
		abort(); /* rows must ascend */
	*last = address;
	return 0;
}

static void read_section(const uint8_t *data, size_t size, bool is_debug_frame)
{
	const struct clinic_cfi_section section = {
		.bytes = data,
		.size = size,
		.address = 0x1000,
		.is_debug_frame = is_debug_frame,
	};
	struct clinic_cfi_function function;
	size_t at = 0;
	int found;

	do {
		found = clinic_cfi_next(&section, &at, &function);
		if (found == 1) {
			uint64_t last = function.start;

			(void)clinic_cfi_run(&section, &function, count_row,
					     &last);
		}
	} while (found == 1 || found == -EBADMSG);
}

static void check_table(const struct clinic_unwind_table *table, size_t size)
{
	struct clinic_unwind_facts facts;

	if (!table)
		return;
	clinic_unwind_table_describe(table, &facts);
	if (facts.bytes > size * BYTES_PER_BYTE_MAX + TABLE_BYTES_MIN)
		abort();
}

static void walk_over(const struct clinic_space *space, const uint8_t *stack,
		      size_t size)
{
	static struct clinic_unwinder unwinder;
	struct clinic_registers registers = {0};
	uint64_t frames[FRAMES_MAX];
	const struct clinic_unwind_moment at = {
		.registers = &registers,
		.stack_start = 0x7000,
		.stack = stack,
		.stack_bytes = size,
	};
	struct clinic_unwound out = {.frames = frames,
				     .frames_max = FRAMES_MAX};

	for (uint64_t pc = 0x100000; pc < 0x100000 + size; pc += 61) {
		clinic_registers_set(&registers, CLINIC_REGISTER_PC, pc);
		clinic_registers_set(&registers, CLINIC_REGISTER_SP, 0x7000);
		clinic_registers_set(&registers, CLINIC_REGISTER_FP, 0x7040);
		clinic_unwind(&unwinder, space, &at, &out);
		if (out.frames_count < 1 || out.frames_count > FRAMES_MAX)
			abort();
	}
}

static void read_file(const uint8_t *data, size_t size)
{
	struct clinic_modules *modules;
	struct clinic_space *space;
	struct clinic_place place;
	struct stat status;
	char path[64];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct clinic_mapping mapping = {
		.start = 0x100000, .size_bytes = size + 1, .path = path};

	if (fd < 0 || write(fd, data, size) != (ssize_t)size ||
	    fstat(fd, &status) < 0 || clinic_modules_new(&modules) < 0 ||
	    clinic_space_new(modules, getpid(), &space) < 0)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	mapping.inode = status.st_ino;
	if (clinic_space_map(space, &mapping) < 0 ||
	    clinic_space_find(space, mapping.start, &place) < 0)
		abort();
	check_table(clinic_module_table(place.module), size);
	walk_over(space, data, size);
	clinic_space_free(space);
	clinic_modules_free(modules);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] >= 128)
		read_file(data + 1, size - 1);
	else
		read_section(data + 1, size - 1, data[0] & 1);
	return 0;
}
