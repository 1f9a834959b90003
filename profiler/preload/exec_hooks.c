/*
 * The calls by which the program becomes another one, or starts one: where
 * that one would end with this library, it goes without.
 */
#include "preload/cancellation.h"
#include "preload/confinement.h"
#include "preload/stack/spare_stack.h"
#include "preload/unseen.h"
#include "shared_memory/preloadable.h"
#include <alloca.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EXPORT  __attribute__((visibility("default")))
#define SETTING "LD_PRELOAD="

static const char library[] = "libclinic-preload.so";

typedef int spawn_call(pid_t *, const char *,
		       const posix_spawn_file_actions_t *,
		       const posix_spawnattr_t *, char *const[], char *const[]);

static struct {
	int (*execve)(const char *, char *const[], char *const[]);
	int (*execvpe)(const char *, char *const[], char *const[]);
	int (*fexecve)(int, char *const[], char *const[]);
	int (*execveat)(int, const char *, char *const[], char *const[], int);
	spawn_call *spawn, *spawnp;
} real;

static void find_real(const char *name, void *function)
{
	*(void **)function = dlsym(RTLD_NEXT, name);
}

/* Before any fork: a child of vfork must not come to dlsym. */
__attribute__((constructor)) static void find_all(void)
{
	if (real.spawnp)
		return;
	find_real("execve", &real.execve);
	find_real("execvpe", &real.execvpe);
	find_real("fexecve", &real.fexecve);
	find_real("execveat", &real.execveat);
	find_real("posix_spawn", &real.spawn);
	find_real("posix_spawnp", &real.spawnp);
}

static size_t count_texts(char *const texts[])
{
	size_t count = 0;

	while (texts && texts[count])
		count++;
	return count;
}

static bool is_preload(const char *setting)
{
	return strncmp(setting, SETTING, sizeof(SETTING) - 1) == 0;
}

static const char *preloads_of(char *const environment[])
{
	for (; environment && *environment; environment++)
		if (is_preload(*environment))
			return *environment + sizeof(SETTING) - 1;
	return "";
}

/* What LD_PRELOAD names but us. */
static void write_others(char *to, const char *list)
{
	to = stpcpy(to, SETTING);
	while (*list) {
		size_t length = strcspn(list, ": ");

		if (length &&
		    !memmem(list, length, library, sizeof(library) - 1)) {
			if (to[-1] != '=')
				*to++ = ':';
			memcpy(to, list, length);
			to += length;
		}
		list += length;
		list += *list != '\0';
	}
	*to = '\0';
}

/* `kept` has room for all settings, `others` for the one of LD_PRELOAD. */
static char **leave_us_out(char *const environment[], char **kept, char *others)
{
	char **end = kept;

	write_others(others, preloads_of(environment));
	for (; environment && *environment; environment++)
		if (!is_preload(*environment))
			*end++ = *environment;
	if (others[sizeof(SETTING) - 1])
		*end++ = others;
	*end = NULL;
	return kept;
}

/*
 * On the stack, as in the C library: there may be no other memory in a child
 * of vfork.
 */
#define WITHOUT_US(environment)                                                \
	leave_us_out(                                                          \
		environment,                                                   \
		alloca((count_texts(environment) + 2) * sizeof(char *)),       \
		alloca(sizeof(SETTING) + strlen(preloads_of(environment))))

/* A program, and whether it would end with us in it. */
struct candidate {
	const char *program;
	int folder_fd; /* where it is, for those that name one */
	bool is_unfit;
};

static void judge_path(void *judged)
{
	struct candidate *candidate = judged;
	const char *why = clinic_unfit_for_preload(candidate->program);

	if (why)
		unseen_note_unfit(candidate->program, why);
	candidate->is_unfit = why != NULL;
}

static void judge_name(void *judged)
{
	struct candidate *candidate = judged;
	char path[PATH_MAX];
	struct candidate found = {.program = path};

	if (clinic_find_program(candidate->program, path))
		judge_path(&found);
	candidate->is_unfit = found.is_unfit;
}

static bool judge(void (*judgement)(void *), struct candidate candidate,
		  char *const environment[])
{
	int before = cancellation_pause();
	int saved_errno = errno;

	find_all();
	if (strstr(preloads_of(environment), library) &&
	    !confinement.is_filtered)
		spare_stack_call(judgement, &candidate);
	errno = saved_errno;
	cancellation_resume(before);
	return candidate.is_unfit;
}

/* Whether that program would end with us in it. */
static bool is_unfit(const char *path, char *const environment[])
{
	return judge(judge_path, (struct candidate){.program = path},
		     environment);
}

/* The same of a name that is looked up. */
static bool is_unfit_name(const char *name, char *const environment[])
{
	return judge(judge_name, (struct candidate){.program = name},
		     environment);
}

__attribute__((noinline)) static int exec_without_us(const char *path,
						     char *const arguments[],
						     char *const environment[])
{
	char **kept = WITHOUT_US(environment);

	return real.execve(path, arguments, kept);
}

EXPORT int execve(const char *path, char *const arguments[],
		  char *const environment[])
{
	return is_unfit(path, environment)
		       ? exec_without_us(path, arguments, environment)
		       : real.execve(path, arguments, environment);
}

EXPORT int execv(const char *path, char *const arguments[])
{
	return execve(path, arguments, environ);
}

__attribute__((noinline)) static int
search_without_us(const char *name, char *const arguments[],
		  char *const environment[])
{
	char **kept = WITHOUT_US(environment);

	return real.execvpe(name, arguments, kept);
}

