/* Fills in the command, host and source in the head of a session. */
#include "collect/session_metadata.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "collect/target.h"
#include "sources/event_source.h"
#include "session/session.h"

/* Of more attached processes, the commands are not shown. */
#define COMMANDS_SHOWN 8

/* Characters that no shell gives a meaning to. */
static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789_-./:=@%+,";

static void quote_into(FILE *out, const char *word)
{
	if (*word && !word[strspn(word, plain)]) {
		fputs(word, out);
		return;
	}
	fputc('\'', out);
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\''", out);
		else
			fputc(*word, out);
	}
	fputc('\'', out);
}

static void quote_command(FILE *out, char *const *argv)
{
	for (size_t i = 0; argv[i]; i++) {
		if (i)
			fputc(' ', out);
		quote_into(out, argv[i]);
	}
}

/* Reads a whole file of *bytes bytes; NULL: it cannot be read. */
static char *read_file(const char *path, size_t *bytes)
{
	FILE *from = fopen(path, "re"), *to;
	char piece[4096], *text = NULL;
	size_t got;

	if (!from)
		return NULL;
	to = open_memstream(&text, bytes);
	while (to && (got = fread(piece, 1, sizeof(piece), from)) > 0)
		fwrite(piece, 1, got, to);
	if (to)
		fclose(to);
	fclose(from);
	return text;
}

/*
 * The words of /proc/PID/cmdline each end with a NUL. A program that changed
 * its title there (setproctitle) left NULs or blanks up to where its arguments
 * had ended.
 */
static void quote_running(FILE *out, pid_t pid)
{
	char path[32], *text;
	size_t bytes = 0;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	text = read_file(path, &bytes);
	while (bytes && (!text[bytes - 1] || text[bytes - 1] == ' '))
		text[--bytes] = '\0';
	for (size_t at = 0; at < bytes; at += strlen(text + at) + 1) {
		if (at)
			fputc(' ', out);
		quote_into(out, text + at);
	}
	free(text);
}

/* Writes "a & b" for attached processes, because they run side by side. */
static void quote_attached(FILE *out, const struct clinic_attached *attached)
{
	size_t shown = 0, roots = 0;

	for (size_t i = 0; i < attached->count; i++) {
		if (!attached->at[i].is_root || roots++ >= COMMANDS_SHOWN)
			continue;
		fputs(shown++ ? " & " : "", out);
		quote_running(out, attached->at[i].pid);
	}
	if (roots > shown)
		fprintf(out, " & %zu more", roots - shown);
}

int clinic_session_metadata_target(struct clinic_session *session,
				   char *const *argv,
				   const struct clinic_target *target)
{
	struct clinic_session_metadata *metadata =
		clinic_session_metadata(session);
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	int err = -ENOMEM;

	if (!out)
		return err;
	if (argv)
		quote_command(out, argv);
	else
		quote_attached(out, &target->attached);
	if (!fclose(out))
		err = clinic_session_text_id(session, text,
					     &metadata->command_id);
	free(text);
	return err;
}

int clinic_session_metadata_source(struct clinic_session *session,
				   const struct clinic_source_facts *facts)
{
	struct clinic_session_metadata *metadata =
		clinic_session_metadata(session);
	int err = clinic_session_text_id(session, facts->backend,
					 &metadata->backend_id);

	return err ? err
		   : clinic_session_text_id(session, facts->event,
					    &metadata->event_id);
}

int clinic_session_metadata_host(struct clinic_session *session)
{
	struct clinic_session_metadata *metadata =
		clinic_session_metadata(session);
	struct utsname system;
	char text[256];

	if (uname(&system))
		return 0;
	snprintf(text, sizeof(text), "%.60s %.60s %.60s, %ld CPUs",
		 system.sysname, system.release, system.machine,
		 sysconf(_SC_NPROCESSORS_ONLN));
	return clinic_session_text_id(session, text, &metadata->host_id);
}
