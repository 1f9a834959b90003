/* Makes the folder and the environment that the preload library needs. */
#include "sources/preload_injection.h"

#include <errno.h>
#include <fcntl.h>
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

static int make_roll(const struct clinic_shared_folder *folder)
{
	static const struct unseen_roll empty;
	int fd = openat(folder->fd, UNSEEN_ROLL_NAME,
			O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int err = fd < 0 ? -errno : 0;

	if (!err && write(fd, &empty, sizeof(empty)) != sizeof(empty))
		err = -EIO;
	if (fd >= 0)
		close(fd);
	return err;
}

static int set_library(struct clinic_preload_injection *injection,
		       const char *library)
{
	const char *others = getenv("LD_PRELOAD");

	return clinic_preload_injection_set(injection, "LD_PRELOAD", "%s%s%s",
					    library, others ? ":" : "",
					    others ? others : "");
}

int clinic_preload_injection_open(struct clinic_preload_injection *injection,
				  const char *library, const char *prefix,
				  const char *handover)
{
	const struct clinic_handover_door *door = &injection->folder.door;
	int err;

	*injection = (struct clinic_preload_injection){
		.folder = {.fd = -1, .door = {.listener = -1}}};
	if (access(library, R_OK))
		return -errno;
	err = clinic_shared_folder_make(&injection->folder, prefix);
	if (!err)
		err = make_roll(&injection->folder);
	if (!err)
		err = set_library(injection, library);
	if (!err && door->listener >= 0)
		err = clinic_preload_injection_set(injection, handover, "%s %s",
						   door->name, door->secret);
	return err;
}

void clinic_preload_injection_unseen(
	const struct clinic_preload_injection *injection,
	struct unseen_roll *unseen)
{
	int fd = clinic_shared_folder_open(&injection->folder, UNSEEN_ROLL_NAME,
					   O_RDONLY);

	if (fd < 0 || read(fd, unseen, sizeof(*unseen)) != sizeof(*unseen))
		*unseen = (struct unseen_roll){0};
	if (fd >= 0)
		close(fd);
}

void clinic_preload_injection_close(struct clinic_preload_injection *injection)
{
	if (injection->folder.path[0] &&
	    clinic_shared_folder_is_used(&injection->folder))
		clinic_shared_folder_leave(&injection->folder);
	clinic_shared_folder_remove(&injection->folder);
	for (size_t i = 0; i < injection->settings_count; i++)
		free(injection->settings[i]);
	*injection = (struct clinic_preload_injection){
		.folder = {.fd = -1, .door = {.listener = -1}}};
}
