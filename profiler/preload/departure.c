/* Checks a program and its environment, and notes processes that leave. */
#include "preload/departure.h"
#include "preload/cancellation.h"
#include "preload/confinement.h"
#include "preload/our_settings.h"
#include "preload/process_end.h"
#include "preload/raw_calls.h"
#include "preload/stack/spare_stack.h"
#include "preload/unseen.h"
#include "shared_memory/preloadable.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The program to be checked, on a stack of the library's own. */
struct candidate {
	const char *program;
	int folder_fd; /* its folder, for calls that have one */
	char *const *environment;
	struct departure departure;
};

/* A text for the roll, whose longest setting is shorter. */
#define REASON_BYTES 80

#define DESCRIPTOR "/proc/self/fd/"

/* The name of the program for a person. */
static const char *name_of(const char *path, char name[PATH_MAX])
{
	ssize_t bytes = strncmp(path, DESCRIPTOR, sizeof(DESCRIPTOR) - 1)
				? 0
				: readlink(path, name, PATH_MAX - 1);

	if (bytes <= 0)
		return path;
	name[bytes] = '\0';
	return name;
}

static void leave(struct candidate *candidate, const char *path,
		  const char *why)
{
	char name[PATH_MAX];

	if (!unseen_is_used())
		return;
	candidate->departure.is_seen = true;
	candidate->departure.place =
		unseen_place_leaver(name_of(path, name), why);
}

static void note_unfit(const char *path, const char *why)
{
	char name[PATH_MAX];

	unseen_note_unfit(name_of(path, name), why);
}

static bool sees_library(char *const environment[])
{
	char library[PATH_MAX];

	our_library_in(environment, library, sizeof(library));
	return !strchr(library, '/') || !access(library, R_OK);
}

static void judge_observed(struct candidate *candidate, const char *path)
{
	const char *why = clinic_unfit_for_preload(path);

	candidate->departure.is_unfit = why != NULL;
	if (why) {
		note_unfit(path, why);
		return;
	}
	why = clinic_ignores_preload(path);
	if (why) {
		leave(candidate, path, why);
	} else if (!sees_library(candidate->environment)) {
		/* The loader would complain on the program's stderr. */
		candidate->departure.is_unfit = true;
		leave(candidate, path, "the library is not to be seen there");
	}
}

/* When several names are tried, only the last one counts. */
static void judge_at(struct candidate *candidate, const char *path)
{
	const char *missing = our_setting_missing_in(candidate->environment);
	char why[REASON_BYTES];

	if (access(path, X_OK))
		return;
	if (!missing) {
		judge_observed(candidate, path);
	} else {
		snprintf(why, sizeof(why), "its environment lacks %s", missing);
		leave(candidate, path, why);
	}
}

static void judge_path(void *judged)
{
	struct candidate *candidate = judged;

	judge_at(candidate, candidate->program);
}

static void judge_name(void *judged)
{
	struct candidate *candidate = judged;
	char path[PATH_MAX];

	if (clinic_find_program(candidate->program, path))
		judge_at(candidate, path);
}

static void judge_place(void *judged)
{
	struct candidate *candidate = judged;
	const char *path = candidate->program;
	char whole[PATH_MAX + 64];

	if (path[0] == '/' || candidate->folder_fd == AT_FDCWD)
		snprintf(whole, sizeof(whole), "%s", path);
	else
		snprintf(whole, sizeof(whole), "/proc/self/fd/%d%s%s",
			 candidate->folder_fd, path[0] ? "/" : "", path);
	judge_at(candidate, whole);
}

static struct departure judge(void (*judgement)(void *),
			      struct candidate candidate)
{
	int before = cancellation_pause();
	int saved_errno = errno;

	if (!confinement.is_filtered)
		spare_stack_call(judgement, &candidate);
	errno = saved_errno;
	cancellation_resume(before);
	return candidate.departure;
}

struct departure departure_to_path(const char *path, char *const environment[])
{
	return judge(judge_path, (struct candidate){
					 .program = path,
					 .environment = environment,
				 });
}

struct departure departure_to_name(const char *name, char *const environment[])
{
	return judge(judge_name, (struct candidate){
					 .program = name,
					 .environment = environment,
				 });
}

struct departure departure_to_place(int folder_fd, const char *path,
				    char *const environment[])
{
	return judge(judge_place, (struct candidate){
					  .program = path,
					  .folder_fd = folder_fd,
					  .environment = environment,
				  });
}

void departure_of_us(const struct departure *departure)
{
	if (!departure->is_seen)
		return;
	unseen_note_leaver(departure->place, raw_pid());
	process_leaves(true);
}

void departure_of_child(const struct departure *departure, pid_t pid)
{
	if (departure->is_seen)
		unseen_note_leaver(departure->place, pid);
}

void departure_fails(const struct departure *departure)
{
	if (!departure->is_seen)
		return;
	unseen_forget_leaver(departure->place);
	process_leaves(false);
}
