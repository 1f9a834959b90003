/*
 * Compares compiled tables with what libdw reads in the same binaries, at many
 * addresses, and compiles binaries that are cut short or damaged anywhere.
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "unwind/registers.h"
#include "unwind/unwind_row.h"
#include "unwind/unwind_table.h"

enum { PROBES = 20000, WORD = 8 };

/* One binary, which both read. */
struct binary {
	const char *path;
	int fd;
	Elf *elf;
	Dwarf_CFI *cfi;
	struct clinic_unwind_table *table;
	uint64_t code_start, code_end;
	size_t agreed_count, none_count;
};

static void find_code(struct binary *b)
{
	size_t count;
	GElf_Phdr header;

	assert_int_equal(elf_getphdrnum(b->elf, &count), 0);
	for (int i = 0; i < (int)count; i++) {
		assert_non_null(gelf_getphdr(b->elf, i, &header));
		if (header.p_type == PT_LOAD && header.p_flags & PF_X) {
			b->code_start = header.p_vaddr;
			b->code_end = header.p_vaddr + header.p_memsz;
		}
	}
}

static void open_binary(struct binary *b, const char *path)
{
	*b = (struct binary){.path = path,
			     .fd = open(path, O_RDONLY | O_CLOEXEC)};
	if (b->fd < 0) {
		print_message("# no %s here\n", path);
		skip();
	}
	elf_version(EV_CURRENT);
	b->elf = elf_begin(b->fd, ELF_C_READ, NULL);
	assert_non_null(b->elf);
	b->cfi = dwarf_getcfi_elf(b->elf);
	assert_non_null(b->cfi);
	find_code(b);
	assert_int_equal(clinic_unwind_table_from_file(b->fd, &b->table), 0);
}

static void close_binary(struct binary *b)
{
	clinic_unwind_table_free(b->table);
	dwarf_cfi_end(b->cfi);
	elf_end(b->elf);
	close(b->fd);
}

/* The rule "register + offset" in the form of libdw; false: an expression. */
static bool is_register_rule(const Dwarf_Op *ops, size_t count, int *number,
			     int64_t *offset)
{
	if (count != 1)
		return false;
	if (ops[0].atom == DW_OP_bregx) {
		*number = (int)ops[0].number;
		*offset = (int64_t)ops[0].number2;
		return true;
	}
	*number = (int)ops[0].atom - DW_OP_breg0;
	*offset = (int64_t)ops[0].number;
	return ops[0].atom >= DW_OP_breg0 && ops[0].atom <= DW_OP_breg31;
}

static bool same_cfa(const struct clinic_unwind_row *row, Dwarf_Frame *frame)
{
	size_t count;
	int64_t offset;
	Dwarf_Op *ops;
	int number;

	assert_int_equal(dwarf_frame_cfa(frame, &ops, &count), 0);
	if (!is_register_rule(ops, count, &number, &offset))
		return row->cfa_kind != CLINIC_CFA_REGISTER &&
		       row->cfa_kind != CLINIC_CFA_NONE;
	return row->cfa_kind == CLINIC_CFA_REGISTER &&
	       row->cfa_register == number && row->cfa_offset == offset;
}

/* The rule "at CFA + offset" in the form of libdw. */
static bool is_saved_at(const Dwarf_Op *ops, size_t count, int64_t *offset)
{
	*offset = 0;
	if (count == 1 && ops[0].atom == DW_OP_call_frame_cfa)
		return true;
	if (count != 2 || ops[0].atom != DW_OP_call_frame_cfa ||
	    ops[1].atom != DW_OP_plus_uconst)
		return false;
	*offset = (int64_t)ops[1].number;
	return true;
}

static bool is_popped(const struct clinic_unwind_row *row, int64_t offset)
{
	return row->cfa_register == CLINIC_REGISTER_SP &&
	       row->cfa_offset + offset < 0;
}

static bool same_saved(const struct clinic_unwind_row *row, Dwarf_Frame *frame,
		       int number, int16_t saved)
{
	Dwarf_Op memory[3], *ops;
	int64_t offset;
	size_t count;

	assert_int_equal(
		dwarf_frame_register(frame, number, memory, &ops, &count), 0);
	if (!is_saved_at(ops, count, &offset) || count == 0)
		return !clinic_saved_is_words(saved);
	return clinic_saved_is_words(saved)
		       ? saved * WORD == offset
		       : saved == CLINIC_SAVED_SAME && is_popped(row, offset);
}

