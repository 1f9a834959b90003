/*
 * Tests spaces by mapping events, and by real processes whose files are
 * deleted, replaced or shared.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "foundation/row_index.h"
#include "unwind/address_space.h"

static struct clinic_modules *modules;
static struct clinic_space *space;

static int make_space(void **state)
{
	(void)state;
	if (clinic_modules_new(&modules) < 0)
		return -1;
	clinic_modules_follow_spaces(modules);
	return clinic_space_new(modules, getpid(), &space);
}

static int free_space(void **state)
{
	(void)state;
	clinic_space_free(space);
	clinic_modules_free(modules);
	return 0;
}

static void map(uint64_t start, uint64_t size, uint64_t offset,
		const char *path)
{
	const struct clinic_mapping mapping = {
		.start = start,
		.size_bytes = size,
		.file_offset = offset,
		.inode = clinic_row_hash(path, strlen(path)),
		.path = path};

	assert_int_equal(clinic_space_map(space, &mapping), 0);
}

static void expect_place(const struct clinic_space *where, uint64_t address,
			 const char *path, uint64_t offset)
{
	struct clinic_place place;

	assert_int_equal(clinic_space_find(where, address, &place), 0);
	assert_string_equal(clinic_module_path(place.module), path);
	assert_int_equal(place.file_offset, offset);
	assert_true(place.mapping_start <= address &&
		    address < place.mapping_end);
}

static void expect_nothing(const struct clinic_space *where, uint64_t address)
{
	struct clinic_place place;

	assert_int_equal(clinic_space_find(where, address, &place), -ENOENT);
}

static void addresses_are_found(void **state)
{
	(void)state;
	assert_true(clinic_space_is_empty(space));
	expect_nothing(space, 0x1000);
	map(0x3000, 0x1000, 0x500, "/gone/b");
	map(0x1000, 0x1000, 0, "/gone/a");
	expect_nothing(space, 0xfff);
	expect_place(space, 0x1000, "/gone/a", 0);
	expect_place(space, 0x1fff, "/gone/a", 0xfff);
	expect_nothing(space, 0x2000);
	expect_place(space, 0x3010, "/gone/b", 0x510);
	expect_nothing(space, 0x4000);
	expect_nothing(space, UINT64_MAX);
	assert_false(clinic_space_is_empty(space));
}

static void a_new_mapping_replaces_what_it_covers(void **state)
{
	(void)state;
	map(0x1000, 0x9000, 0, "/gone/old");
	map(0x3000, 0x1000, 0, "/gone/middle");
	expect_place(space, 0x2fff, "/gone/old", 0x1fff);
	expect_place(space, 0x3000, "/gone/middle", 0);
	expect_place(space, 0x4000, "/gone/old", 0x3000);
	map(0x2000, 0x2800, 0, "/gone/over");
	expect_place(space, 0x1fff, "/gone/old", 0xfff);
	expect_place(space, 0x3000, "/gone/over", 0x1000);
	expect_place(space, 0x4800, "/gone/old", 0x3800);
	map(0, 0x10000, 0, "/gone/all");
	expect_place(space, 0x1000, "/gone/all", 0x1000);
	expect_place(space, 0xffff, "/gone/all", 0xffff);
}

static void senseless_mappings_are_refused(void **state)
{
	const struct clinic_mapping empty = {.start = 0x1000, .path = "//a"};
	const struct clinic_mapping wrapped = {
		.start = UINT64_MAX - 9, .size_bytes = 100, .path = "//a"};

	(void)state;
	assert_int_equal(clinic_space_map(space, &empty), -EINVAL);
	assert_int_equal(clinic_space_map(space, &wrapped), -EINVAL);
	assert_true(clinic_space_is_empty(space));
}

static void fork_copies_and_exec_clears(void **state)
{
	struct clinic_space *child;

	(void)state;
	map(0x1000, 0x1000, 0, "/gone/a");
	assert_int_equal(clinic_space_copy(space, 1, &child), 0);
	clinic_space_reset(space);
	expect_nothing(space, 0x1000);
	expect_place(child, 0x1000, "/gone/a", 0);
	clinic_space_free(child);
	assert_int_equal(clinic_space_copy(space, 1, &child), 0);
	assert_true(clinic_space_is_empty(child));
	clinic_space_free(child);
}

static void our_own_maps_are_true(void **state)
{
	uint64_t here = (uintptr_t)our_own_maps_are_true;
	struct clinic_place place;
	uint8_t bytes[16];

	(void)state;
	assert_int_equal(clinic_space_read_maps(space), 0);
	assert_int_equal(clinic_space_find(space, here, &place), 0);
	assert_int_equal(pread(clinic_module_fd(place.module), bytes,
			       sizeof(bytes), (off_t)place.file_offset),
			 sizeof(bytes));
	assert_memory_equal(bytes, (const void *)(uintptr_t)here,
			    sizeof(bytes));
	assert_non_null(clinic_module_table(place.module));
	assert_int_equal(clinic_module_error(place.module), 0);
	assert_ptr_equal(
		clinic_modules_at(modules, clinic_module_index(place.module)),
		place.module);
}

static void the_vdso_has_a_table(void **state)
{
	struct clinic_module *module;
	bool is_found = false;

	(void)state;
	assert_int_equal(clinic_space_read_maps(space), 0);
	for (size_t i = 0; (module = clinic_modules_at(modules, i)); i++)
		if (strcmp(clinic_module_path(module), "[vdso]") == 0) {
			is_found = true;
			assert_non_null(clinic_module_table(module));
		}
	assert_true(is_found);
}

static void images_and_files_are_told_alike(void **state)
{
	uint64_t here = (uintptr_t)our_own_maps_are_true;
	struct clinic_place by_file, by_image;
	uint8_t file_id[CLINIC_MAPPING_BUILD_ID_MAX];
	uint8_t image_id[CLINIC_MAPPING_BUILD_ID_MAX];
	struct clinic_space *self;
	size_t size;

	(void)state;
	assert_int_equal(clinic_space_read_maps(space), 0);
	assert_int_equal(clinic_space_read_self(modules, &self), 0);
	assert_int_equal(clinic_space_find(space, here, &by_file), 0);
	assert_int_equal(clinic_space_find(self, here, &by_image), 0);
	assert_int_equal(by_file.file_offset, by_image.file_offset);
	assert_string_equal(clinic_module_path(by_file.module),
			    clinic_module_path(by_image.module));
	size = clinic_module_build_id(by_file.module, file_id);
	assert_int_equal(clinic_module_build_id(by_image.module, image_id),
			 size);
	assert_memory_equal(file_id, image_id, size);
	clinic_space_free(self);
}

/* Our first mapping of a file, in the forms of both kinds of event. */
static void own_program(struct clinic_mapping *mapping)
{
	static char path[4096];
	struct stat status;
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	assert_true(length > 0);
	path[length] = '\0';
	assert_int_equal(stat(path, &status), 0);
	*mapping = (struct clinic_mapping){
		.start = 0x10000,
		.size_bytes = 0x1000,
		.path = path,
		.inode = status.st_ino,
		.device_major = major(status.st_dev),
		.device_minor = minor(status.st_dev),
	};
}

