/* Opens the file behind a mapping, and compiles its table when needed. */
#include "unwind/module.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include "unwind/elf_layout.h"
#include "foundation/growing_array.h"
#include "unwind/module_record.h"
#include "unwind/unwind_row.h"
#include "unwind/unwind_table.h"

int clinic_modules_new(struct clinic_modules **modules)
{
	*modules = calloc(1, sizeof(**modules));
	return *modules ? 0 : -ENOMEM;
}

void clinic_modules_find_frames(struct clinic_modules *modules,
				clinic_find_frames *find)
{
	modules->find_frames = find;
}

void clinic_module_free(struct clinic_module *module)
{
	if (module->fd >= 0)
		close(module->fd);
	if (module->dump_fd >= 0)
		close(module->dump_fd);
	clinic_unwind_table_free(module->table);
	free(module->path);
	free(module);
}

void clinic_modules_free(struct clinic_modules *modules)
{
	if (!modules)
		return;
	for (size_t i = 0; i < modules->count; i++)
		clinic_module_free(modules->list[i]);
	clinic_roots_close(&modules->roots);
	free(modules->list);
	free(modules);
}

size_t clinic_modules_count(const struct clinic_modules *modules)
{
	return modules->count;
}

struct clinic_module *clinic_modules_at(const struct clinic_modules *modules,
					size_t index)
{
	return index < modules->count ? modules->list[index] : NULL;
}

