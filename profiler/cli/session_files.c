/* Opens and writes sessions for verbs, and complains about what fails. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/session_files.h"
#include "cli/verb.h"
#include "session/session_json.h"

/* A longer list of formats is cut off. */
enum { LIST_BYTES = 4096 };

static void append(char text[LIST_BYTES], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void append(char text[LIST_BYTES], const char *format, ...)
{
	size_t used = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + used, LIST_BYTES - used, format, arguments);
	va_end(arguments);
}

static bool is_of_use(const struct clinic_format *format,
		      enum clinic_format_use use)
{
	switch (use) {
	case CLINIC_FORMAT_READ:
		return format->read;
	case CLINIC_FORMAT_WRITTEN:
		return format->write;
	case CLINIC_FORMAT_OF_DIFFERENCE:
		return format->write && format->shows_difference;
	}
	return false;
}

const char *clinic_describe_formats(enum clinic_format_use use)
{
	static char text[LIST_BYTES];

	*text = '\0';
	for (const struct clinic_format *format = clinic_format_next(NULL);
	     format; format = clinic_format_next(format))
		if (is_of_use(format, use))
			append(text, "  %-12s %-11s %s\n", format->name,
			       format->suffix, format->summary);
	return text;
}

/* " session (a session ...), ..." */
static const char *list_formats(enum clinic_format_use use)
{
	static char text[LIST_BYTES];

	*text = '\0';
	for (const struct clinic_format *format = clinic_format_next(NULL);
	     format; format = clinic_format_next(format)) {
		if (is_of_use(format, use))
			append(text, "%s %s (%s)", *text ? "," : "",
			       format->name,
			       use == CLINIC_FORMAT_READ ? format->summary
							 : format->suffix);
	}
	return text;
}

static int explain_unknown(const char *path, const struct clinic_why *why)
{
	return clinic_complain("cannot tell what %s is%s%s; known are%s", path,
			       *why->text ? ": " : "", why->text,
			       list_formats(CLINIC_FORMAT_READ));
}

/* Prints one sentence: what could not be read, why, and what to try. */
static int explain(const char *path, const struct clinic_format *format,
		   int error, const struct clinic_why *why)
{
	const char *name = format ? format->name : "";

	switch (error) {
	case -ENOMSG:
		return explain_unknown(path, why);
	case -ENODATA:
		return clinic_complain("%s has nothing to read: %s", path,
				       why->text);
	case -EBADMSG:
		return clinic_complain(
			"%s is not a %s that can be read: %s; record, import "
			"or copy it again",
			path, name,
			*why->text ? why->text : "it is damaged or cut short");
	case -EPROTO:
		return clinic_complain("%s is too new: %s; use the program "
				       "that wrote it",
				       path, why->text);
	case -EFBIG:
		return clinic_complain(
			"%s is too large: %s; record a shorter "
			"time",
			path, *why->text ? why->text : "it is past the limits");
	case -ESPIPE:
		return clinic_complain("cannot tell what %s is, which is "
				       "neither a file nor a pipe",
				       path);
	default:
		return clinic_complain("cannot read %s: %s", path,
				       strerror(-error));
	}
}

int clinic_open_with(const char *path,
		     const struct clinic_format_options *options,
		     struct clinic_session **session)
{
	const struct clinic_format *format;
	struct clinic_why why;
	int error = clinic_format_read(path, options, &format, session, &why);

	return error ? explain(path, format, error, &why) : CLINIC_EXIT_DONE;
}

int clinic_open_session(const char *path, struct clinic_session **session)
{
	static const struct clinic_format_options as_it_is;

	return clinic_open_with(path, &as_it_is, session);
}

int clinic_choose_format(const char *path, const char *name,
			 const struct clinic_format **format)
{
	*format = name ? clinic_format_named(name)
		       : clinic_format_of_path(path);
	if (!*format)
		return clinic_complain(
			name ? "there is no format '%s'; known are%s"
			     : "no format has the suffix of %s; known are%s",
			name ? name : path,
			list_formats(CLINIC_FORMAT_WRITTEN));
	if (!(*format)->write)
		return clinic_complain("%s can be read only; what can be "
				       "written are%s",
				       (*format)->name,
				       list_formats(CLINIC_FORMAT_WRITTEN));
	return CLINIC_EXIT_DONE;
}

int clinic_write_as(const struct clinic_format *format,
		    const struct clinic_session *session,
		    const struct clinic_format_options *options,
		    const char *path)
{
	int error;

	if (options->base && !format->shows_difference)
		return clinic_complain(
			"a file of the format %s cannot show a difference; "
			"try%s",
			format->name,
			list_formats(CLINIC_FORMAT_OF_DIFFERENCE));
	error = format->write(session, options, path);
	if (error == -ENODATA)
		return clinic_complain("%s has no %s to draw; another "
				       "--weight may have",
				       options->source,
				       clinic_weight_name(options->weight));
	return clinic_written(path, error);
}

int clinic_check_session_name(const char *path)
{
	if (!path)
		return clinic_complain(
			"nothing says where the session goes: give "
			"-o session.json");
	if (clinic_format_has_suffix(path, ".json") ||
	    !strncmp(path, "/dev/", 5))
		return CLINIC_EXIT_DONE;
	return clinic_complain(
		"a session ends in .json or .json.gz, not as %s "
		"does; `clinic export` makes other formats of it",
		path);
}

int clinic_written(const char *path, int error)
{
	if (!error)
		return CLINIC_EXIT_DONE;
	if (error == -ELOOP)
		return clinic_complain(
			"cannot write %s: it leads through a symbolic link of "
			"another user, which is not followed",
			path);
	return clinic_complain("cannot write %s: %s", path, strerror(-error));
}