static struct clinic_module *module_of(const struct clinic_mapping *mapping)
{
	struct clinic_place place;

	assert_int_equal(clinic_space_map(space, mapping), 0);
	assert_int_equal(clinic_space_find(space, mapping->start, &place), 0);
	return place.module;
}

/* perf reports the build-id or the inode, /proc/PID/maps always the inode. */
static void a_file_is_one_module_by_inode_or_build_id(void **state)
{
	struct clinic_mapping by_inode, by_build_id = {0};
	struct clinic_module *module;

	(void)state;
	own_program(&by_inode);
	module = module_of(&by_inode);
	assert_int_equal(clinic_module_error(module), 0);
	by_build_id.start = 0x20000;
	by_build_id.size_bytes = 0x1000;
	by_build_id.path = by_inode.path;
	by_build_id.build_id_size =
		clinic_module_build_id(module, by_build_id.build_id);
	assert_true(by_build_id.build_id_size > 0);
	assert_ptr_equal(module_of(&by_build_id), module);

	/* The same in the other order. */
	clinic_space_free(space);
	clinic_modules_free(modules);
	assert_int_equal(make_space(NULL), 0);
	module = module_of(&by_build_id);
	assert_ptr_equal(module_of(&by_inode), module);
	by_inode.inode_generation = 7;
	assert_ptr_equal(module_of(&by_inode), module);
}

static void another_build_of_the_file_is_not_read(void **state)
{
	struct clinic_mapping mapping;
	struct clinic_module *module;

	(void)state;
	own_program(&mapping);
	mapping.inode = 0;
	mapping.build_id_size = 20;
	memset(mapping.build_id, 0xee, sizeof(mapping.build_id));
	module = module_of(&mapping);
	assert_int_equal(clinic_module_error(module), -ESTALE);
	assert_null(clinic_module_table(module));
	assert_int_equal(clinic_module_fd(module), -1);
}

