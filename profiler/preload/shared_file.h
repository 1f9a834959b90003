/*
 * preload/shared_file.h - memory that the collector reads, as a file in its
 * folder.
 *
 * The file is FOLDER/PID.NUMBER. After an exec, the process uses the next free
 * number. A process that cannot make a file there hands its memory over to the
 * collector instead.
 *
 * Errors     0 or -errno.
 * Signals    may be called in a handler; needs little stack.
 * Read next  shared_memory/handover.h
 */
#ifndef PRELOAD_SHARED_FILE_H
#define PRELOAD_SHARED_FILE_H

#include <stddef.h>

struct handover;

/*
 * Maps that many zeroed bytes, with all their blocks allocated. The caller
 * unmaps them.
 */
int shared_file_open(const char *folder, const struct handover *handover,
		     size_t bytes, void **at);

#endif
