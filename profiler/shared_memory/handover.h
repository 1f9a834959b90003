/*
 * shared_memory/handover.h - how a process that cannot make a file in the
 * folder of a recording hands its shared memory over.
 *
 * A worker that gave up its privileges, or that has another root folder, cannot
 * make a file there. It makes memory without a name instead, connects to the
 * collector's socket, and sends the descriptor of the memory with the secret
 * from its environment. The name of the socket is abstract, so it needs no
 * permissions and no file system. The process never waits.
 *
 *	setting = "NAME SECRET"        NAME of an abstract Unix socket
 *	message = SECRET, and a descriptor
 *
 * Processes in another network namespace cannot reach that socket.
 *
 * Read next  preload/hand_over.h, the sender; sources/handover_door.h, the
 *            receiver.
 */
#ifndef CLINIC_SHARED_MEMORY_HANDOVER_H
#define CLINIC_SHARED_MEMORY_HANDOVER_H

#define HANDOVER_NAME_BYTES   48u
#define HANDOVER_SECRET_BYTES 32u /* hexadecimal digits, without a NUL */

#endif