static int reserve(struct clinic_modules *modules)
{
	struct clinic_module **grown =
		clinic_grow(modules->list, modules->count, &modules->capacity,
			    sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	modules->list = grown;
	return 0;
}

static int add_module(struct clinic_modules *modules, const char *path,
		      struct clinic_module **out)
{
	struct clinic_module *module = calloc(1, sizeof(*module));
	int error = module ? reserve(modules) : -ENOMEM;

	if (!error) {
		module->fd = -1;
		module->root_fd = -1;
		module->dump_fd = -1;
		module->find_frames = modules->find_frames;
		module->path = strdup(path);
		error = module->path ? 0 : -ENOMEM;
	}
	if (error) {
		free(module);
		return error;
	}
	module->index = modules->count;
	modules->list[modules->count++] = module;
	*out = module;
	return 0;
}

static bool has_build_id(const struct clinic_module *module,
			 const uint8_t *build_id, size_t size)
{
	return size && module->build_id_size == size &&
	       memcmp(module->build_id, build_id, size) == 0;
}

/*
 * "[vdso]", "//anon" and "anon_inode:x" are no files: only their names
 * distinguish them.
 */
static bool is_file(const struct clinic_mapping *mapping)
{
	return mapping->path[0] == '/' && mapping->path[1] != '/' &&
	       (mapping->inode || mapping->build_id_size);
}

/*
 * Only events report the generation. Two different generations are two files.
 */
static bool has_inode(const struct clinic_module *module,
		      const struct clinic_mapping *mapping)
{
	return module->inode == mapping->inode &&
	       module->device_major == mapping->device_major &&
	       module->device_minor == mapping->device_minor &&
	       (module->inode_generation == mapping->inode_generation ||
		!module->inode_generation || !mapping->inode_generation);
}

/*
 * Memory belongs to one process, even when the memory of others has the same
 * name.
 */
static bool is_of(const struct clinic_module *module, pid_t pid,
		  const struct clinic_mapping *mapping)
{
	if (module->is_memory && module->mapper.pid != pid)
		return false;
	if (module->is_image && is_file(mapping))
		return false;
	if (mapping->build_id_size)
		return has_build_id(module, mapping->build_id,
				    mapping->build_id_size);
	if (mapping->inode)
		return has_inode(module, mapping);
	return !module->inode && !module->build_id_size &&
	       strcmp(module->path, mapping->path) == 0;
}

static bool has_build_id_of(const struct clinic_elf_layout *layout,
			    const struct clinic_mapping *mapping)
{
	return layout->build_id_size == mapping->build_id_size &&
	       memcmp(layout->build_id, mapping->build_id,
		      layout->build_id_size) == 0;
}

/*
 * -ESTALE: a file of that name exists, but it is not the file that is mapped.
 */
static int check_file(const struct stat *status,
		      const struct clinic_mapping *mapping,
		      const struct clinic_elf_layout *layout)
{
	/* The device differs on overlay file systems: inode alone. */
	bool is_it = mapping->build_id_size ? has_build_id_of(layout, mapping)
					    : status->st_ino == mapping->inode;

	return is_it ? 0 : -ESTALE;
}

/*
 * Notes the identity of the file itself, by which the other kind of event finds
 * it.
 */
static void identify_by_file(struct clinic_module *module,
			     const struct stat *status,
			     const struct clinic_elf_layout *layout)
{
	module->build_id_size = layout->build_id_size;
	memcpy(module->build_id, layout->build_id, layout->build_id_size);
	if (module->inode)
		return;
	module->inode = status->st_ino;
	module->device_major = major(status->st_dev);
	module->device_minor = minor(status->st_dev);
}

/*
 * perf's jitdump format requires that a program maps the file into which it
 * writes the names of its functions, so that others find the file.
 */
static bool is_dump(const char *path)
{
	const char *slash = strrchr(path, '/');
	unsigned int pid;
	int length = 0;

	return slash &&
	       sscanf(slash + 1, "jit-%u.dump%n", &pid, &length) == 1 &&
	       length && !slash[1 + length];
}

/*
 * Becomes the owner of fd. A file that is not ELF holds code that a program
 * generated.
 */
static int keep_other_file(struct clinic_module *module,
			   const struct clinic_mapping *mapping, int fd)
{
	char magic[EI_CLASS + 1];

	if (pread(fd, magic, sizeof(magic), 0) == (ssize_t)sizeof(magic) &&
	    !memcmp(magic, ELFMAG, SELFMAG)) {
		module->is_32_bit = magic[EI_CLASS] == ELFCLASS32;
		module->fd = fd; /* its names can be read nevertheless */
		return -ENOEXEC;
	}
	/*
	 * The mapped file had a build-id, so this is another file in its place.
	 */
	if (mapping->build_id_size) {
		close(fd);
		return -ESTALE;
	}
	module->is_memory = true;
	if (is_dump(module->path))
		module->dump_fd = fd;
	else
		close(fd);
	return -ENOEXEC;
}

static int open_path(const char *path, const struct clinic_mapping *mapping,
		     struct clinic_module *module)
{
	struct clinic_elf_layout layout;
	struct stat status;
	/*
	 * O_NONBLOCK avoids waiting for a FIFO that took the place of the file.
	 */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int error;

	if (fd < 0)
		return -errno;
	error = fstat(fd, &status) < 0 ? -errno
				       : clinic_elf_layout_read(fd, &layout);
	if (error == -ENOEXEC && S_ISREG(status.st_mode) &&
	    (mapping->build_id_size || status.st_ino == mapping->inode))
		return keep_other_file(module, mapping, fd);
	if (!error)
		error = check_file(&status, mapping, &layout);
	if (error) {
		close(fd);
		return error;
	}
	module->fd = fd;
	identify_by_file(module, &status, &layout);
	return 0;
}

/* First in the root folder of the process, and then in ours. */
static int open_by_name(pid_t pid, const char *name,
			const struct clinic_mapping *mapping,
			struct clinic_module *module)
{
	char path[PATH_MAX + 32];
	int error;

	snprintf(path, sizeof(path), "/proc/%d/root%.*s", (int)pid, PATH_MAX,
		 name);
	error = open_path(path, mapping, module);
	if (!error || module->is_memory || module->fd >= 0)
		return error;
	return open_path(name, mapping, module);
}

/* Opens the mapped file itself; otherwise by its name. */
static int open_file(pid_t pid, const struct clinic_mapping *mapping,
		     struct clinic_module *module)
{
	char path[PATH_MAX];
	int error;

	snprintf(path, sizeof(path), "/proc/%d/map_files/%llx-%llx", (int)pid,
		 (unsigned long long)mapping->start,
		 (unsigned long long)mapping->start + mapping->size_bytes);
	error = open_path(path, mapping, module);
	if (!error || module->is_memory || module->fd >= 0)
		return error;
	error = open_by_name(pid, mapping->path, mapping, module);
	if (error == -ENOENT &&
	    clinic_maps_path_decode(mapping->path, path, sizeof(path)))
		error = open_by_name(pid, path, mapping, module);
	return error;
}

static void identify(struct clinic_module *module,
		     const struct clinic_mapping *mapping)
{
	module->device_major = mapping->device_major;
	module->device_minor = mapping->device_minor;
	module->inode = mapping->inode;
	module->inode_generation = mapping->inode_generation;
	module->build_id_size = mapping->build_id_size;
	memcpy(module->build_id, mapping->build_id, sizeof(module->build_id));
}

/*
 * Every process has the same vdso as we have, because the kernel provides it.
 */
static int vdso_of(struct clinic_modules *modules,
		   struct clinic_module **module)
{
	uintptr_t start = getauxval(AT_SYSINFO_EHDR);
	const ElfW(Ehdr) *elf = (const void *)start;
	const ElfW(Phdr) * headers;
	uintptr_t bias = start;

	if (!start)
		return -ENOENT;
	headers = (const void *)(start + elf->e_phoff);
	for (size_t i = 0; i < elf->e_phnum; i++)
		if (headers[i].p_type == PT_LOAD) {
			bias = start - headers[i].p_vaddr;
			break;
		}
	return clinic_modules_of_image(modules, "[vdso]", bias, headers,
				       elf->e_phnum, module);
}

/* Files of a name that the kernel gives to memory. */
static bool is_named_memory(const char *path)
{
	static const char *const names[] = {"/memfd:", "/dev/zero",
					    "/anon_hugepage", "/SYSV"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strncmp(path, names[i], strlen(names[i])))
			return true;
	return false;
}

/*
 * In "NSpid: 4711 12" the last number is the one that the process itself sees.
 */
static pid_t read_inner_pid(pid_t pid)
{
	char path[32], line[256];
	pid_t inner = pid;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	status = fopen(path, "re");
	if (!status)
		return pid;
	while (fgets(line, sizeof(line), status))
		if (!strncmp(line, "NSpid:\t", strlen("NSpid:\t")))
			inner = (pid_t)atol(strrchr(line, '\t') + 1);
	fclose(status);
	return inner;
}

static void describe_mapper(pid_t pid, struct clinic_mapper *mapper)
{
	struct stat status = {0};
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	(void)stat(path, &status);
	*mapper = (struct clinic_mapper){
		.pid = pid,
		.inner_pid = read_inner_pid(pid),
		.uid = status.st_uid,
	};
}

static int new_module(struct clinic_modules *modules, pid_t pid,
		      const struct clinic_mapping *mapping,
		      struct clinic_module **module)
{
	int error;

	if (strcmp(mapping->path, "[vdso]") == 0)
		return vdso_of(modules, module);
	error = add_module(modules, mapping->path, module);
	if (error)
		return error;
	identify(*module, mapping);
	(*module)->root_fd = clinic_roots_find(&modules->roots, pid);
	(*module)->error = is_file(mapping) ? open_file(pid, mapping, *module)
					    : -ENODATA;
	(*module)->is_memory |=
		(!is_file(mapping) && strcmp(mapping->path, "[vsyscall]")) ||
		((*module)->error && is_named_memory(mapping->path));
	if ((*module)->is_memory)
		describe_mapper(pid, &(*module)->mapper);
	(*module)->is_compiled = (*module)->error != 0;
	return 0;
}

/*
 * A module that is known by its inode is found again by its build-id, and the
 * other way round: perf reports one of them, and /proc/PID/maps the other.
 */
int clinic_modules_of_mapping(struct clinic_modules *modules, pid_t pid,
			      const struct clinic_mapping *mapping,
			      struct clinic_module **module)
{
	for (size_t i = modules->count; i-- > 0;)
		if (is_of(modules->list[i], pid, mapping)) {
			*module = modules->list[i];
			return 0;
		}
	return new_module(modules, pid, mapping, module);
}

static bool is_of_image(const struct clinic_module *module, const char *path,
			uintptr_t bias, const struct clinic_elf_layout *layout)
{
	if (!module->is_image || strcmp(module->path, path) != 0 ||
	    module->image_bias != bias)
		return false;
	return module->build_id_size == layout->build_id_size &&
	       memcmp(module->build_id, layout->build_id,
		      layout->build_id_size) == 0;
}

int clinic_modules_of_image(struct clinic_modules *modules, const char *path,
			    uintptr_t bias, const void *headers,
			    size_t headers_count, struct clinic_module **module)
{
	struct clinic_elf_layout layout;
	int error = clinic_elf_layout_of_image(bias, headers, headers_count,
					       &layout);

	if (error)
		return error;
	for (size_t i = modules->count; i-- > 0;)
		if (is_of_image(modules->list[i], path, bias, &layout)) {
			*module = modules->list[i];
			return 0;
		}
	error = add_module(modules, path, module);
	if (error)
		return error;
	(*module)->is_image = true;
	(*module)->image_bias = bias;
	(*module)->build_id_size = layout.build_id_size;
	memcpy((*module)->build_id, layout.build_id, layout.build_id_size);
	(*module)->is_compiled = true;
	(*module)->error = clinic_unwind_table_from_image(
		bias, headers, headers_count, &(*module)->table);
	return 0;
}

/*
 * In code that compilers write, the gaps between functions are at most a tenth.
 */
static bool is_barely_covered(const struct clinic_module *module)
{
	struct clinic_unwind_facts facts;

	if (!module->table)
		return module->error == -ENODATA;
	clinic_unwind_table_describe(module->table, &facts);
	return facts.covered_bytes < facts.code_bytes - facts.code_bytes / 10;
}

static void find_frames(struct clinic_module *module)
{
	struct clinic_unwind_table *table;
	uint8_t *bytes;
	size_t size;

	if (module->find_frames(module->fd, module->path, module->root_fd,
				&bytes, &size))
		return;
	if (!clinic_unwind_table_with_frames(module->fd, bytes, size, &table)) {
		clinic_unwind_table_free(module->table);
		module->table = table;
		module->error = 0;
	}
	free(bytes);
}

static void compile(struct clinic_module *module)
{
	if (module->is_compiled)
		return;
	module->is_compiled = true;
	module->error =
		clinic_unwind_table_from_file(module->fd, &module->table);
	if (module->find_frames && is_barely_covered(module))
		find_frames(module);
}

const struct clinic_unwind_table *
clinic_module_table(struct clinic_module *module)
{
	compile(module);
	return module->table;
}

int clinic_module_error(struct clinic_module *module)
{
	compile(module);
	return module->error;
}

const char *clinic_module_path(const struct clinic_module *module)
{
	return module->path;
}

bool clinic_module_is_memory(const struct clinic_module *module)
{
	return module->is_memory;
}

const struct clinic_mapper *
clinic_module_mapper(const struct clinic_module *module)
{
	return &module->mapper;
}

bool clinic_module_is_32_bit(const struct clinic_module *module)
{
	return module->is_32_bit;
}

int clinic_module_dump_fd(const struct clinic_module *module)
{
	return module->dump_fd;
}

int clinic_module_fd(const struct clinic_module *module)
{
	return module->fd;
}

int clinic_module_root_fd(const struct clinic_module *module)
{
	return module->root_fd;
}

uint8_t clinic_module_build_id(const struct clinic_module *module,
			       uint8_t bytes[CLINIC_MAPPING_BUILD_ID_MAX])
{
	memcpy(bytes, module->build_id, module->build_id_size);
	return module->build_id_size;
}

size_t clinic_module_index(const struct clinic_module *module)
{
	return module->index;
}

bool clinic_module_has_code(const struct clinic_module *module)
{
	return module->is_image || module->fd >= 0;
}

size_t clinic_module_read_code(const struct clinic_module *module,
			       uint64_t address, uint64_t file_offset,
			       uint8_t *code, size_t size)
{
	struct iovec to = {.iov_base = code, .iov_len = size};
	struct iovec from = {.iov_len = size};
	ssize_t got;

	/*
	 * The kernel reads it for us, because the image of a plugin may have
	 * been unmapped meanwhile.
	 */
	if (module->is_image) {
		from.iov_base = (void *)(module->image_bias + address);
		got = process_vm_readv(gettid(), &to, 1, &from, 1, 0);
	} else if (module->fd >= 0 && file_offset <= LONG_MAX) {
		got = pread(module->fd, code, size, (off_t)file_offset);
	} else {
		return 0;
	}
	return got > 0 ? (size_t)got : 0;
}
