/* Finds the separate debug file of a binary, and verifies each candidate. */
#include "symbols/debug_file.h"
#include "symbols/section_stream.h"

#include <errno.h>
#include <isa-l/crc.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "symbols/debuginfod_client.h"
#include "symbols/path_open.h"

#define CRC_CHUNK_BYTES 65536

/* The conditions that a file must meet before it is used. */
struct demand {
	struct clinic_build_id build_id; /* size 0: none to compare */
	bool has_crc;
	uint32_t crc;
};

static int file_crc(const struct clinic_elf *elf, uint32_t *crc)
{
	uint8_t chunk[CRC_CHUNK_BYTES];
	off_t at = 0;
	ssize_t got;

	*crc = 0;
	while ((got = pread(elf->fd, chunk, sizeof(chunk), at)) > 0) {
		*crc = crc32_gzip_refl(*crc, chunk, (uint64_t)got);
		at += got;
	}
	return got < 0 ? -errno : 0;
}

static int verify(const struct clinic_debug_search *search,
		  const struct clinic_elf *elf, const struct demand *demand)
{
	uint32_t crc;

	if (demand->build_id.size && (elf->build_id.size || !demand->has_crc) &&
	    !clinic_build_id_equal(&elf->build_id, &demand->build_id)) {
		search->counts->build_id_mismatch_count++;
		return -ESTALE;
	}
	if (!demand->has_crc)
		return 0;
	if (file_crc(elf, &crc) || crc != demand->crc) {
		search->counts->crc_mismatch_count++;
		return -ESTALE;
	}
	return 0;
}

static int open_verified(const struct clinic_debug_search *search, int fd,
			 const struct demand *demand, struct clinic_elf **elf)
{
	struct clinic_elf *found;
	int error = clinic_elf_open(fd, &found);

	close(fd);
	if (error) {
		search->counts->damaged_count++;
		return error;
	}
	error = verify(search, found, demand);
	if (error)
		clinic_elf_close(found);
	else
		*elf = found;
	return error;
}

static int try_path(const struct clinic_debug_search *search, const char *root,
		    const char *path, const struct demand *demand,
		    struct clinic_elf **elf, char **found)
{
	int fd = clinic_path_open(root, path);
	int error;

	if (fd < 0)
		return fd;
	error = open_verified(search, fd, demand, elf);
	if (error)
		return error;
	*found = strdup(path);
	if (*found)
		return 0;
	clinic_elf_close(*elf);
	return -ENOMEM;
}

/*
 * Looks in the target's root, then in ours. Either may be used, because each
 * file is verified.
 */
__attribute__((format(printf, 5, 6))) static int
try_printed(const struct clinic_debug_search *search,
	    const struct demand *demand, struct clinic_elf **elf, char **found,
	    const char *format, ...)
{
	char path[PATH_MAX];
	va_list arguments;
	int length, error = -ENOENT;

	va_start(arguments, format);
	length = vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= sizeof(path))
		return -ENAMETOOLONG;
	if (search->root)
		error = try_path(search, search->root, path, demand, elf,
				 found);
	if (error)
		error = try_path(search, NULL, path, demand, elf, found);
	return error;
}

static const char *folder_at(const struct clinic_debug_search *search, size_t i)
{
	if (i < search->folders_count)
		return search->folders[i];
	return i == search->folders_count ? "/usr/lib/debug" : NULL;
}

static int find_by_build_id(const struct clinic_debug_search *search,
			    const struct demand *demand,
			    struct clinic_elf **elf, char **found)
{
	const struct clinic_build_id *id = &demand->build_id;
	char hex[2 * CLINIC_BUILD_ID_MAX + 1] = "";
	const char *folder;

	if (id->size < 2)
		return -ENOENT;
	for (size_t i = 0; i < id->size; i++)
		snprintf(hex + 2 * i, 3, "%02x", (unsigned int)id->bytes[i]);
	for (size_t i = 0; (folder = folder_at(search, i)); i++)
		if (!try_printed(search, demand, elf, found,
				 "%s/.build-id/%.2s/%s.debug", folder, hex,
				 hex + 2))
			return 0;
	return -ENOENT;
}

/* .gnu_debuglink: a name, NUL, padding to four bytes, the CRC. */
static int read_link(const struct clinic_elf *binary, char *name, size_t size,
		     uint32_t *crc)
{
	const struct clinic_elf_section *section =
		clinic_elf_section(binary, ".gnu_debuglink");
	struct clinic_elf_bytes link;
	size_t length, at;
	int error;

	if (!section)
		return -ENODATA;
	error = clinic_elf_read_section(binary, section, &link);
	if (error)
		return error;
	length = strlen((const char *)link.bytes);
	at = (length + 4) & ~(size_t)3;
	error = -EBADMSG;
	if (length && length < size && at + sizeof(*crc) <= link.size &&
	    !strchr((const char *)link.bytes, '/')) {
		memcpy(name, link.bytes, length + 1);
		memcpy(crc, link.bytes + at, sizeof(*crc));
		error = 0;
	}
	free(link.bytes);
	return error;
}