EXPORT int execvpe(const char *name, char *const arguments[],
		   char *const environment[])
{
	return is_unfit_name(name, environment)
		       ? search_without_us(name, arguments, environment)
		       : real.execvpe(name, arguments, environment);
}

EXPORT int execvp(const char *name, char *const arguments[])
{
	return execvpe(name, arguments, environ);
}

static size_t count_arguments(va_list list)
{
	size_t count = 1;

	while (va_arg(list, const char *))
		count++;
	return count;
}

static void copy_arguments(char **to, const char *first, va_list list)
{
	*to++ = (char *)(uintptr_t)first;
	while ((*to++ = va_arg(list, char *)))
		;
}

/* The arguments of an execl, as those of an execv. */
#define GATHER(arguments, first, list)                                         \
	do {                                                                   \
		va_start(list, first);                                         \
		arguments =                                                    \
			alloca((count_arguments(list) + 1) * sizeof(char *));  \
		va_end(list);                                                  \
		va_start(list, first);                                         \
		copy_arguments(arguments, first, list);                        \
	} while (0)

EXPORT int execl(const char *path, const char *first, ...)
{
	char **arguments;
	va_list list;

	GATHER(arguments, first, list);
	va_end(list);
	return execve(path, arguments, environ);
}

EXPORT int execlp(const char *name, const char *first, ...)
{
	char **arguments;
	va_list list;

	GATHER(arguments, first, list);
	va_end(list);
	return execvpe(name, arguments, environ);
}

EXPORT int execle(const char *path, const char *first, ...)
{
	char *const *environment;
	char **arguments;
	va_list list;

	GATHER(arguments, first, list);
	environment = va_arg(list, char *const *);
	va_end(list);
	return execve(path, arguments, environment);
}

__attribute__((noinline)) static int
exec_open_without_us(int fd, char *const arguments[], char *const environment[])
{
	char **kept = WITHOUT_US(environment);

	return real.fexecve(fd, arguments, kept);
}

static void name_descriptor(char path[64], int fd)
{
	snprintf(path, 64, "/proc/self/fd/%d", fd);
}

EXPORT int fexecve(int fd, char *const arguments[], char *const environment[])
{
	char path[64];

	name_descriptor(path, fd);
	return is_unfit(path, environment)
		       ? exec_open_without_us(fd, arguments, environment)
		       : real.fexecve(fd, arguments, environment);
}

__attribute__((noinline)) static int
exec_at_without_us(int folder_fd, const char *path, char *const arguments[],
		   char *const environment[], int flags)
{
	char **kept = WITHOUT_US(environment);

	return real.execveat(folder_fd, path, arguments, kept, flags);
}

static void judge_place(void *judged)
{
	struct candidate *candidate = judged;
	const char *path = candidate->program;
	char whole[PATH_MAX + 64];
	struct candidate named = {.program = whole};

	if (path[0] == '/' || candidate->folder_fd == AT_FDCWD)
		snprintf(whole, sizeof(whole), "%s", path);
	else
		snprintf(whole, sizeof(whole), "/proc/self/fd/%d%s%s",
			 candidate->folder_fd, path[0] ? "/" : "", path);
	judge_path(&named);
	candidate->is_unfit = named.is_unfit;
}

static bool is_unfit_at(int folder_fd, const char *path,
			char *const environment[])
{
	return judge(
		judge_place,
		(struct candidate){.program = path, .folder_fd = folder_fd},
		environment);
}

EXPORT int execveat(int folder_fd, const char *path, char *const arguments[],
		    char *const environment[], int flags)
{
	return is_unfit_at(folder_fd, path, environment)
		       ? exec_at_without_us(folder_fd, path, arguments,
					    environment, flags)
		       : real.execveat(folder_fd, path, arguments, environment,
				       flags);
}

/* What to start, and how: the arguments of both posix_spawn. */
struct spawn {
	spawn_call *call;
	const char *program;
	const posix_spawn_file_actions_t *actions;
	const posix_spawnattr_t *attributes;
	char *const *arguments;
};

__attribute__((noinline)) static int spawn_without_us(pid_t *pid,
						      const struct spawn *spawn,
						      char *const environment[])
{
	char **kept = WITHOUT_US(environment);

	return spawn->call(pid, spawn->program, spawn->actions,
			   spawn->attributes, spawn->arguments, kept);
}

EXPORT int posix_spawn(pid_t *pid, const char *path,
		       const posix_spawn_file_actions_t *actions,
		       const posix_spawnattr_t *attributes,
		       char *const arguments[], char *const environment[])
{
	struct spawn spawn = {NULL, path, actions, attributes, arguments};

	find_all();
	spawn.call = real.spawn;
	if (is_unfit(path, environment))
		return spawn_without_us(pid, &spawn, environment);
	return real.spawn(pid, path, actions, attributes, arguments,
			  environment);
}

EXPORT int posix_spawnp(pid_t *pid, const char *name,
			const posix_spawn_file_actions_t *actions,
			const posix_spawnattr_t *attributes,
			char *const arguments[], char *const environment[])
{
	struct spawn spawn = {NULL, name, actions, attributes, arguments};

	find_all();
	spawn.call = real.spawnp;
	if (is_unfit_name(name, environment))
		return spawn_without_us(pid, &spawn, environment);
	return real.spawnp(pid, name, actions, attributes, arguments,
			   environment);
}
