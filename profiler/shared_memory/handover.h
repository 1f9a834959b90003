/*
 * shared_memory/handover.h - how a process that cannot make a file in the
 * folder of a recording hands its shared memory over all the same.
 *
 * A worker that gave up its privileges, or has another root, is shut out of
 * the folder. It makes nameless memory instead, connects to the collector's
 * socket, whose name needs no rights and no file system, and sends the
 * descriptor with the secret from its environment. It never waits.
 *
 *	setting = "NAME SECRET"        NAME of an abstract Unix socket
 *	message = SECRET, and a descriptor
 *
 * Processes in another network namespace cannot reach that socket.
 *
 * Read next  preload/hand_over.h, who sends; sources/handover_door.h, who
 *            receives.
 */
#ifndef CLINIC_SHARED_MEMORY_HANDOVER_H
#define CLINIC_SHARED_MEMORY_HANDOVER_H

#define HANDOVER_NAME_BYTES   48u
#define HANDOVER_SECRET_BYTES 32u /* in hexadecimal digits, without a NUL */

#endif