static void what_is_no_file_has_no_table(void **state)
{
	static const char *const paths[] = {
		"//anon", "[heap]", "anon_inode:[x]", "/memfd:x (deleted)"};
	struct clinic_mapping mapping = {.start = 0x1000, .size_bytes = 0x1000};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		mapping.path = paths[i];
		assert_int_equal(clinic_module_error(module_of(&mapping)),
				 -ENODATA);
	}
	mapping.path = "/no/such/file";
	mapping.inode = 4711;
	assert_int_equal(clinic_module_error(module_of(&mapping)), -ENOENT);
	mapping.path = "/etc/passwd";
	mapping.inode = 4712;
	assert_int_equal(clinic_module_error(module_of(&mapping)), -ENOEXEC);
}

static void memory_is_of_its_process_and_has_its_addresses(void **state)
{
	const struct clinic_mapping mapping = {
		.start = 0x7000, .size_bytes = 0x1000, .path = "//anon"};
	struct clinic_space *other;
	struct clinic_place here, there;

	(void)state;
	assert_int_equal(clinic_space_new(modules, getppid(), &other), 0);
	assert_int_equal(clinic_space_map(space, &mapping), 0);
	assert_int_equal(clinic_space_map(other, &mapping), 0);
	assert_int_equal(clinic_space_find(space, 0x7123, &here), 0);
	assert_int_equal(clinic_space_find(other, 0x7123, &there), 0);
	assert_int_equal(here.file_offset, 0x7123);
	assert_ptr_not_equal(here.module, there.module);
	assert_true(clinic_module_is_memory(here.module));
	assert_int_equal(clinic_module_mapper(here.module)->inner_pid,
			 getpid());
	assert_int_equal(clinic_module_mapper(there.module)->pid, getppid());
	clinic_space_free(other);
}

static void a_process_that_is_gone(void **state)
{
	struct clinic_space *gone;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(clinic_space_new(modules, pid, &gone), 0);
	assert_int_equal(clinic_space_read_maps(gone), -ENOENT);
	clinic_space_free(gone);
}

static void copy_file(const char *from, const char *to)
{
	char command[512];

	snprintf(command, sizeof(command), "cp %s %s", from, to);
	assert_int_equal(system(command), 0);
}

static pid_t run_program(const char *path)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		execl(path, path, "100", (char *)NULL);
		_exit(127);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 0); /* closed by exec */
	close(ready[0]);
	return pid;
}

/* Opens the file from which the program at that path was started. */
static struct clinic_module *program_of(pid_t pid, const char *path,
					struct clinic_space **program_space)
{
	struct clinic_module *module;

	assert_int_equal(clinic_space_new(modules, pid, program_space), 0);
	assert_int_equal(clinic_space_read_maps(*program_space), 0);
	for (size_t i = 0; (module = clinic_modules_at(modules, i)); i++)
		if (strncmp(clinic_module_path(module), path, strlen(path)) ==
		    0)
			return module;
	fail_msg("%s is not mapped", path);
	return NULL;
}

static void deleted_and_replaced_programs_are_read(void **state)
{
	char folder[] = "/tmp/clinic-space-XXXXXX", path[64];
	struct clinic_space *program_space;
	struct stat status, original;
	pid_t pid;

	(void)state;
	if (geteuid() != 0) {
		print_message("# /proc/PID/map_files needs root\n");
		skip();
	}
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/sleeper", folder);
	copy_file("/bin/sleep", path);
	assert_int_equal(stat(path, &original), 0);
	pid = run_program(path);
	assert_int_equal(unlink(path), 0);
	copy_file("/bin/true", path);
	assert_int_equal(
		fstat(clinic_module_fd(program_of(pid, path, &program_space)),
		      &status),
		0);
	assert_int_equal(status.st_ino, original.st_ino);
	clinic_space_free(program_space);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	unlink(path);
	rmdir(folder);
}

/* Bug: modules of files that nobody mapped any more stayed for ever. */
static void modules_without_use_are_forgotten(void **state)
{
	uint32_t kept[4] = {0};
	struct clinic_place place;

	(void)state;
	map(0x1000, 0x1000, 0, "/gone/forgotten");
	map(0x1000, 0x1000, 0, "/gone/kept");
	map(0x1000, 0x1000, 0, "/gone/also-forgotten");
	map(0x1000, 0x1000, 0x500, "/gone/mapped");
	assert_int_equal(clinic_modules_count(modules), 4);
	kept[1] = 1;
	clinic_modules_forget(modules, kept);
	assert_int_equal(clinic_modules_count(modules), 2);
	assert_memory_equal(kept, ((uint32_t[4]){0, 1, 0, 2}), sizeof(kept));
	assert_string_equal(clinic_module_path(clinic_modules_at(modules, 0)),
			    "/gone/kept");
	expect_place(space, 0x1000, "/gone/mapped", 0x500);
	assert_int_equal(clinic_space_find(space, 0x1000, &place), 0);
	assert_int_equal(clinic_module_index(place.module), 1);
	map(0x1000, 0x1000, 0, "/gone/kept");
	map(0x3000, 0x1000, 0, "/gone/forgotten");
	assert_int_equal(clinic_modules_count(modules), 3);
}

