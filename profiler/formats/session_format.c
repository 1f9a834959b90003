/* Registers the JSON session, which FORMAT.md describes, as a format. */
#include <string.h>

#include "foundation/text_span.h"
#include "formats/format.h"
#include "session/schema.h"
#include "session/session_json.h"

/* Does a key of the top level of a session begin here? */
static bool is_key(struct clinic_span at)
{
	static const char *const others[] = {"\"format\"", "\"schema\"",
					     "\"about\"", "\"quality\"",
					     "\"strings\""};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (clinic_span_begins(at, others[i]))
			return true;
	for (unsigned int i = 0; i < CLINIC_TABLES; i++) {
		const char *name = clinic_schema_tables[i].name;
		size_t length = strlen(name);

		if (at.length > length + 1 && *at.at == '"' &&
		    at.at[length + 1] == '"' &&
		    !memcmp(at.at + 1, name, length))
			return true;
	}
	return false;
}

/* The order of keys is free, so "format" may come late. */
static bool recognises(const void *head, size_t bytes)
{
	static const char mark[] = "\"clinic-session\"";
	struct clinic_span text =
		clinic_span_trim((struct clinic_span){head, bytes});

	if (!clinic_span_begins(text, "{"))
		return false;
	if (memmem(text.at, text.length, mark, sizeof(mark) - 1))
		return true;
	text.at++;
	text.length--;
	return is_key(clinic_span_trim(text));
}

static int read_session(const char *path,
			const struct clinic_format_options *options,
			struct clinic_session *session, struct clinic_why *why)
{
	(void)options;
	return clinic_session_read(path, session, why);
}

static int write_session(const struct clinic_session *session,
			 const struct clinic_format_options *options,
			 const char *path)
{
	(void)options;
	return clinic_session_write(session, path);
}

static const struct clinic_format session_format = {
	.name = "session",
	.suffix = ".json",
	.summary = "a session with all that it holds, of the newest schema",
	.tables_kept = (1u << CLINIC_TABLES) - 1,
	.recognises = recognises,
	.read = read_session,
	.write = write_session,
};
CLINIC_FORMAT(session_format);
