/* Finds .debug_frame of a binary or its debug file, and unpacks it. */
#include "symbols/debug_frames.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "symbols/debug_file.h"
#include "symbols/elf_file.h"
#include "symbols/go_frames.h"
#include "symbols/section_stream.h"

/* The largest browsers have 30 MB of unwind information. */
#define BYTES_MAX (128 << 20)

static int read_frames(const struct clinic_elf *elf, uint8_t **bytes,
		       size_t *size)
{
	const struct clinic_elf_section *section =
		clinic_elf_section(elf, ".debug_frame");
	struct clinic_elf_bytes read;
	int error;

	if (!section)
		return -ENODATA;
	if (section->size_bytes > BYTES_MAX)
		return -EFBIG;
	error = clinic_elf_read_section(elf, section, &read);
	*bytes = read.bytes;
	*size = read.size;
	return error;
}

static int read_debug_file(const struct clinic_elf *binary, const char *path,
			   int root_fd, uint8_t **bytes, size_t *size)
{
	struct clinic_symbols_counts counts = {0};
	char root[32], *debug_path;
	const struct clinic_debug_search search = {
		.root = root_fd >= 0 ? root : NULL, .counts = &counts};
	struct clinic_elf *debug;
	int error;

	snprintf(root, sizeof(root), "/proc/self/fd/%d", root_fd);
	error = clinic_debug_file_find(&search, binary, path, &debug,
				       &debug_path);
	if (error)
		return error;
	error = read_frames(debug, bytes, size);
	clinic_elf_close(debug);
	free(debug_path);
	return error;
}

int clinic_debug_frames_find(int fd, const char *path, int root_fd,
			     uint8_t **bytes, size_t *size)
{
	struct clinic_elf *binary;
	int error = clinic_elf_open(fd, &binary);

	if (error)
		return error;
	error = clinic_go_frames_make(binary, bytes, size);
	if (error)
		error = read_frames(binary, bytes, size);
	if (error == -ENODATA)
		error = read_debug_file(binary, path, root_fd, bytes, size);
	clinic_elf_close(binary);
	return error;
}
