/*
 * shared_memory/settings.h - what the library in a target reads from its
 * environment: a collector sets these, or a person (profiler/README.md).
 */
#ifndef CLINIC_SHARED_MEMORY_SETTINGS_H
#define CLINIC_SHARED_MEMORY_SETTINGS_H

#define SETTING_ON "1"

/* A file for the counts at the end; "%p" in it is the process id. */
#define SETTING_COUNTS_FILE "CLINIC_ALLOC_OUT"
/* A folder for arenas that outlive their process, PID.NUMBER each. */
#define SETTING_ARENA_FOLDER "CLINIC_ALLOC_RAW"
/* A process that cannot make a file there uses this: see handover.h. */
#define SETTING_ARENA_HANDOVER "CLINIC_ALLOC_HANDOVER"
/* SETTING_ON: the call stack of each allocation is recorded. */
#define SETTING_STACKS "CLINIC_ALLOC_STACKS"
/* SETTING_ON: each block is followed until it is freed; needs stacks. */
#define SETTING_LIVE "CLINIC_ALLOC_LIVE"
/* A number: only one allocation in so many bytes is followed. */
#define SETTING_SAMPLE_BYTES "CLINIC_ALLOC_SAMPLE_BYTES"
/* "STAGE,STAGE": stages that must not allocate. */
#define SETTING_ZERO_ALLOC "CLINIC_ASSERT_ZERO_ALLOC"
/* SETTING_ON: locks are timed. */
#define SETTING_LOCKS "CLINIC_LOCK"
/*
 * "HZ:FOLDER", where the ring files go, PID.NUMBER each; unset: nothing is
 * written. HZ 0: no samples, only stages.
 */
#define SETTING_SAMPLER          "CLINIC_SAMPLER"
#define SETTING_SAMPLER_HANDOVER "CLINIC_SAMPLER_HANDOVER"

#endif
