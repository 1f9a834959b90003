/* symbols/debuginfod_client.c - libdebuginfod by dlopen. */
#include "symbols/debuginfod_client.h"

#include <dlfcn.h>
#include <elfutils/debuginfod.h>
#include <errno.h>

typedef int find_file(debuginfod_client *client, const unsigned char *build_id,
		      int size, char **path);

static int find(void *library, const struct clinic_build_id *build_id,
		const char *function, char **path)
{
	debuginfod_client *(*begin)(void);
	void (*end)(debuginfod_client *);
	find_file *ask;
	debuginfod_client *client;
	int fd;

	/* dlsym's pointers to objects: POSIX's own way to get functions. */
	*(void **)&begin = dlsym(library, "debuginfod_begin");
	*(void **)&end = dlsym(library, "debuginfod_end");
	*(void **)&ask = dlsym(library, function);
	if (!begin || !end || !ask)
		return -ENOSYS;
	client = begin();
	if (!client)
		return -ENOMEM;
	fd = ask(client, build_id->bytes, build_id->size, path);
	end(client);
	return fd;
}

int clinic_debuginfod_find(const struct clinic_build_id *build_id,
			   enum clinic_debuginfod_kind kind, char **path)
{
	/* Never closed: curl does not survive it. */
	void *library = dlopen("libdebuginfod.so.1", RTLD_NOW | RTLD_LOCAL);

	if (!library)
		return -ENOSYS;
	return find(library, build_id,
		    kind == CLINIC_DEBUGINFOD_EXECUTABLE
			    ? "debuginfod_find_executable"
			    : "debuginfod_find_debuginfo",
		    path);
}
