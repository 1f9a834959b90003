/* Runs a verb of clinic: measures a program, or reads what was measured. */
#include <clinic/version.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/verb.h"
#include "cli/verb_list.h"

/* A full disk behind stdout must not look like success. */
static int flush_output(int status)
{
	if (fflush(stdout) || ferror(stdout)) {
		if (errno == EPIPE)
			return status;
		return clinic_complain("cannot write the output: %s",
				       strerror(errno));
	}
	return status;
}

int main(int argc, char **argv)
{
	const struct clinic_verb *verb;

	if (argc < 2) {
		clinic_verbs_print(stderr);
		return CLINIC_EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("clinic " CLINIC_VERSION);
		return flush_output(CLINIC_EXIT_DONE);
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		clinic_verbs_print(stdout);
		return flush_output(CLINIC_EXIT_DONE);
	}
	verb = clinic_verb_find(argv[1]);
	if (!verb)
		return clinic_verb_unknown(argv[1]);
	return flush_output(verb->run(argc - 1, argv + 1));
}