static void a_forgotten_space_keeps_no_module(void **state)
{
	struct clinic_space *child;
	uint32_t kept[1] = {0};

	(void)state;
	map(0x1000, 0x1000, 0, "/gone/a");
	assert_int_equal(clinic_space_copy(space, 1, &child), 0);
	clinic_space_reset(space);
	clinic_modules_forget(modules, kept);
	assert_int_equal(kept[0], 1);
	kept[0] = 0;
	clinic_space_free(child);
	clinic_modules_forget(modules, kept);
	assert_int_equal(clinic_modules_count(modules), 0);
}

/* Its table has been freed meanwhile. */
static void a_kept_module_is_compiled_again(void **state)
{
	uint64_t here = (uintptr_t)a_kept_module_is_compiled_again;
	uint32_t *kept;
	struct clinic_place place;
	struct clinic_module *module;

	(void)state;
	assert_int_equal(clinic_space_read_maps(space), 0);
	assert_int_equal(clinic_space_find(space, here, &place), 0);
	module = place.module;
	assert_non_null(clinic_module_table(module));
	kept = calloc(clinic_modules_count(modules), sizeof(*kept));
	assert_non_null(kept);
	kept[clinic_module_index(module)] = 1;
	clinic_space_reset(space);
	clinic_modules_forget(modules, kept);
	free(kept);
	assert_int_equal(clinic_modules_count(modules), 1);
	assert_int_equal(clinic_space_read_maps(space), 0);
	assert_int_equal(clinic_space_find(space, here, &place), 0);
	assert_ptr_equal(place.module, module);
	assert_non_null(clinic_module_table(module));
	assert_int_equal(clinic_module_error(module), 0);
}

static void processes_share_modules(void **state)
{
	struct clinic_space *first, *second;
	pid_t one = run_program("/bin/sleep"),
	      other = run_program("/bin/sleep");
	struct clinic_module *module = program_of(one, "/", &first);
	size_t count = 0;

	(void)state;
	assert_int_equal(clinic_module_error(module), 0);
	while (clinic_modules_at(modules, count))
		count++;
	assert_ptr_equal(program_of(other, clinic_module_path(module), &second),
			 module);
	assert_null(clinic_modules_at(modules, count));
	clinic_space_free(first);
	clinic_space_free(second);
	kill(one, SIGKILL);
	kill(other, SIGKILL);
	waitpid(one, NULL, 0);
	waitpid(other, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(addresses_are_found, make_space,
						free_space),
		cmocka_unit_test_setup_teardown(
			a_new_mapping_replaces_what_it_covers, make_space,
			free_space),
		cmocka_unit_test_setup_teardown(senseless_mappings_are_refused,
						make_space, free_space),
		cmocka_unit_test_setup_teardown(fork_copies_and_exec_clears,
						make_space, free_space),
		cmocka_unit_test_setup_teardown(our_own_maps_are_true,
						make_space, free_space),
		cmocka_unit_test_setup_teardown(the_vdso_has_a_table,
						make_space, free_space),
		cmocka_unit_test_setup_teardown(images_and_files_are_told_alike,
						make_space, free_space),
		cmocka_unit_test_setup_teardown(
			a_file_is_one_module_by_inode_or_build_id, make_space,
			free_space),
		cmocka_unit_test_setup_teardown(
			another_build_of_the_file_is_not_read, make_space,
			free_space),
		cmocka_unit_test_setup_teardown(what_is_no_file_has_no_table,
						make_space, free_space),
		cmocka_unit_test_setup_teardown(
			memory_is_of_its_process_and_has_its_addresses,
			make_space, free_space),
		cmocka_unit_test_setup_teardown(a_process_that_is_gone,
						make_space, free_space),
		cmocka_unit_test_setup_teardown(
			deleted_and_replaced_programs_are_read, make_space,
			free_space),
		cmocka_unit_test_setup_teardown(processes_share_modules,
						make_space, free_space),
		cmocka_unit_test_setup_teardown(
			modules_without_use_are_forgotten, make_space,
			free_space),
		cmocka_unit_test_setup_teardown(
			a_forgotten_space_keeps_no_module, make_space,
			free_space),
		cmocka_unit_test_setup_teardown(a_kept_module_is_compiled_again,
						make_space, free_space),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
