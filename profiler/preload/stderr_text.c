/* Writes texts, numbers and stacks to stderr without stdio. */
#include "preload/stderr_text.h"
#include "preload/confinement.h"
#include "preload/raw_calls.h"
#include "preload/stack/loaded_image.h"
#include "preload/stack/stack_tables.h"
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* More frames of a stack are not shown. */
#define FRAMES_SHOWN 16u
#define PLACE_BYTES  (PATH_MAX + 24)

/*
 * If the reader has ended, or a file is at its limit, these signals would end
 * the program. They are blocked, and removed if our write has caused them.
 */
struct held_signals {
	uint64_t ours;
	uint64_t before; /* the thread's mask, as the kernel has it */
};

#define MASK_BYTES     sizeof(uint64_t)
#define SIGNAL_BIT(at) (UINT64_C(1) << ((at)-1))

static void hold_signals(struct held_signals *held)
{
	uint64_t pending = 0;

	if (confinement.is_filtered)
		return;
	held->ours = SIGNAL_BIT(SIGPIPE) | SIGNAL_BIT(SIGXFSZ);
	(void)raw_call(SYS_rt_sigpending, (long)&pending, MASK_BYTES, 0, 0);
	(void)raw_call(SYS_rt_sigprocmask, SIG_BLOCK, (long)&held->ours,
		       (long)&held->before, MASK_BYTES);
	held->ours &= ~pending;
}

static void release_signals(const struct held_signals *held)
{
	static const struct timespec at_once;

	if (confinement.is_filtered)
		return;
	while (raw_call(SYS_rt_sigtimedwait, (long)&held->ours, 0,
			(long)&at_once, MASK_BYTES) > 0)
		;
	(void)raw_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&held->before, 0,
		       MASK_BYTES);
}

void stderr_text(const char *text)
{
	struct held_signals held;
	size_t bytes = strlen(text);
	ssize_t wrote;

	hold_signals(&held);
	while (bytes && (wrote = raw_write(STDERR_FILENO, text, bytes)) > 0) {
		text += wrote;
		bytes -= (size_t)wrote;
	}
	release_signals(&held);
}

void stderr_count(uint64_t count)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)count);
	stderr_text(digits);
}

/* "PATH+0xOFFSET", the offset in that file. */
static void place_text(uint64_t address, char text[PLACE_BYTES])
{
	const char *path;
	uint64_t offset;

	if (stack_tables_place(address, &path, &offset))
		snprintf(text, PLACE_BYTES, "%s+0x%llx", path,
			 (unsigned long long)offset);
	else
		snprintf(text, PLACE_BYTES, "?+0x%llx",
			 (unsigned long long)address);
}

/*
 * The program clinic is expected in ../bin beside the folder of this library.
 */
static bool find_clinic(char path[PATH_MAX])
{
	uintptr_t bias;
	const char *ours =
		confinement.is_filtered
			? NULL
			: loaded_image_path((uintptr_t)find_clinic, &bias);
	char *slash;

	if (!ours || strlen(ours) >= PATH_MAX - sizeof("/bin/clinic"))
		return false;
	strcpy(path, ours);
	for (int up = 0; up < 2; up++) {
		slash = strrchr(path, '/');
		if (!slash)
			return false;
		*slash = '\0';
	}
	strcat(path, "/bin/clinic");
	return access(path, X_OK) == 0;
}

/*
 * The child gets an environment without our settings, because it must not be
 * watched.
 */
static bool run_clinic(char *const arguments[])
{
	static char path_setting[] = "PATH=/usr/bin:/bin";
	char *environment[] = {path_setting, NULL};
	posix_spawn_file_actions_t actions;
	int error, status;
	pid_t child;

	if (posix_spawn_file_actions_init(&actions))
		return false;
	posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO,
					 STDOUT_FILENO);
	error = posix_spawn(&child, arguments[0], &actions, NULL, arguments,
			    environment);
	posix_spawn_file_actions_destroy(&actions);
	if (error)
		return false;
	return waitpid(child, &status, 0) == child && status == 0;
}

static const char *read_program_path(char path[PATH_MAX])
{
	long bytes = raw_call(SYS_readlinkat, AT_FDCWD, (long)"/proc/self/exe",
			      (long)path, PATH_MAX - 1);

	path[bytes > 0 ? bytes : 0] = '\0';
	return path;
}

void stderr_variable(uint64_t address)
{
	static char program[PATH_MAX], verb[] = "where", option[] = "--data";
	char place[PLACE_BYTES];
	char *arguments[] = {program, verb, option, place, NULL};
	char program_path[PATH_MAX];
	uintptr_t bias;
	const char *path = loaded_image_path(address, &bias);

	if (!path) {
		snprintf(place, sizeof(place), "0x%llx",
			 (unsigned long long)address);
		stderr_text(place);
		return;
	}
	/* The program itself has no name in the loader's list. */
	snprintf(place, sizeof(place), "%s+0x%llx",
		 path[0] ? path : read_program_path(program_path),
		 (unsigned long long)(address - bias));
	if (!find_clinic(program) || !run_clinic(arguments))
		stderr_text(place);
}

void stderr_stack(const struct stack *stack)
{
	static char places[FRAMES_SHOWN][PLACE_BYTES];
	static char program[PATH_MAX], verb[] = "where";
	char *arguments[FRAMES_SHOWN + 3] = {program, verb};
	size_t count = stack->frames_count < FRAMES_SHOWN ? stack->frames_count
							  : FRAMES_SHOWN;

	for (size_t i = 0; i < count; i++) {
		place_text(stack->frames[i], places[i]);
		arguments[i + 2] = places[i];
	}
	if (find_clinic(program) && run_clinic(arguments))
		return;
	for (size_t i = 0; i < count; i++) {
		stderr_text("  ");
		stderr_text(places[i]);
		stderr_text("\n");
	}
}
