/* Opening what is read: a path, or "-" for the standard input. */
#include "foundation/input_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

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
