#include "collect/alloc_capture.h"
#include "collect/observable.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Memory if there is such a folder: what is mapped never goes to a disk. */
static int make_folder(struct clinic_alloc_capture *capture)
{
	static const char *const places[] = {"/dev/shm", "/tmp"};

	for (size_t i = 0; i < 2; i++) {
		snprintf(capture->folder, sizeof(capture->folder),
			 "%s/clinic-alloc-XXXXXX", places[i]);
		if (mkdtemp(capture->folder))
			return 0;
	}
	capture->folder[0] = '\0';
	return -errno;
}

__attribute__((format(printf, 2, 3))) static int
add_setting(struct clinic_alloc_capture *capture, const char *format, ...)
{
	va_list arguments;
	size_t at = 0;
	int length;

	while (capture->settings[at])
		at++;
	va_start(arguments, format);
	length = vasprintf(&capture->settings[at], format, arguments);
	va_end(arguments);
	if (length >= 0)
		return 0;
	capture->settings[at] = NULL;
	return -ENOMEM;
}

static int add_settings(struct clinic_alloc_capture *capture)
{
	const struct clinic_alloc_plan *plan = &capture->plan;
	const char *others = getenv("LD_PRELOAD");
	int err = add_setting(capture, "LD_PRELOAD=%s%s%s", plan->preload,
			      others ? ":" : "", others ? others : "");

	if (!err)
		err = add_setting(capture, "CLINIC_ALLOC_RAW=%s",
				  capture->folder);
	if (!err && plan->with_alloc)
		err = add_setting(capture, "CLINIC_ALLOC_STACKS=1");
	if (!err && plan->with_alloc)
		err = add_setting(capture, "CLINIC_ALLOC_LIVE=1");
	if (!err && plan->with_lock)
		err = add_setting(capture, "CLINIC_LOCK=1");
	if (!err && plan->sample_bytes)
		err = add_setting(capture, "CLINIC_ALLOC_SAMPLE_BYTES=%" PRIu64,
				  plan->sample_bytes);
	if (!err && plan->no_alloc_in)
		err = add_setting(capture, "CLINIC_ASSERT_ZERO_ALLOC=%s",
				  plan->no_alloc_in);
	return err;
}

int clinic_alloc_prepare(const struct clinic_alloc_plan *plan,
			 const char *program,
			 struct clinic_alloc_capture **made)
{
	struct clinic_alloc_capture *capture = calloc(1, sizeof(*capture));
	int err;

	*made = NULL;
	if (!capture)
		return -ENOMEM;
	capture->plan = *plan;
	capture->program = strdup(program);
	capture->unobservable = clinic_unobservable(program);
	err = access(plan->preload, R_OK) ? -errno : make_folder(capture);
	if (!err)
		err = capture->program ? add_settings(capture) : -ENOMEM;
	if (err)
		clinic_alloc_free(capture);
	else
		*made = capture;
	return err;
}

char *const *clinic_alloc_settings(const struct clinic_alloc_capture *capture)
{
	return capture->settings;
}

static void remove_folder(const char *folder)
{
	DIR *files = opendir(folder);
	const struct dirent *file;

	while (files && (file = readdir(files)))
		if (file->d_name[0] != '.')
			unlinkat(dirfd(files), file->d_name, 0);
	if (files)
		closedir(files);
	rmdir(folder);
}

void clinic_alloc_free(struct clinic_alloc_capture *capture)
{
	if (!capture)
		return;
	if (capture->folder[0])
		remove_folder(capture->folder);
	for (size_t i = 0; i < CLINIC_ALLOC_SETTINGS_MAX; i++)
		free(capture->settings[i]);
	free(capture->program);
	free(capture);
}
