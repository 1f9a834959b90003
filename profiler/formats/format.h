/*
 * formats/format.h - what a file format is, and how one is found.
 *
 * A format is one file that ends in CLINIC_FORMAT(...): format_registry.c
 * finds it without a list, as main.c finds verbs. What is left NULL it cannot
 * do. profiler/FORMAT.md has a line for each ("Formats"; a test compares).
 *
 * Linking    nothing calls a format by name, and a linker takes from an
 *            archive only what is called: whoever looks formats up links
 *            FORMAT_OBJECTS as such (profiler.mk), not from libclinic.a.
 * Names      a format is read if its content is recognised, whatever the
 *            file is called; it is chosen for writing by the path's suffix,
 *            which .gz may follow, or by its name.
 * Errors     0 or -errno. read: -EBADMSG for what is damaged, -EPROTO for a
 *            version too new, -ENODATA for no usable row, -EFBIG past the
 *            limits, and `why` says more; the session is then only good for
 *            freeing. write: -ENODATA when there is nothing of that weight.
 * Read next  session_format.c, the shortest.
 */
#ifndef CLINIC_FORMATS_FORMAT_H
#define CLINIC_FORMATS_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "session/session.h"
#include "session/weight.h"

struct clinic_why;

/* Zeroed options are enough for reading any format. */
struct clinic_format_options {
	/* Of reading. */
	const char *event;     /* NULL: the first that measures CPU time */
	uint64_t frequency_hz; /* 0: what the file says */
	/* Of writing. */
	enum clinic_weight weight; /* for formats that show a single one */
	const char *title;         /* of a picture; NULL: the command */
	const char *source;        /* what the session is called */
	bool is_icicle;            /* the root of a picture stands on top */
	/* A difference from this one is to be shown; NULL: none. Only for
	 * formats that show one. */
	const struct clinic_session *base;
	const char *base_source;
};

struct clinic_format {
	const char *name, *suffix, *summary;
	uint32_t tables_kept;  /* bits of enum clinic_table: what survives a
				* round trip natively */
	bool shows_difference; /* write heeds options->base */
	bool (*recognises)(const void *head, size_t bytes);
	int (*read)(const char *path, const struct clinic_format_options *,
		    struct clinic_session *, struct clinic_why *);
	int (*write)(const struct clinic_session *,
		     const struct clinic_format_options *, const char *path);
};

#define CLINIC_FORMAT(format)                                                  \
	static const struct clinic_format *const format##_entry                \
		__attribute__((used, section("clinic_formats"))) = &(format)

/* By name: the first after that one, or of all (NULL); NULL behind the last. */
const struct clinic_format *
clinic_format_next(const struct clinic_format *after);
const struct clinic_format *clinic_format_named(const char *name);
/* The format that is written to such a path; NULL: none has that suffix. */
const struct clinic_format *clinic_format_of_path(const char *path);
/*
 * The format that reads a file with this beginning; NULL: none recognises it.
 */
const struct clinic_format *clinic_format_of_content(const void *head,
						     size_t bytes);
bool clinic_format_has_suffix(const char *path, const char *suffix);

/*
 * Reads any format; "-" is the standard input. *format is the one that was
 * recognised: NULL, with -ENOMSG, when none was. `why` is never NULL.
 */
int clinic_format_read(const char *path,
		       const struct clinic_format_options *options,
		       const struct clinic_format **format,
		       struct clinic_session **session, struct clinic_why *why);

#endif
