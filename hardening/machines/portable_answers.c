/*
 * Reads files as sessions or as text of perf script, and writes pictures of
 * them into a folder, which must have the same bytes on every machine.
 *
 *	portable_answers FOLDER FILE...
 */
#include <stdio.h>
#include <string.h>

#include "formats/collapsed.h"
#include "formats/flamegraph.h"
#include "formats/format.h"
#include "formats/perf_script.h"
#include "session/session.h"
#include "session/session_json.h"

enum { PATH_BYTES = 4096 };

static int write_pictures(const struct clinic_session *session,
			  const char *folder, int number)
{
	static const struct clinic_flamegraph_options options = {
		.title = "t", .subtitle = "s", .weight = CLINIC_WEIGHT_SAMPLES};
	struct clinic_call_tree tree;
	char path[PATH_BYTES];
	int error = clinic_call_tree_start(&tree, false);

	if (!error)
		error = clinic_call_tree_add(&tree, 0, session,
					     CLINIC_WEIGHT_SAMPLES);
	if (!error) {
		clinic_call_tree_sum(&tree);
		snprintf(path, sizeof(path), "%s/%d.txt", folder, number);
		error = clinic_collapsed_write(&tree, 1, path);
	}
	if (!error) {
		snprintf(path, sizeof(path), "%s/%d.svg", folder, number);
		error = clinic_flamegraph_write(&tree, &options, path);
	}
	clinic_call_tree_free(&tree);
	return error;
}

static int answer(const char *input, const char *folder, int number)
{
	static const struct clinic_format_options options;
	struct clinic_why why = {.text = ""};
	struct clinic_session *session;
	char path[PATH_BYTES];
	int error = clinic_session_new(&session);
	int pictures;

	if (error)
		return error;
	error = strstr(input, "perf_script")
			? clinic_perf_script_read(input, &options, session,
						  &why)
			: clinic_session_read(input, session, &why);
	if (error) {
		printf("%s: %d %s\n", input, error, why.text);
		clinic_session_free(session);
		return 0;
	}
	snprintf(path, sizeof(path), "%s/%d.json", folder, number);
	error = clinic_session_write(session, path);
	pictures = write_pictures(session, folder, number);
	printf("%s: read, written %d, drawn %d\n", input, error, pictures);
	clinic_session_free(session);
	return error;
}

int main(int argc, char **argv)
{
	for (int i = 2; i < argc; i++)
		if (answer(argv[i], argv[1], i))
			return 1;
	return 0;
}
