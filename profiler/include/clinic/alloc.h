/*
 * clinic/alloc.h - read the counts of allocations from inside the program.
 *
 * The function is weak: its address is NULL unless libclinic-preload.so is
 * loaded.
 *
 * Units      _count is the number of calls, _bytes the bytes that were asked
 *            for (not the usable size). A realloc that succeeds is one
 *            allocation and one free.
 * Errors     0, or -ENOENT: no stage of this name has ever begun.
 * Threads    any; a call that another thread is just making may not be counted
 *            yet.
 * Signals    must not be called in a signal handler.
 * Read next  profiler/README.md, which describes the counter's output file.
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

/*
 * Sums over all threads since the program began. stage NULL: the whole program.
 */
CLINIC_WEAK extern int
clinic_preload_counts(const char *stage, struct clinic_alloc_counts *counts);

#ifdef __cplusplus
}
#endif

#endif