static int find_by_link(const struct clinic_debug_search *search,
			const struct clinic_elf *binary, const char *path,
			struct clinic_elf **elf, char **found)
{
	struct demand demand = {.build_id = binary->build_id, .has_crc = true};
	const char *slash = strrchr(path, '/');
	int length = slash ? (int)(slash - path) : 0;
	char name[NAME_MAX + 1];
	const char *folder;
	int error = read_link(binary, name, sizeof(name), &demand.crc);

	if (error)
		return error;
	if (!slash)
		path = ".", length = 1;
	if (!try_printed(search, &demand, elf, found, "%.*s/%s", length, path,
			 name) ||
	    !try_printed(search, &demand, elf, found, "%.*s/.debug/%s", length,
			 path, name))
		return 0;
	for (size_t i = 0; (folder = folder_at(search, i)); i++)
		if (!try_printed(search, &demand, elf, found, "%s/%.*s/%s",
				 folder, length, path, name))
			return 0;
	return -ENOENT;
}

static int find_by_debuginfod(const struct clinic_debug_search *search,
			      const struct demand *demand,
			      struct clinic_elf **elf, char **found)
{
	int fd, error;

	if (!search->use_debuginfod || !demand->build_id.size)
		return -ENOENT;
	*found = NULL;
	fd = clinic_debuginfod_find(&demand->build_id,
				    CLINIC_DEBUGINFOD_DEBUGINFO, found);
	if (fd < 0)
		return fd;
	error = open_verified(search, fd, demand, elf);
	if (error)
		free(*found);
	return error;
}

int clinic_debug_file_find(const struct clinic_debug_search *search,
			   const struct clinic_elf *binary,
			   const char *binary_path, struct clinic_elf **debug,
			   char **debug_path)
{
	const struct demand demand = {.build_id = binary->build_id};

	if (!find_by_build_id(search, &demand, debug, debug_path) ||
	    !find_by_link(search, binary, binary_path, debug, debug_path))
		return 0;
	return find_by_debuginfod(search, &demand, debug, debug_path);
}

/* .gnu_debugaltlink: a path, NUL, the build-id of the file there. */
static int read_alternate_link(const struct clinic_elf *debug, char *path,
			       struct clinic_build_id *build_id)
{
	const struct clinic_elf_section *section =
		clinic_elf_section(debug, ".gnu_debugaltlink");
	struct clinic_elf_bytes link;
	size_t length, size;
	int error;

	if (!section)
		return -ENODATA;
	error = clinic_elf_read_section(debug, section, &link);
	if (error)
		return error;
	length = strlen((const char *)link.bytes);
	size = link.size > length ? link.size - length - 1 : 0;
	error = -EBADMSG;
	if (length && length < PATH_MAX && size &&
	    size <= CLINIC_BUILD_ID_MAX) {
		memcpy(path, link.bytes, length + 1);
		build_id->size = (uint8_t)size;
		memcpy(build_id->bytes, link.bytes + length + 1, size);
		error = 0;
	}
	free(link.bytes);
	return error;
}

/* A relative link starts in the folder that really holds the debug file. */
static int find_alternate_by_path(const struct clinic_debug_search *search,
				  const struct demand *demand,
				  const char *debug_path, const char *path,
				  struct clinic_elf **elf, char **found)
{
	char real[PATH_MAX];
	char *slash;

	if (*path == '/')
		return try_printed(search, demand, elf, found, "%s", path);
	if (!debug_path || !realpath(debug_path, real))
		return -ENOENT;
	slash = strrchr(real, '/');
	return try_printed(search, demand, elf, found, "%.*s/%s",
			   (int)(slash - real), real, path);
}

int clinic_debug_file_alternate(const struct clinic_debug_search *search,
				const struct clinic_elf *debug,
				const char *debug_path,
				struct clinic_elf **alternate)
{
	struct demand demand = {0};
	char path[PATH_MAX];
	char *found = NULL;
	int error = read_alternate_link(debug, path, &demand.build_id);

	if (error)
		return error;
	error = find_by_build_id(search, &demand, alternate, &found);
	if (error)
		error = find_alternate_by_path(search, &demand, debug_path,
					       path, alternate, &found);
	if (error)
		error = find_by_debuginfod(search, &demand, alternate, &found);
	if (!error)
		free(found);
	return error;
}
