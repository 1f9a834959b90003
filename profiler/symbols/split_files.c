/* Finds the file of a split unit: packages first, then .dwo files. */
#include "symbols/split_files.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "symbols/path_open.h"
#include "symbols/split_strings.h"

static const char *const wanted[] = {
	".debug_info.dwo",        ".debug_abbrev.dwo",   ".debug_str.dwo",
	".debug_line.dwo",        ".debug_line_str.dwo", ".debug_rnglists.dwo",
	".debug_str_offsets.dwo", ".debug_types.dwo",
};

/* Each file is verified, so it may come from either root folder. */
static int open_path(const struct clinic_split_files *files, const char *path)
{
	int fd = files->root ? clinic_path_open(files->root, path) : -ENOENT;

	return fd < 0 ? clinic_path_open(NULL, path) : fd;
}

static void open_package(const struct clinic_split_files *files,
			 const char *path, struct clinic_dwo_package *package)
{
	char name[PATH_MAX];
	int fd;

	if (!path ||
	    snprintf(name, sizeof(name), "%s.dwp", path) >= (int)sizeof(name))
		return;
	fd = open_path(files, name);
	if (fd < 0)
		return;
	clinic_dwo_package_open(fd, files->bytes_max, package);
	close(fd);
}

static void open_packages(struct clinic_split_files *files)
{
	if (files->has_packages)
		return;
	files->has_packages = true;
	open_package(files, files->path, &files->packages[0]);
	open_package(files, files->debug_path, &files->packages[1]);
}

static int find_in_package(const struct clinic_split_files *files,
			   const struct clinic_dwo_package *package,
			   const struct clinic_split_unit *unit)
{
	struct clinic_section_choices choices = {0};
	struct clinic_split_strings strings;
	uint64_t size_bytes;
	int error;

	if (!package->elf)
		return -ENOENT;
	error = clinic_dwo_package_find(package, unit->id, &choices);
	if (error)
		return error;
	error = clinic_split_strings_extract(package->elf, unit->is_version_5,
					     files->bytes_max, &choices,
					     &strings);
	if (!error)
		error = clinic_section_file_write(
			&choices, &package->elf->header, files->bytes_max,
			&size_bytes);
	clinic_split_strings_clear(&strings);
	return error;
}

static int copy_file(const struct clinic_split_files *files, int fd)
{
	struct clinic_section_choices choices = {0};
	struct clinic_elf *elf;
	uint64_t size_bytes;
	int error = clinic_elf_open(fd, &elf);

	if (error)
		return error;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		clinic_section_choices_add(&choices, elf, wanted[i], 0);
	error = clinic_section_file_write(&choices, &elf->header,
					  files->bytes_max, &size_bytes);
	clinic_elf_close(elf);
	return error;
}

/* The file of that name in a folder; a name may be a path of its own. */
static int try_file(const struct clinic_split_files *files, const char *folder,
		    int folder_length, const char *name)
{
	char path[PATH_MAX];
	int fd, copy;
	int length = *name == '/' ? snprintf(path, sizeof(path), "%s", name)
				  : snprintf(path, sizeof(path), "%.*s/%s",
					     folder_length, folder, name);

	if (length >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open_path(files, path);
	if (fd < 0)
		return fd;
	copy = copy_file(files, fd);
	close(fd);
	return copy;
}

static int try_beside(const struct clinic_split_files *files, const char *name)
{
	const char *slash = strrchr(files->path, '/');
	const char *last = strrchr(name, '/');

	return try_file(files, slash ? files->path : ".",
			slash ? (int)(slash - files->path) : 1,
			last ? last + 1 : name);
}

int clinic_split_files_find(struct clinic_split_files *files,
			    const struct clinic_split_unit *unit)
{
	const char *folder = unit->folder ? unit->folder : ".";
	int fd = -ENOENT;

	open_packages(files);
	for (size_t i = 0; fd < 0 && i < CLINIC_SPLIT_PACKAGES; i++)
		fd = find_in_package(files, &files->packages[i], unit);
	if (fd < 0 && unit->name)
		fd = try_file(files, folder, (int)strlen(folder), unit->name);
	if (fd < 0 && unit->name)
		fd = try_beside(files, unit->name);
	files->counts->split_missing_count += fd < 0;
	return fd;
}

void clinic_split_files_close(struct clinic_split_files *files)
{
	for (size_t i = 0; i < CLINIC_SPLIT_PACKAGES; i++)
		clinic_dwo_package_close(&files->packages[i]);
	files->has_packages = false;
}
