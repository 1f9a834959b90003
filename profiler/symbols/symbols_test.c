#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs some of the above first. */
#include <cmocka.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "symbols/elf_file.h"
#include "symbols/source_lines.h"
#include "symbols/symbols.h"

/* The function that tests look up in this very program. */
enum { KNOWN_LINE = __LINE__ + 1 };
__attribute__((noinline)) static int known_function(int value)
{
	__asm__ volatile("" : "+r"(value));
	return value + 1;
}

/* The answer to one address, copied. */
struct seen {
	enum clinic_symbols_tier tier;
	size_t frames_count;
	char function[256];
	char defined_file[256];
	uint32_t line, defined_line;
	uint64_t start;
	size_t calls_count;
};

static void see(void *context, size_t index,
		const struct clinic_symbols_symbol *symbol)
{
	struct seen *seen = (struct seen *)context + index;

	seen->calls_count++;
	seen->tier = symbol->tier;
	seen->frames_count = symbol->frames_count;
	if (!symbol->frames_count)
		return;
	snprintf(seen->function, sizeof(seen->function), "%s",
		 symbol->frames[0].function);
	snprintf(seen->defined_file, sizeof(seen->defined_file), "%s",
		 symbol->frames[0].defined_file ? symbol->frames[0].defined_file
						: "");
	seen->line = symbol->frames[0].line;
	seen->defined_line = symbol->frames[0].defined_line;
	seen->start = symbol->frames[0].start;
}

static struct seen resolve_one(struct clinic_symbols_module *module,
			       uint64_t address)
{
	struct seen seen = {0};

	assert_int_equal(
		clinic_symbols_resolve(module, &address, 1, see, &seen), 0);
	assert_int_equal(seen.calls_count, 1);
	return seen;
}

/* The address that this program's file has for it. */
static uint64_t known_address(void)
{
	uintptr_t address = (uintptr_t)known_function;
	struct link_map *map;
	Dl_info info;

	assert_int_not_equal(dladdr1((const void *)address, &info,
				     (void **)&map, RTLD_DL_LINKMAP),
			     0);
	return address - map->l_addr;
}

static int make(void **state)
{
	return clinic_symbols_new(NULL, (struct clinic_symbols **)state);
}

static int unmake(void **state)
{
	clinic_symbols_free(*state);
	return 0;
}

static struct clinic_symbols_module *open_path(struct clinic_symbols *symbols,
					       const char *path)
{
	const struct clinic_symbols_binary binary = {.path = path, .fd = -1};
	struct clinic_symbols_module *module;

	assert_int_equal(clinic_symbols_open(symbols, &binary, &module), 0);
	return module;
}

static void our_own_function_has_its_line(void **state)
{
	struct clinic_symbols_module *self =
		open_path(*state, "/proc/self/exe");
	struct seen seen = resolve_one(self, known_address());

	assert_int_equal(seen.tier, CLINIC_SYMBOLS_DWARF);
	assert_int_equal(seen.frames_count, 1);
	assert_string_equal(seen.function, "known_function");
	assert_non_null(strstr(seen.defined_file, "symbols_test.c"));
	assert_int_equal(seen.defined_line, KNOWN_LINE);
	assert_in_range(seen.line, KNOWN_LINE, KNOWN_LINE + 4);
	assert_int_equal(seen.start, known_address());
	assert_int_equal(known_function(1), 2);
}

static struct clinic_build_id build_id_of(const char *path)
{
	struct clinic_build_id build_id;
	struct clinic_elf *elf;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(clinic_elf_open(fd, &elf), 0);
	build_id = elf->build_id;
	clinic_elf_close(elf);
	close(fd);
	return build_id;
}

static void a_module_tells_what_it_knows(void **state)
{
	struct clinic_build_id build_id = build_id_of("/proc/self/exe");
	struct clinic_symbols_module_facts facts;

	clinic_symbols_module_tell(open_path(*state, "/proc/self/exe"), &facts);
	assert_string_equal(facts.path, "/proc/self/exe");
	assert_int_equal(facts.best_tier, CLINIC_SYMBOLS_DWARF);
	assert_null(facts.debug_path);
	assert_true(clinic_build_id_equal(&facts.build_id, &build_id));
}

