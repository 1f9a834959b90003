/*
 * preload/alloc/operator_new.h - whether C++ goes past malloc.
 *
 * new and delete call malloc and free, and are seen there. Allocator libraries
 * (tcmalloc, jemalloc, mimalloc) have some of their own that do not.
 *
 * Threads    to be asked once, before there are others: it takes the loader's
 *            lock.
 * Read next  collect/arena_findings.h, where it is said.
 */
#ifndef PRELOAD_ALLOC_OPERATOR_NEW_H
#define PRELOAD_ALLOC_OPERATOR_NEW_H

#include <stdbool.h>

bool operator_new_bypasses_malloc(void);

#endif
