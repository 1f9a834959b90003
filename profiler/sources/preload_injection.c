/* Makes the folder and the environment that the preload library needs. */
#include "sources/preload_injection.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int clinic_preload_injection_set(struct clinic_preload_injection *injection,
				 const char *name, const char *format, ...)
{
	va_list arguments;
	char *value = NULL, *setting = NULL;
	int length;

	if (injection->settings_count == CLINIC_INJECTION_SETTINGS_MAX)
		return -ENOSPC;
	va_start(arguments, format);
	length = vasprintf(&value, format, arguments);
	va_end(arguments);
	if (length < 0)
		return -ENOMEM;
	length = asprintf(&setting, "%s=%s", name, value);
	free(value);
	if (length < 0)
		return -ENOMEM;
	injection->settings[injection->settings_count++] = setting;
	return 0;
}

int clinic_preload_injection_open(struct clinic_preload_injection *injection,
				  const char *library, const char *prefix)
{
	const char *others = getenv("LD_PRELOAD");
	int error;

	*injection = (struct clinic_preload_injection){.folder.fd = -1};
	if (access(library, R_OK))
		return -errno;
	error = clinic_shared_folder_make(&injection->folder, prefix);
	if (error)
		return error;
	return clinic_preload_injection_set(injection, "LD_PRELOAD", "%s%s%s",
					    library, others ? ":" : "",
					    others ? others : "");
}

void clinic_preload_injection_close(struct clinic_preload_injection *injection)
{
	clinic_shared_folder_remove(&injection->folder);
	for (size_t i = 0; i < injection->settings_count; i++)
		free(injection->settings[i]);
	*injection = (struct clinic_preload_injection){.folder.fd = -1};
}