static void batches_answer_every_address_once(void **state)
{
	struct clinic_symbols_module *self =
		open_path(*state, "/proc/self/exe");
	uint64_t known = known_address();
	const uint64_t addresses[] = {known + 1, 0, known, known + 1};
	struct clinic_symbols_counts counts;
	struct seen seen[4] = {0};

	assert_int_equal(clinic_symbols_resolve(self, addresses, 4, see, seen),
			 0);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(seen[i].calls_count, 1);
		if (addresses[i])
			assert_string_equal(seen[i].function, "known_function");
	}
	assert_int_equal(seen[1].tier, CLINIC_SYMBOLS_NONE);
	clinic_symbols_counts_get(*state, &counts);
	assert_int_equal(counts.tier_count[CLINIC_SYMBOLS_DWARF], 3);
	assert_int_equal(counts.tier_count[CLINIC_SYMBOLS_NONE], 1);
}

static void file_offsets_become_addresses(void **state)
{
	struct clinic_symbols_module *self =
		open_path(*state, "/proc/self/exe");
	struct clinic_elf *elf;
	uint64_t address;
	int fd = clinic_symbols_module_fd(self);

	assert_true(fd >= 0);
	assert_int_equal(clinic_elf_open(fd, &elf), 0);
	for (size_t i = 0; i < elf->segments_count; i++) {
		const Elf64_Phdr *p = &elf->segments[i];

		if (p->p_type != PT_LOAD || !p->p_filesz)
			continue;
		assert_int_equal(
			clinic_symbols_address(self, p->p_offset, &address), 0);
		assert_int_equal(address, p->p_vaddr);
	}
	clinic_elf_close(elf);
	assert_int_equal(
		clinic_symbols_address(self, UINT64_C(1) << 60, &address),
		-ERANGE);
}

static void another_build_id_is_refused(void **state)
{
	struct clinic_symbols_binary binary = {.path = "/proc/self/exe",
					       .fd = -1};
	struct clinic_symbols_module *module;
	struct clinic_symbols_counts counts;

	binary.build_id = build_id_of(binary.path);
	assert_int_equal(binary.build_id.size, 20);
	binary.build_id.bytes[3] ^= 1;
	assert_int_equal(clinic_symbols_open(*state, &binary, &module),
			 -ESTALE);
	clinic_symbols_counts_get(*state, &counts);
	assert_int_equal(counts.build_id_mismatch_count, 1);
	binary.build_id.bytes[3] ^= 1;
	assert_int_equal(clinic_symbols_open(*state, &binary, &module), 0);
}

static void one_file_is_one_module(void **state)
{
	struct clinic_symbols_module *module = open_path(*state, "/bin/sh");
	struct clinic_symbols_binary binary = {.path = "/gone", .fd = -1};
	struct clinic_symbols_module *again;

	assert_ptr_equal(open_path(*state, "/bin/sh"), module);
	/* Known by its build-id alone, wherever it was. */
	binary.build_id = build_id_of("/bin/sh");
	assert_int_equal(clinic_symbols_open(*state, &binary, &again), 0);
	assert_ptr_equal(again, module);
}

static void what_is_no_program_is_an_error(void **state)
{
	struct clinic_symbols_binary binary = {.fd = -1};
	struct clinic_symbols_module *module;
	static const struct {
		const char *path;
		int error;
	} cases[] = {{"/nonexistent/program", -ENOENT},
		     {"/etc/passwd", -ENOEXEC},
		     {"/dev/null", -ENOEXEC},
		     {"/", -ENOEXEC}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		binary.path = cases[i].path;
		assert_int_equal(clinic_symbols_open(*state, &binary, &module),
				 cases[i].error);
	}
}

/* To where it can be deleted or replaced. */
static void copy_file(const char *from, const char *to)
{
	char command[512];

	snprintf(command, sizeof(command), "cp %s %s", from, to);
	assert_int_equal(system(command), 0);
}

static void copy_self(const char *to)
{
	char self[64];

	snprintf(self, sizeof(self), "/proc/%d/exe", (int)getpid());
	copy_file(self, to);
}

static void a_deleted_binary_is_read_by_its_descriptor(void **state)
{
	char path[] = "/tmp/symbols_test.XXXXXX";
	struct clinic_symbols_binary binary = {.path = path};
	struct clinic_symbols_module *module;
	struct seen seen;

	close(mkstemp(path));
	copy_self(path);
	binary.fd = open(path, O_RDONLY | O_CLOEXEC);
	unlink(path);
	assert_int_equal(clinic_symbols_open(*state, &binary, &module), 0);
	close(binary.fd); /* the module has its own */
	seen = resolve_one(module, known_address());
	assert_string_equal(seen.function, "known_function");
}

