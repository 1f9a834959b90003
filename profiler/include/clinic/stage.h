/*
 * clinic/stage.h - name the parts of a program, for their time and allocations.
 *
 *	clinic_stage_begin("dedup");
 *	...
 *	clinic_stage_end("dedup");
 *
 * A mark costs two predictable branches when nothing observes the stages. The
 * harness observes them with --stages (nanoseconds), libclinic-preload.so when
 * it is loaded (allocations, locks, samples). Any position-independent program
 * (PIE, the default on Debian) can use this; nothing needs to be linked. With
 * -no-pie, the linker itself resolves the weak references, so only an observer
 * that is linked into the program sees the stages.
 *
 * Ownership  name must be a string literal, because only its address is kept.
 * Threads    a stage belongs to the thread that began it; stages nest.
 * Signals    must not be called in a signal handler.
 * Read next  clinic/alloc.h, which reads the counts of a stage.
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
