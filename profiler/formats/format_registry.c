/* Finds a format by name, by suffix, or by content. */
#include "formats/format.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "formats/content_head.h"
#include "session/session_json.h"

/*
 * The linker defines these around all CLINIC_FORMAT(); NULL if none is linked.
 */
extern const struct clinic_format *const __start_clinic_formats[]
	__attribute__((weak));
extern const struct clinic_format *const __stop_clinic_formats[]
	__attribute__((weak));

const struct clinic_format *
clinic_format_next(const struct clinic_format *after)
{
	const struct clinic_format *next = NULL;

	for (const struct clinic_format *const *at = __start_clinic_formats;
	     at < __stop_clinic_formats; at++)
		if ((!after || strcmp((*at)->name, after->name) > 0) &&
		    (!next || strcmp((*at)->name, next->name) < 0))
			next = *at;
	return next;
}

const struct clinic_format *clinic_format_named(const char *name)
{
	const struct clinic_format *format = NULL;

	while ((format = clinic_format_next(format)))
		if (!strcmp(format->name, name))
			break;
	return format;
}

bool clinic_format_has_suffix(const char *path, const char *suffix)
{
	size_t length = strlen(path);

	if (length > 3 && !strcmp(path + length - 3, ".gz"))
		length -= 3;
	return length > strlen(suffix) &&
	       !strncmp(path + length - strlen(suffix), suffix, strlen(suffix));
}

const struct clinic_format *clinic_format_of_path(const char *path)
{
	const struct clinic_format *format = NULL;

	while ((format = clinic_format_next(format)))
		if (format->write &&
		    clinic_format_has_suffix(path, format->suffix))
			break;
	return format;
}

const struct clinic_format *clinic_format_of_content(const void *head,
						     size_t bytes)
{
	const struct clinic_format *format = NULL;

	while ((format = clinic_format_next(format)))
		if (format->read && format->recognises(head, bytes))
			break;
	return format;
}

/* Looks again as long as a pipe delivers bytes that may still be recognised. */
static int recognise(struct clinic_content_head *head,
		     const struct clinic_format **format,
		     struct clinic_why *why)
{
	do {
		int error = clinic_content_head_look(head);

		if (error)
			return error;
		*format =
			clinic_format_of_content(head->text, head->text_bytes);
	} while (!*format && !head->is_whole);
	if (!*format && !head->text_bytes)
		snprintf(why->text, sizeof(why->text), "it is empty");
	return *format ? 0 : -ENOMSG;
}

static int read_as(const struct clinic_format *format, const char *path,
		   const struct clinic_format_options *options,
		   struct clinic_session **session, struct clinic_why *why)
{
	int error = clinic_session_new(session);

	if (error)
		return error;
	error = format->read(path, options, *session, why);
	if (error) {
		clinic_session_free(*session);
		*session = NULL;
	}
	return error;
}

int clinic_format_read(const char *path,
		       const struct clinic_format_options *options,
		       const struct clinic_format **format,
		       struct clinic_session **session, struct clinic_why *why)
{
	struct clinic_content_head head;
	int error = clinic_content_head_open(&head, path);

	*why->text = '\0';
	*format = NULL;
	if (error)
		return error;
	error = recognise(&head, format, why);
	if (!error)
		error = read_as(*format, path, options, session, why);
	/*
	 * The pipe is kept open until here, because a pipe without a reader
	 * ends its writer.
	 */
	clinic_content_head_close(&head);
	return error;
}