/* The program's code in /proc/PID/map_files, once it runs. */
static void wait_for_map_file(pid_t pid, const char *program, char *path,
			      size_t size)
{
	char maps_path[64], line[4096], range[128];

	snprintf(maps_path, sizeof(maps_path), "/proc/%d/maps", (int)pid);
	for (*path = '\0'; !*path; usleep(1000)) {
		FILE *maps = fopen(maps_path, "re");

		assert_non_null(maps);
		while (fgets(line, sizeof(line), maps))
			if (strstr(line, program) && strstr(line, " r-xp ") &&
			    sscanf(line, "%127s", range) == 1)
				snprintf(path, size, "/proc/%d/map_files/%s",
					 (int)pid, range);
		fclose(maps);
	}
}

static pid_t start_program(const char *path)
{
	pid_t child = fork();

	if (!child) {
		execl(path, path, "100", (char *)NULL);
		_exit(127);
	}
	assert_true(child > 0);
	return child;
}

/* A running program whose file was deleted and replaced by another. */
static void a_replaced_binary_is_read_by_its_mapping(void **state)
{
	char path[] = "/tmp/symbols_test.XXXXXX";
	struct clinic_symbols_binary binary = {.path = path, .fd = -1};
	struct clinic_symbols_module *module;
	char map_file[256];
	pid_t child;

	close(mkstemp(path));
	copy_file("/bin/sleep", path);
	assert_int_equal(chmod(path, 0700), 0);
	binary.build_id = build_id_of(path);
	child = start_program(path);
	wait_for_map_file(child, path, map_file, sizeof(map_file));
	unlink(path);
	copy_self(path);
	assert_int_equal(clinic_symbols_open(*state, &binary, &module),
			 -ESTALE);
	binary.fd = open(map_file, O_RDONLY | O_CLOEXEC);
	if (binary.fd >= 0) /* else: map_files is for the privileged */
		assert_int_equal(clinic_symbols_open(*state, &binary, &module),
				 0);
	close(binary.fd);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	unlink(path);
}

/* An absolute link inside the other root leads to a file of that root. */
static void another_root_is_searched_inside(void **state)
{
	char root[] = "/tmp/symbols_test.XXXXXX";
	char path[64];
	struct clinic_symbols_binary binary = {
		.path = "/bin/program", .root = root, .fd = -1};
	struct clinic_symbols_module *module;
	struct seen seen;

	assert_non_null(mkdtemp(root));
	snprintf(path, sizeof(path), "%s/bin", root);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/real", root);
	copy_self(path);
	snprintf(path, sizeof(path), "%s/bin/program", root);
	assert_int_equal(symlink("/real", path), 0);
	assert_int_equal(clinic_symbols_open(*state, &binary, &module), 0);
	seen = resolve_one(module, known_address());
	assert_string_equal(seen.function, "known_function");
	snprintf(path, sizeof(path), "rm -r %s", root);
	assert_int_equal(system(path), 0);
}

static void the_vdso_has_names(void **state)
{
	struct clinic_symbols_module *vdso;
	const char *image = (const char *)getauxval(AT_SYSINFO_EHDR);
	void *handle = dlopen("linux-vdso.so.1", RTLD_LAZY | RTLD_NOLOAD);
	struct seen seen;
	uint64_t address;
	void *function;

	if (!image || !handle)
		skip();
	function = dlsym(handle, "__vdso_clock_gettime");
	assert_non_null(function);
	assert_int_equal(clinic_symbols_open_vdso(*state, &vdso), 0);
	assert_int_equal(clinic_symbols_address(
				 vdso,
				 (uint64_t)((const char *)function - image),
				 &address),
			 0);
	seen = resolve_one(vdso, address);
	assert_int_equal(seen.tier, CLINIC_SYMBOLS_VDSO);
	assert_non_null(strstr(seen.function, "clock_gettime"));
	assert_int_equal(clinic_symbols_module_fd(vdso), -1);
	dlclose(handle);
}

/* A kernel list in a file, as /proc/kallsyms would print it. */
static struct clinic_symbols *make_with_kernel(const char *list, char *path)
{
	struct clinic_symbols_options options = {.kernel_list = path};
	struct clinic_symbols *symbols;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, list, strlen(list)), (ssize_t)strlen(list));
	close(fd);
	assert_int_equal(clinic_symbols_new(&options, &symbols), 0);
	return symbols;
}

static void keep_range(void *context, const struct clinic_symbols_range *range)
{
	*(struct clinic_symbols_range *)context = *range;
}

