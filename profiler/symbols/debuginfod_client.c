/* Asks debuginfod servers for files, through a library loaded by dlopen. */
#include "symbols/debuginfod_client.h"

#include <dlfcn.h>
#include <elfutils/debuginfod.h>
#include <errno.h>
#include <signal.h>

typedef int find_file(debuginfod_client *client, const unsigned char *build_id,
		      int size, char **path);

static volatile sig_atomic_t is_stopped;

void clinic_debuginfod_stop(void)
{
	is_stopped = 1;
}

/*
 * Called while we wait for a server. A result that is not 0 ends the waiting.
 */
static int on_progress(debuginfod_client *client, long done, long of)
{
	(void)client;
	(void)done;
	(void)of;
	return is_stopped;
}

static int find(void *library, const struct clinic_build_id *build_id,
		const char *function, char **path)
{
	debuginfod_client *(*begin)(void);
	void (*end)(debuginfod_client *);
	void (*set_progress)(debuginfod_client *, debuginfod_progressfn_t);
	find_file *ask;
	debuginfod_client *client;
	int fd;

	/* POSIX itself recommends this conversion to a function. */
	*(void **)&begin = dlsym(library, "debuginfod_begin");
	*(void **)&end = dlsym(library, "debuginfod_end");
	*(void **)&ask = dlsym(library, function);
	*(void **)&set_progress = dlsym(library, "debuginfod_set_progressfn");
	if (!begin || !end || !ask || !set_progress)
		return -ENOSYS;
	client = begin();
	if (!client)
		return -ENOMEM;
	set_progress(client, on_progress);
	fd = ask(client, build_id->bytes, build_id->size, path);
	end(client);
	return fd;
}

int clinic_debuginfod_find(const struct clinic_build_id *build_id,
			   enum clinic_debuginfod_kind kind, char **path)
{
	/* The library is never closed, because curl cannot be unloaded. */
	void *library = dlopen("libdebuginfod.so.1", RTLD_NOW | RTLD_LOCAL);

	if (is_stopped)
		return -EINTR;
	if (!library)
		return -ENOSYS;
	return find(library, build_id,
		    kind == CLINIC_DEBUGINFOD_EXECUTABLE
			    ? "debuginfod_find_executable"
			    : "debuginfod_find_debuginfo",
		    path);
}
