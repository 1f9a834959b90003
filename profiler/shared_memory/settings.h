/*
 * shared_memory/settings.h - the environment variables that the library in a
 * target reads.
 *
 * A collector sets these, or a person (profiler/README.md).
 */
#ifndef CLINIC_SHARED_MEMORY_SETTINGS_H
#define CLINIC_SHARED_MEMORY_SETTINGS_H

#define SETTING_ON "1"

/*
 * The file to which the counts are written at the end; "%p" in its path becomes
 * the process id.
 */
#define SETTING_COUNTS_FILE "CLINIC_ALLOC_OUT"
/*
 * The folder for arenas that outlive their process; their names are PID.NUMBER.
 */
#define SETTING_ARENA_FOLDER "CLINIC_ALLOC_RAW"
/* Where a process that cannot make a file there sends it: see handover.h. */
#define SETTING_ARENA_HANDOVER "CLINIC_ALLOC_HANDOVER"
/* SETTING_ON: the call stack of each allocation is recorded. */
#define SETTING_STACKS "CLINIC_ALLOC_STACKS"
/* SETTING_ON: each block is followed until it is freed; needs stacks. */
#define SETTING_LIVE "CLINIC_ALLOC_LIVE"
/* A number N: on average, one allocation in N bytes is followed. */
#define SETTING_SAMPLE_BYTES "CLINIC_ALLOC_SAMPLE_BYTES"
/* "STAGE,STAGE": stages that must not allocate. */
#define SETTING_ZERO_ALLOC "CLINIC_ASSERT_ZERO_ALLOC"
/* SETTING_ON: locks are timed. */
#define SETTING_LOCKS "CLINIC_LOCK"
/*
 * "HZ:FOLDER": samples per second, and where the ring files are made,
 * PID.NUMBER. HZ 0: no samples, only stages. Without this setting, nothing is
 * written.
 */
#define SETTING_SAMPLER          "CLINIC_SAMPLER"
#define SETTING_SAMPLER_HANDOVER "CLINIC_SAMPLER_HANDOVER"
/* A folder with a plan, for results of a virtual speed-up: causal_layout.h. */
#define SETTING_CAUSAL          "CLINIC_CAUSAL"
#define SETTING_CAUSAL_HANDOVER "CLINIC_CAUSAL_HANDOVER"

#endif
