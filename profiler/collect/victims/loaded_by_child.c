/*
 * A child that shares the memory of its parent (vfork) loads the library
 * argv[1], and ends. The kernel reports that mapping only for the child. Then
 * the parent calls plugin_burn() in the library.
 */
#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "known_work.h"

static void *volatile library;

int main(int argc, char **argv)
{
	void (*plugin_burn)(uint64_t duration_ns);
	pid_t child;

	if (argc < 2)
		return 1;
	child = vfork();
	if (child == 0) {
		library = dlopen(argv[1], RTLD_NOW);
		_exit(0);
	}
	if (child < 0 || waitpid(child, NULL, 0) != child || !library)
		return 1;
	*(void **)&plugin_burn = dlsym(library, "plugin_burn");
	plugin_burn(300000000);
	return 0;
}
