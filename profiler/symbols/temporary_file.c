/* Makes a temporary file and unlinks it. */
#include "symbols/temporary_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static int make_in(const char *folder)
{
	char path[PATH_MAX];
	int fd;

	if (!folder || snprintf(path, sizeof(path), "%s/clinic.XXXXXX",
				folder) >= (int)sizeof(path))
		return -ENOENT;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	unlink(path);
	return fd;
}

int clinic_temporary_file_on_disk(void)
{
	int fd = make_in(getenv("TMPDIR"));

	if (fd < 0)
		fd = make_in("/var/tmp");
	return fd < 0 ? make_in("/tmp") : fd;
}

int clinic_temporary_file_in_memory(void)
{
	int fd = memfd_create("clinic", MFD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}