static void the_kernel_is_named_from_its_list(void **state)
{
	char path[] = "/tmp/symbols_test.XXXXXX";
	struct clinic_symbols *symbols =
		make_with_kernel("ffffffff81000000 T _text\n"
				 "ffffffff81000000 T startup_64\n"
				 "ffffffff81000100 t helper\n"
				 "ffffffff81000180 D some_data\n"
				 "ffffffff81000200 W weak_one\n"
				 "ffffffffc0001000 t hook\t[nf_tables]\n",
				 path);
	struct clinic_symbols_module *kernel;
	struct clinic_symbols_range range;

	(void)state;
	assert_int_equal(clinic_symbols_open_kernel(symbols, &kernel), 0);
	unlink(path);
	assert_string_equal(
		resolve_one(kernel, UINT64_C(0xffffffff81000010)).function,
		"startup_64");
	assert_string_equal(
		resolve_one(kernel, UINT64_C(0xffffffff810001ff)).function,
		"helper");
	assert_string_equal(
		resolve_one(kernel, UINT64_C(0xffffffffc0001010)).function,
		"hook [nf_tables]");
	assert_int_equal(resolve_one(kernel, 0x1000).tier, CLINIC_SYMBOLS_NONE);
	assert_int_equal(resolve_one(kernel, UINT64_C(0xffffffff81000000)).tier,
			 CLINIC_SYMBOLS_KERNEL);
	assert_int_equal(clinic_symbols_function_ranges(kernel, "helper",
							keep_range, &range),
			 0);
	assert_int_equal(range.end - range.start, 0x100);
	assert_int_equal(clinic_symbols_function_lines(kernel, range.start,
						       range.end, NULL, NULL),
			 -ENODATA);
	clinic_symbols_free(symbols);
}

static void a_kernel_that_hides_its_addresses_says_so(void **state)
{
	char path[] = "/tmp/symbols_test.XXXXXX";
	struct clinic_symbols *symbols =
		make_with_kernel("0000000000000000 T _text\n"
				 "0000000000000000 t helper\n",
				 path);
	struct clinic_symbols_module *kernel;

	(void)state;
	assert_int_equal(clinic_symbols_open_kernel(symbols, &kernel), -EPERM);
	unlink(path);
	assert_int_equal(clinic_symbols_open_kernel(symbols, &kernel), -ENOENT);
	clinic_symbols_free(symbols);
}

/* The least memory, to 5 %, that our debug information fits in. */
static uint64_t least_memory(void)
{
	struct clinic_symbols_options options = {.memory_bytes_max = 65536};
	struct clinic_symbols_counts counts = {.too_large_count = 1};
	uint64_t known = known_address();

	while (counts.too_large_count) {
		struct clinic_symbols *symbols;

		options.memory_bytes_max += options.memory_bytes_max / 20;
		assert_int_equal(clinic_symbols_new(&options, &symbols), 0);
		resolve_one(open_path(symbols, "/proc/self/exe"), known);
		clinic_symbols_counts_get(symbols, &counts);
		clinic_symbols_free(symbols);
	}
	return options.memory_bytes_max;
}

/*
 * Far and near addresses in turn, other modules in between: units and
 * modules are dropped for one another and read again.
 */
static void answers_do_not_depend_on_memory(void **state)
{
	const struct clinic_symbols_options options = {.memory_bytes_max =
							       least_memory()};
	struct clinic_symbols_module *rich, *poor;
	struct clinic_symbols *symbols;
	uint64_t known = known_address();

	assert_int_equal(clinic_symbols_new(&options, &symbols), 0);
	rich = open_path(*state, "/proc/self/exe");
	poor = open_path(symbols, "/proc/self/exe");
	for (uint64_t i = 0; i < 2000; i++) {
		uint64_t address = i % 2 ? known + i * 31 : known - i * 31;
		struct seen expected = resolve_one(rich, address);
		struct seen seen = resolve_one(poor, address);

		if (i % 100 == 0)
			resolve_one(open_path(symbols, "/bin/sh"), 0x8000);
		assert_int_equal(seen.tier, expected.tier);
		assert_int_equal(seen.frames_count, expected.frames_count);
		assert_string_equal(seen.function, expected.function);
		assert_int_equal(seen.line, expected.line);
	}
	clinic_symbols_free(symbols);
}

static void debug_information_above_the_limit_is_left_out(void **state)
{
	static const struct clinic_symbols_options options = {
		.memory_bytes_max = 4096};
	struct clinic_symbols_counts counts;
	struct clinic_symbols *symbols;
	struct seen seen;

	(void)state;
	assert_int_equal(clinic_symbols_new(&options, &symbols), 0);
	seen = resolve_one(open_path(symbols, "/proc/self/exe"),
			   known_address());
	assert_int_equal(seen.tier, CLINIC_SYMBOLS_SYMTAB);
	assert_string_equal(seen.function, "known_function");
	clinic_symbols_counts_get(symbols, &counts);
	assert_int_equal(counts.too_large_count, 1);
	clinic_symbols_free(symbols);
}