static bool same_row(const struct clinic_unwind_row *row, Dwarf_Frame *frame)
{
	/* The registers of a signal's frame are found in another way. */
	if (row->cfa_kind == CLINIC_CFA_SIGNAL)
		return true;
	return same_cfa(row, frame) &&
	       same_saved(row, frame, CLINIC_REGISTER_FP, row->fp) &&
	       same_saved(row, frame, CLINIC_REGISTER_SPARE, row->spare) &&
	       same_saved(row, frame, CLINIC_REGISTER_RETURN, row->ra);
}

static void probe(struct binary *b, uint64_t address)
{
	const struct clinic_unwind_row *row =
		clinic_unwind_table_find(b->table, address);
	Dwarf_Frame *frame = NULL;

	if (dwarf_cfi_addrframe(b->cfi, address, &frame) != 0) {
		b->none_count++;
		/* We have rules of our own for .init and .fini. */
		if (row->cfa_kind != CLINIC_CFA_NONE)
			assert_int_equal(row->ra, -1);
		return;
	}
	if (!same_row(row, frame))
		fail_msg("%s: another rule at 0x%llx", b->path,
			 (unsigned long long)address);
	b->agreed_count++;
	free(frame);
}

static void agree(const char *path)
{
	struct clinic_unwind_facts facts;
	struct binary b;
	uint64_t step;

	open_binary(&b, path);
	clinic_unwind_table_describe(b.table, &facts);
	assert_int_equal(facts.damaged_functions_count, 0);
	/* With an odd step, addresses of every alignment are reached. */
	step = (b.code_end - b.code_start) / PROBES | 1;
	for (uint64_t a = b.code_start; a < b.code_end; a += step)
		probe(&b, a);
	print_message("# %s: %zu rules agree, %zu addresses without; "
		      "%zu rows, %zu unsupported\n",
		      path, b.agreed_count, b.none_count, facts.rows_count,
		      facts.unsupported_rows_count);
	assert_true(b.agreed_count > b.none_count);
	close_binary(&b);
}

static void agrees_on_libc(void **state)
{
	(void)state;
	agree("/lib/x86_64-linux-gnu/libc.so.6");
}

static void agrees_on_the_dynamic_linker(void **state)
{
	(void)state;
	agree("/lib64/ld-linux-x86-64.so.2");
}

static void agrees_on_openssl(void **state)
{
	(void)state;
	agree("/usr/lib/x86_64-linux-gnu/libcrypto.so.3");
}

static void agrees_on_python(void **state)
{
	(void)state;
	agree("/usr/bin/python3");
}

static void agrees_on_cpp(void **state)
{
	(void)state;
	agree("/usr/lib/x86_64-linux-gnu/libstdc++.so.6");
}

static void agrees_on_ourselves(void **state)
{
	(void)state;
	agree("/proc/self/exe");
}

/* Whatever libraries this machine has, no table may be damaged. */
static void every_library_compiles(void **state)
{
	struct clinic_unwind_facts facts;
	struct clinic_unwind_table *table;
	size_t compiled_count = 0;
	glob_t found;

	(void)state;
	assert_int_equal(glob("/usr/lib/x86_64-linux-gnu/lib[a-d]*.so.*", 0,
			      NULL, &found),
			 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		int fd = open(found.gl_pathv[i], O_RDONLY | O_CLOEXEC);
		int error = clinic_unwind_table_from_file(fd, &table);

		close(fd);
		if (error == -ENODATA || error == -ENOEXEC)
			continue; /* data only, or a linker script */
		assert_int_equal(error, 0);
		clinic_unwind_table_describe(table, &facts);
		assert_int_equal(facts.damaged_functions_count, 0);
		clinic_unwind_table_free(table);
		compiled_count++;
	}
	print_message("# %zu libraries\n", compiled_count);
	globfree(&found);
}

/* A copy of a small real library in memory, which will be damaged. */
struct copy {
	uint8_t *bytes;
	size_t size;
	int fd;
};

