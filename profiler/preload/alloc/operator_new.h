/*
 * preload/alloc/operator_new.h - whether new and delete call malloc and free.
 *
 * Those of the C++ library do, so the hooks see them. Allocator libraries
 * (tcmalloc, jemalloc, mimalloc) define operators of their own that do not.
 *
 * Threads    to be called while the process has one thread, because it takes
 *            the loader's lock.
 * Read next  collect/arena_findings.c, which reports this to the user.
 */
#ifndef PRELOAD_ALLOC_OPERATOR_NEW_H
#define PRELOAD_ALLOC_OPERATOR_NEW_H

#include <stdbool.h>

bool operator_new_bypasses_malloc(void);

#endif
