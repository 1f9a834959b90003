/*
 * Known answer: below main is unwind_plugin_work, a function of a library that
 * is loaded, called and unloaded again all the time. This file is built twice:
 * as the program and, with UNWIND_PLUGIN, as the library.
 */
#include <dlfcn.h>
#include <libgen.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifdef UNWIND_PLUGIN

uint64_t unwind_plugin_work(unsigned int turns);

__attribute__((noinline)) static uint64_t spin(unsigned int turns)
{
	volatile uint64_t sum = 0;

	for (unsigned int i = 0; i < turns; i++)
		sum += i;
	return sum;
}

uint64_t unwind_plugin_work(unsigned int turns)
{
	return spin(turns) + spin(turns / 2);
}

#else

static int run_plugin(const char *path)
{
	void *plugin = dlopen(path, RTLD_NOW);
	uint64_t (*work)(unsigned int);
	void *symbol;

	if (!plugin)
		return 1;
	symbol = dlsym(plugin, "unwind_plugin_work");
	memcpy(&work, &symbol, sizeof(work));
	work(300000);
	return dlclose(plugin);
}

int main(void)
{
	char program[PATH_MAX] = "", path[PATH_MAX + 32];

	if (readlink("/proc/self/exe", program, sizeof(program) - 1) < 0)
		return 1;
	snprintf(path, sizeof(path), "%s/unwind_plugin.so", dirname(program));
	for (int i = 0; i < 20000; i++)
		if (run_plugin(path))
			return 1;
	return 0;
}

#endif
