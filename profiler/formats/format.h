/*
 * formats/format.h - what a file format is, and how one is found.
 *
 * A format is one file that ends in CLINIC_FORMAT(...): format_registry.c finds
 * it without a list, as cli/verb_list.c finds verbs. If a function is NULL, the
 * format cannot be read, or not be written. profiler/FORMAT.md has a line for
 * each format ("Formats"; a test compares).
 *
 *	file  --recognises, read-->  session  --suffix or name, write-->  file
 *
 * Linking    no code calls a format by its name, and a linker only takes from
 *            an archive what is called. So a program that uses formats is
 *            linked with FORMAT_OBJECTS (profiler.mk), and not only with
 *            libclinic.a.
 * Names      the format to read is chosen by the content of the file, whatever
 *            its name is. The format to write is chosen by its name, or by the
 *            suffix of the path, which .gz may follow.
 * Errors     0 or -errno. read: -EBADMSG: damaged; -EPROTO: of a newer version;
 *            -ENODATA: no row can be used; -EFBIG: beyond the limits. `why`
 *            says more; the session can then only be freed. write: -ENODATA:
 *            there is nothing of that weight.
 * Read next  session_format.c, which is the shortest.
 */
#ifndef CLINIC_FORMATS_FORMAT_H
#define CLINIC_FORMATS_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "session/session.h"
#include "session/weight.h"

struct clinic_why;

/* Options that are all zero are enough for reading any format. */
struct clinic_format_options {
	/* For reading. */
	const char *event;     /* NULL: the first that measures CPU time */
	uint64_t frequency_hz; /* 0: as the file says */
	/* For writing. */
	enum clinic_weight weight; /* in formats that show only one */
	const char *title;         /* of a picture; NULL: the command */
	const char *source;        /* a name for the session */
	bool is_icicle;            /* in a picture, the root is on top */
	/*
	 * If this is not NULL, the difference from it is shown. Only formats
	 * with shows_difference use it.
	 */
	const struct clinic_session *base;
	const char *base_source;
};

struct clinic_format {
	const char *name, *suffix, *summary;
	/*
	 * bits of enum clinic_table: which tables the format keeps when it is
	 * written and read again
	 */
	uint32_t tables_kept;
	bool shows_difference; /* write uses options->base */
	bool (*recognises)(const void *head, size_t bytes);
	int (*read)(const char *path, const struct clinic_format_options *,
		    struct clinic_session *, struct clinic_why *);
	int (*write)(const struct clinic_session *,
		     const struct clinic_format_options *, const char *path);
};

#define CLINIC_FORMAT(format)                                                  \
	static const struct clinic_format *const format##_entry                \
		__attribute__((used, section("clinic_formats"))) = &(format)

/*
 * The next format in the order of names; after NULL, the first one. NULL: there
 * are no more.
 */
const struct clinic_format *
clinic_format_next(const struct clinic_format *after);
const struct clinic_format *clinic_format_named(const char *name);
/*
 * The format of files whose path has this suffix and that can be written; NULL:
 * there is none.
 */
const struct clinic_format *clinic_format_of_path(const char *path);
/* The format that recognises this beginning of a file; NULL: there is none. */
const struct clinic_format *clinic_format_of_content(const void *head,
						     size_t bytes);
bool clinic_format_has_suffix(const char *path, const char *suffix);

/*
 * Reads a file of any format; the path "-" means the standard input. *format
 * becomes the format that was recognised; if there is none, it is NULL, and
 * -ENOMSG is returned. `why` must not be NULL. After success, the caller frees
 * *session.
 */
int clinic_format_read(const char *path,
		       const struct clinic_format_options *options,
		       const struct clinic_format **format,
		       struct clinic_session **session, struct clinic_why *why);

#endif
