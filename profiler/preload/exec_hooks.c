/*
 * Interposes the calls by which the program becomes another one or starts one.
 * If that one would end because of this library, it runs without the library.
 */
#include "preload/departure.h"
#include "preload/our_settings.h"
#include <alloca.h>
#include <dlfcn.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

typedef int spawn_call(pid_t *, const char *,
		       const posix_spawn_file_actions_t *,
		       const posix_spawnattr_t *, char *const[], char *const[]);

static struct {
	int (*execve)(const char *, char *const[], char *const[]);
	int (*execvpe)(const char *, char *const[], char *const[]);
	int (*fexecve)(int, char *const[], char *const[]);
	int (*execveat)(int, const char *, char *const[], char *const[], int);
	spawn_call *spawn, *spawnp;
	int (*system)(const char *);
	FILE *(*popen)(const char *, const char *);
} real;

static void find_real(const char *name, void *function)
{
	*(void **)function = dlsym(RTLD_NEXT, name);
}

/* This runs before any fork, because a child of vfork must not call dlsym. */
__attribute__((constructor)) static void find_all(void)
{
	if (real.popen)
		return;
	find_real("execve", &real.execve);
	find_real("execvpe", &real.execvpe);
	find_real("fexecve", &real.fexecve);
	find_real("execveat", &real.execveat);
	find_real("posix_spawn", &real.spawn);
	find_real("posix_spawnp", &real.spawnp);
	find_real("system", &real.system);
	find_real("popen", &real.popen);
}

/* Handles the return of an exec, which only returns when it fails. */
static int come_back(const struct departure *departure, int result)
{
	departure_fails(departure);
	return result;
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
	struct departure departure = departure_to_path(path, environment);

	find_all();
	departure_of_us(&departure);
	return come_back(&departure,
			 departure.is_unfit
				 ? exec_without_us(path, arguments, environment)
				 : real.execve(path, arguments, environment));
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
	struct departure departure = departure_to_name(name, environment);

	find_all();
	departure_of_us(&departure);
	return come_back(
		&departure,
		departure.is_unfit
			? search_without_us(name, arguments, environment)
			: real.execvpe(name, arguments, environment));
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

/* Converts the arguments of an execl to those of an execv. */
#define GATHER(arguments, first, list)                                         \
	do {                                                                   \
		va_start(list, first);                                         \
		(arguments) =                                                  \
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
	struct departure departure;

	name_descriptor(path, fd);
	departure = departure_to_path(path, environment);
	find_all();
	departure_of_us(&departure);
	return come_back(
		&departure,
		departure.is_unfit
			? exec_open_without_us(fd, arguments, environment)
			: real.fexecve(fd, arguments, environment));
}

__attribute__((noinline)) static int
exec_at_without_us(int folder_fd, const char *path, char *const arguments[],
		   char *const environment[], int flags)
{
	char **kept = WITHOUT_US(environment);

	return real.execveat(folder_fd, path, arguments, kept, flags);
}

EXPORT int execveat(int folder_fd, const char *path, char *const arguments[],
		    char *const environment[], int flags)
{
	struct departure departure =
		departure_to_place(folder_fd, path, environment);

	find_all();
	departure_of_us(&departure);
	return come_back(&departure,
			 departure.is_unfit
				 ? exec_at_without_us(folder_fd, path,
						      arguments, environment,
						      flags)
				 : real.execveat(folder_fd, path, arguments,
						 environment, flags));
}

/* What to start, and how: the arguments of both posix_spawn. */
struct spawn {
	spawn_call *call;
	const char *program;
	const posix_spawn_file_actions_t *actions;
	const posix_spawnattr_t *attributes;
	char *const *arguments;
};

static int call_spawn(pid_t *pid, const struct spawn *spawn,
		      char *const environment[])
{
	return spawn->call(pid, spawn->program, spawn->actions,
			   spawn->attributes, spawn->arguments, environment);
}

__attribute__((noinline)) static int spawn_without_us(pid_t *pid,
						      const struct spawn *spawn,
						      char *const environment[])
{
	return call_spawn(pid, spawn, WITHOUT_US(environment));
}

/* pid: the caller's pointer, which may be NULL. */
static int start_program(pid_t *pid, const struct spawn *spawn,
			 const struct departure *departure,
			 char *const environment[])
{
	pid_t started = 0;
	int error = departure->is_unfit
			    ? spawn_without_us(&started, spawn, environment)
			    : call_spawn(&started, spawn, environment);

	if (error)
		return error;
	departure_of_child(departure, started);
	if (pid)
		*pid = started;
	return 0;
}

EXPORT int posix_spawn(pid_t *pid, const char *path,
		       const posix_spawn_file_actions_t *actions,
		       const posix_spawnattr_t *attributes,
		       char *const arguments[], char *const environment[])
{
	struct departure departure = departure_to_path(path, environment);
	struct spawn spawn = {NULL, path, actions, attributes, arguments};

	find_all();
	spawn.call = real.spawn;
	return start_program(pid, &spawn, &departure, environment);
}

EXPORT int posix_spawnp(pid_t *pid, const char *name,
			const posix_spawn_file_actions_t *actions,
			const posix_spawnattr_t *attributes,
			char *const arguments[], char *const environment[])
{
	struct departure departure = departure_to_name(name, environment);
	struct spawn spawn = {NULL, name, actions, attributes, arguments};

	find_all();
	spawn.call = real.spawnp;
	return start_program(pid, &spawn, &departure, environment);
}

/*
 * For system and popen, the C library starts the shell by calls of its own,
 * which no hook sees. The shell gets the program's environment, with our
 * settings or without them.
 */
static void note_shell(void)
{
	struct departure departure = {0};

	if (our_setting_missing_in(environ))
		departure = departure_to_path("/bin/sh", environ);
	departure_of_child(&departure, 0);
}

EXPORT int system(const char *command)
{
	find_all();
	if (command)
		note_shell();
	return real.system(command);
}

EXPORT FILE *popen(const char *command, const char *mode)
{
	find_all();
	note_shell();
	return real.popen(command, mode);
}
