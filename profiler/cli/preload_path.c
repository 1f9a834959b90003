/* Finds the preload library beside this program. */
#include "cli/preload_path.h"

#include <string.h>
#include <unistd.h>

void clinic_preload_path(char path[PATH_MAX])
{
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
	char *slash;

	path[length > 0 ? length : 0] = '\0';
	for (int up = 0; up < 2 && (slash = strrchr(path, '/')); up++)
		*slash = '\0';
	strncat(path, "/lib/libclinic-preload.so", PATH_MAX - 1 - strlen(path));
}
