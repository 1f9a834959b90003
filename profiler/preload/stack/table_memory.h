/*
 * preload/stack/table_memory.h - memory for unwind tables, from the kernel.
 *
 * Tables are made in hooks, and the program may have an allocator of its own,
 * whose lock the caller of the hook holds. So the linker replaces the calls of
 * malloc, calloc, realloc, free, strdup and qsort (which allocates, too) in the
 * unwinder by functions of this file (room.mk, --wrap). The hooks define malloc
 * themselves, so their calls are not replaced.
 *
 *	large block   a mapping of its own, which free unmaps
 *	small block   part of a chunk, behind the block before it; free gives
 *	              back only the newest one. Few are freed, because tables
 *	              live as long as the process.
 *
 * Errors     NULL: the kernel has no memory.
 * Threads    one at a time: the thread that holds `preparing` of
 *            stack_tables.c.
 */
#ifndef PRELOAD_STACK_TABLE_MEMORY_H
#define PRELOAD_STACK_TABLE_MEMORY_H

/*
 * To be called in a forked child if another thread was in the middle of a call
 * during the fork: the chunk is not used any more.
 */
void table_memory_restart(void);

#endif
