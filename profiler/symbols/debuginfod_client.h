/*
 * symbols/debuginfod_client.h - files by build-id, from debuginfod servers.
 *
 * The library is loaded for the first request, because it loads curl and a TLS
 * library, too, for which no other run of the program should pay. No other code
 * of clinic uses a network; libdwfl, which would, is not used.
 *
 * Errors     a descriptor, which the caller closes, or -errno: -ENOSYS without
 *            the library or without a server in DEBUGINFOD_URLS; -ENOENT when
 *            no server has the file.
 */
#ifndef CLINIC_SYMBOLS_DEBUGINFOD_CLIENT_H
#define CLINIC_SYMBOLS_DEBUGINFOD_CLIENT_H

#include "symbols/build_id.h"

enum clinic_debuginfod_kind {
	CLINIC_DEBUGINFOD_DEBUGINFO,
	CLINIC_DEBUGINFOD_EXECUTABLE
};

/* path: where the client has stored the file; the caller frees it. */
int clinic_debuginfod_find(const struct clinic_build_id *build_id,
			   enum clinic_debuginfod_kind kind, char **path);

/*
 * Stops all requests: those that wait end within a second with -EINTR, and no
 * other begins. Safe in signal handlers.
 */
void clinic_debuginfod_stop(void);

#endif
