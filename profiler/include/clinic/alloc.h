/*
 * clinic/alloc.h - ask the allocation counter from inside the program.
 *
 * The functions are weak: NULL unless libclinic-preload.so is loaded.
 *
 * Units      _count is calls, _bytes is bytes asked for (not usable size).
 *            A realloc that succeeds is one allocation and one free.
 * Errors     -ENOENT: no such stage was ever begun.
 * Threads    safe from any thread; the totals of running threads may lag by
 *            the call they are in.
 * Signals    not to be called from a signal handler.
 * Read next  profiler/README.md, the counter's output file.
 */
#ifndef CLINIC_ALLOC_H
#define CLINIC_ALLOC_H

#include <clinic/stage.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct clinic_alloc_counts {
	uint64_t allocations_count;
	uint64_t frees_count;
	uint64_t allocated_bytes;
};

/* All threads together since the program began; stage NULL: everything. */
CLINIC_WEAK extern int
clinic_preload_counts(const char *stage, struct clinic_alloc_counts *counts);

#ifdef __cplusplus
}
#endif

#endif
