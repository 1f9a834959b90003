/*
 * starts_program HOW PROGRAM [bare]: becomes that program, or starts it and
 * exits with its code. HOW names the call. The program gets the argument "x",
 * except by system and popen, and the environment; with "bare", an empty one.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char argument[] = "x";
static char *empty[] = {NULL};

static int exit_code(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run_by_popen(const char *program)
{
	FILE *output = popen(program, "w");

	return output ? exit_code(pclose(output)) : 126;
}

static int spawn(const char *how, const char *program, char *const *arguments)
{
	int error, status;
	pid_t pid;

	error = strcmp(how, "posix_spawn")
			? posix_spawnp(&pid, program, NULL, NULL, arguments,
				       environ)
			: posix_spawn(&pid, program, NULL, NULL, arguments,
				      environ);
	if (error || waitpid(pid, &status, 0) != pid)
		return 126;
	return exit_code(status);
}

static int in_child_of_vfork(const char *program, char *const *arguments)
{
	int status;
	pid_t pid = vfork();

	if (pid == 0) {
		execve(program, arguments, environ);
		_exit(126);
	}
	return waitpid(pid, &status, 0) == pid ? exit_code(status) : 126;
}

static void become(const char *how, const char *program, char *const *arguments)
{
	if (!strcmp(how, "execve"))
		execve(program, arguments, environ);
	if (!strcmp(how, "execv"))
		execv(program, arguments);
	if (!strcmp(how, "execvp"))
		execvp(program, arguments);
	if (!strcmp(how, "execvpe"))
		execvpe(program, arguments, environ);
	if (!strcmp(how, "execl"))
		execl(program, program, argument, (char *)NULL);
	if (!strcmp(how, "execlp"))
		execlp(program, program, argument, (char *)NULL);
	if (!strcmp(how, "execle"))
		execle(program, program, argument, (char *)NULL, environ);
	if (!strcmp(how, "fexecve"))
		fexecve(open(program, O_RDONLY), arguments, environ);
	if (!strcmp(how, "execveat"))
		execveat(AT_FDCWD, program, arguments, environ, 0);
}

int main(int argc, char **argv)
{
	char *arguments[] = {argc > 2 ? argv[2] : NULL, argument, NULL};

	if (argc < 3)
		return 2;
	if (argc > 3)
		environ = empty;
	if (!strncmp(argv[1], "posix_spawn", 11))
		return spawn(argv[1], argv[2], arguments);
	if (!strcmp(argv[1], "vfork"))
		return in_child_of_vfork(argv[2], arguments);
	if (!strcmp(argv[1], "system"))
		return exit_code(system(argv[2]));
	if (!strcmp(argv[1], "popen"))
		return run_by_popen(argv[2]);
	become(argv[1], argv[2], arguments);
	return 126;
}
