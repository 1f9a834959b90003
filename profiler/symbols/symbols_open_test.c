/*
 * Tests that the file that is read has the build-id asked for, wherever it is
 * now, and that the kernel and the vdso have no file.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "symbols/known_function.h"

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
	/* It is found by its build-id alone, whatever its path. */
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

/* Copies a file to a place where it can be deleted or replaced. */
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
	assert_int_equal(seen.tier, CLINIC_TIER_VDSO);
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
	assert_int_equal(resolve_one(kernel, 0x1000).tier, CLINIC_TIER_NONE);
	assert_int_equal(resolve_one(kernel, UINT64_C(0xffffffff81000000)).tier,
			 CLINIC_TIER_KERNEL);
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
		cmocka_unit_test(sources_are_found_below_other_folders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
