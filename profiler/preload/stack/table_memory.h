/*
 * preload/stack/table_memory.h - memory for unwind tables, from the kernel.
 *
 * Tables are made in hooks, and the allocator may be a program's own, whose
 * lock the hook's caller holds. The linker directs what the unwinder asks of
 * malloc, realloc, free, strdup and qsort (which allocates, too) to here
 * (room.mk, --wrap). The hooks themselves define malloc and are not concerned.
 *
 *	large block   a mapping of its own, unmapped by free
 *	small block   of a chunk, one after the other; the last one only can be
 *	              given back. Little is: tables live as long as the process.
 *
 * Errors     NULL: the kernel gave none.
 * Threads    one at a time: who holds `preparing` of stack_tables.c.
 */
#ifndef PRELOAD_STACK_TABLE_MEMORY_H
#define PRELOAD_STACK_TABLE_MEMORY_H

/* In a forked child: whoever was in the middle of a call is not here. */
void table_memory_restart(void);

#endif