/* The header's list of tiers that count as names. */
static void groups_without_a_name_are_no_names(void **state)
{
	(void)state;
	assert_true(clinic_symbols_tier_is_name(CLINIC_SYMBOLS_DWARF));
	assert_true(clinic_symbols_tier_is_name(CLINIC_SYMBOLS_KERNEL));
	assert_false(clinic_symbols_tier_is_name(CLINIC_SYMBOLS_FDE));
	assert_false(clinic_symbols_tier_is_name(CLINIC_SYMBOLS_NONE));
	for (enum clinic_symbols_tier tier = CLINIC_SYMBOLS_DWARF;
	     tier < CLINIC_SYMBOLS_TIERS; tier++)
		assert_non_null(clinic_symbols_tier_name(tier));
}

struct lines {
	uint32_t lowest, highest;
	uint64_t next; /* rows must be contiguous */
	char file[256];
};

static void see_line(void *context, const struct clinic_symbols_line *line)
{
	struct lines *lines = context;

	assert_true(!lines->next || lines->next == line->start);
	assert_true(line->start < line->end);
	lines->next = line->end;
	if (line->line < lines->lowest)
		lines->lowest = line->line;
	if (line->line > lines->highest)
		lines->highest = line->line;
	snprintf(lines->file, sizeof(lines->file), "%s", line->file);
}

static void a_function_leads_back_to_its_lines(void **state)
{
	struct clinic_symbols_module *self =
		open_path(*state, "/proc/self/exe");
	struct lines lines = {.lowest = UINT32_MAX};
	struct clinic_symbols_range range = {0};

	assert_int_equal(clinic_symbols_function_ranges(self, "known_function",
							keep_range, &range),
			 0);
	assert_int_equal(range.start, known_address());
	assert_false(range.is_inline);
	assert_int_equal(clinic_symbols_function_lines(self, range.start,
						       range.end, see_line,
						       &lines),
			 0);
	assert_int_equal(lines.next, range.end);
	assert_non_null(strstr(lines.file, "symbols_test.c"));
	assert_in_range(lines.lowest, KNOWN_LINE, KNOWN_LINE + 4);
	assert_in_range(lines.highest, KNOWN_LINE, KNOWN_LINE + 4);
	assert_int_equal(clinic_symbols_function_ranges(self, "no_such_one",
							keep_range, &range),
			 -ENOENT);
}

static void sources_are_found_below_other_folders(void **state)
{
	const char *const folders[] = {"/nonexistent", "profiler"};
	char found[4096];
	int fd = clinic_symbols_open_source("/built/elsewhere/profiler/symbols/"
					    "symbols_test.c",
					    folders, 2, found);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_string_equal(found, "profiler/symbols/symbols_test.c");
	assert_int_equal(
		clinic_symbols_open_source("/no/such.c", folders, 2, found),
		-ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(our_own_function_has_its_line,
						make, unmake),
		cmocka_unit_test_setup_teardown(a_module_tells_what_it_knows,
						make, unmake),
		cmocka_unit_test_setup_teardown(
			batches_answer_every_address_once, make, unmake),
		cmocka_unit_test_setup_teardown(file_offsets_become_addresses,
						make, unmake),
		cmocka_unit_test_setup_teardown(another_build_id_is_refused,
						make, unmake),
		cmocka_unit_test_setup_teardown(one_file_is_one_module, make,
						unmake),
		cmocka_unit_test_setup_teardown(what_is_no_program_is_an_error,
						make, unmake),
		cmocka_unit_test_setup_teardown(
			a_deleted_binary_is_read_by_its_descriptor, make,
			unmake),
		cmocka_unit_test_setup_teardown(
			a_replaced_binary_is_read_by_its_mapping, make, unmake),
		cmocka_unit_test_setup_teardown(another_root_is_searched_inside,
						make, unmake),
		cmocka_unit_test_setup_teardown(the_vdso_has_names, make,
						unmake),
		cmocka_unit_test(the_kernel_is_named_from_its_list),
		cmocka_unit_test(a_kernel_that_hides_its_addresses_says_so),
		cmocka_unit_test_setup_teardown(answers_do_not_depend_on_memory,
						make, unmake),
		cmocka_unit_test(debug_information_above_the_limit_is_left_out),
		cmocka_unit_test(groups_without_a_name_are_no_names),
		cmocka_unit_test_setup_teardown(
			a_function_leads_back_to_its_lines, make, unmake),
		cmocka_unit_test(sources_are_found_below_other_folders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