static void copy_library(struct copy *c)
{
	int fd = open("/lib/x86_64-linux-gnu/libdl.so.2", O_RDONLY | O_CLOEXEC);
	struct stat status;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &status), 0);
	c->size = (size_t)status.st_size;
	c->bytes = malloc(c->size);
	assert_int_equal(pread(fd, c->bytes, c->size, 0), c->size);
	c->fd = memfd_create("damaged", MFD_CLOEXEC);
	assert_true(c->fd >= 0);
	close(fd);
}

static void free_copy(struct copy *c)
{
	free(c->bytes);
	close(c->fd);
}

static void write_copy(struct copy *c, size_t size)
{
	assert_int_equal(ftruncate(c->fd, 0), 0);
	assert_int_equal(pwrite(c->fd, c->bytes, size, 0), size);
}

/* Any result is allowed, but no crash; a table must answer. */
static void compile_copy(struct copy *c)
{
	struct clinic_unwind_table *table;

	if (clinic_unwind_table_from_file(c->fd, &table) < 0) {
		assert_null(table);
		return;
	}
	for (uint64_t address = 0; address < c->size; address += 97)
		assert_non_null(clinic_unwind_table_find(table, address));
	clinic_unwind_table_free(table);
}

/* Files as `llvm-strip --strip-sections` writes them. */
static void files_without_sections_compile_alike(void **state)
{
	struct clinic_unwind_table *with, *without;
	Elf64_Ehdr *header;
	struct copy c;

	(void)state;
	copy_library(&c);
	write_copy(&c, c.size);
	assert_int_equal(clinic_unwind_table_from_file(c.fd, &with), 0);
	header = (Elf64_Ehdr *)(void *)c.bytes;
	header->e_shoff = 0;
	header->e_shnum = 0;
	header->e_shstrndx = 0;
	write_copy(&c, c.size);
	assert_int_equal(clinic_unwind_table_from_file(c.fd, &without), 0);
	for (uint64_t address = 0; address < c.size; address++) {
		const struct clinic_unwind_row *row =
			clinic_unwind_table_find(without, address);

		if (row->cfa_kind != CLINIC_CFA_NONE)
			assert_memory_equal(
				row, clinic_unwind_table_find(with, address),
				sizeof(*row));
	}
	clinic_unwind_table_free(with);
	clinic_unwind_table_free(without);
	free_copy(&c);
}

static void files_cut_short_are_refused(void **state)
{
	struct copy c;

	(void)state;
	copy_library(&c);
	for (size_t size = 0; size < c.size; size += size < 4096 ? 7 : 131) {
		write_copy(&c, size);
		compile_copy(&c);
	}
	free_copy(&c);
}

static void damaged_files_do_not_crash(void **state)
{
	struct copy c;

	(void)state;
	copy_library(&c);
	srandom(1);
	for (int i = 0; i < 3000; i++) {
		size_t at = (size_t)random() % c.size;
		uint8_t was = c.bytes[at];

		/* Half of the damages are in the headers. */
		if (i % 2)
			at %= 1024;
		was = c.bytes[at];
		c.bytes[at] = (uint8_t)random();
		write_copy(&c, c.size);
		compile_copy(&c);
		c.bytes[at] = was;
	}
	free_copy(&c);
}

static void other_files_are_refused(void **state)
{
	static const char *const paths[] = {"/dev/null", "/etc/passwd", "/",
					    "/proc/self/maps"};
	struct clinic_unwind_table *table;

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		int fd = open(paths[i], O_RDONLY | O_CLOEXEC);

		assert_true(clinic_unwind_table_from_file(fd, &table) < 0);
		assert_null(table);
		close(fd);
	}
	assert_int_equal(clinic_unwind_table_from_file(-1, &table), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_on_libc),
		cmocka_unit_test(agrees_on_the_dynamic_linker),
		cmocka_unit_test(agrees_on_openssl),
		cmocka_unit_test(agrees_on_python),
		cmocka_unit_test(agrees_on_cpp),
		cmocka_unit_test(agrees_on_ourselves),
		cmocka_unit_test(every_library_compiles),
		cmocka_unit_test(files_without_sections_compile_alike),
		cmocka_unit_test(files_cut_short_are_refused),
		cmocka_unit_test(damaged_files_do_not_crash),
		cmocka_unit_test(other_files_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
