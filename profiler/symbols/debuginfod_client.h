/*
 * symbols/debuginfod_client.h - files by build-id, from debuginfod servers.
 *
 * The library is loaded when first asked: it brings curl and a TLS stack,
 * which no other run of the program should pay for. Nothing else here talks
 * to a network, and libdwfl, which would, is not used.
 *
 * A descriptor for the caller to close, or -errno: -ENOSYS no library or no
 * server in DEBUGINFOD_URLS; -ENOENT no server has it.
 */
#ifndef CLINIC_SYMBOLS_DEBUGINFOD_CLIENT_H
#define CLINIC_SYMBOLS_DEBUGINFOD_CLIENT_H

#include "symbols/build_id.h"

enum clinic_debuginfod_kind {
	CLINIC_DEBUGINFOD_DEBUGINFO,
	CLINIC_DEBUGINFOD_EXECUTABLE
};

/* path: where the client cached it, for the caller to free(). */
int clinic_debuginfod_find(const struct clinic_build_id *build_id,
			   enum clinic_debuginfod_kind kind, char **path);

/*
 * From now on nothing is asked for, and what is being waited for ends within
 * a second: with -EINTR. Safe in signal handlers.
 */
void clinic_debuginfod_stop(void);

#endif
