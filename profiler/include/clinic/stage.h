/*
 * clinic/stage.h - name the parts of a program, for time and allocations.
 *
 *	clinic_stage_begin("dedup");
 *	...
 *	clinic_stage_end("dedup");
 *
 * Costs two predictable branches when nobody listens. The harness listens
 * under --stages (nanoseconds); libclinic-preload.so listens when loaded
 * (allocations). Usable in any position-independent program (PIE, the default
 * on Debian): nothing needs to be linked. With -no-pie the linker settles the
 * weak references itself, and only what is linked in can listen.
 *
 * Ownership  name must be a string literal: it is kept by address.
 * Threads    a stage belongs to the thread that began it; stages nest.
 * Signals    not to be called from a signal handler.
 * Read next  clinic/alloc.h, what the counter tells about a stage.
 */
#ifndef CLINIC_STAGE_H
#define CLINIC_STAGE_H

#define CLINIC_WEAK __attribute__((weak))

#ifdef __cplusplus
extern "C" {
#endif

CLINIC_WEAK extern void clinic_harness_stage_begin(const char *name);
CLINIC_WEAK extern void clinic_harness_stage_end(const char *name);
CLINIC_WEAK extern void clinic_preload_stage_begin(const char *name);
CLINIC_WEAK extern void clinic_preload_stage_end(const char *name);

static inline void clinic_stage_begin(const char *name)
{
	if (clinic_preload_stage_begin)
		clinic_preload_stage_begin(name);
	if (clinic_harness_stage_begin)
		clinic_harness_stage_begin(name);
}

static inline void clinic_stage_end(const char *name)
{
	if (clinic_harness_stage_end)
		clinic_harness_stage_end(name);
	if (clinic_preload_stage_end)
		clinic_preload_stage_end(name);
}

#ifdef __cplusplus
}
#endif

#endif
