/* Opens a file for reading: a path, or "-" for the standard input. */
#include "foundation/input_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
	HARMLESS_BYTES = 64 << 20,
	EXPANSION_MAX = 200,
};

gzFile clinic_input_open(const char *path)
{
	int fd;
	gzFile file;

	errno = 0;
	if (strcmp(path, "-") != 0)
		return gzopen(path, "rbe");
	fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return NULL;
	file = gzdopen(fd, "rb");
	if (!file)
		close(fd);
	return file;
}

bool clinic_input_is_bloated(gzFile file, uint64_t text_bytes)
{
	z_off_t packed_bytes;

	if (text_bytes <= HARMLESS_BYTES || gzdirect(file))
		return false;
	packed_bytes = gzoffset(file);
	return packed_bytes >= 0 &&
	       text_bytes / EXPANSION_MAX > (uint64_t)packed_bytes;
}
