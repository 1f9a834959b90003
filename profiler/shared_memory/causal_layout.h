/*
 * shared_memory/causal_layout.h - a virtual speed-up: what is wanted of a
 * program, and what it did.
 *
 * The collector writes the plan to the folder of a run. A process that has
 * loaded the planned file when it starts makes a result, PID.NUMBER, in the
 * same folder, and counts in it until it ends.
 *
 *	   virtual time of a thread = clock - the delays that it has taken
 *
 * Delays     each time that the function is seen running for w ns, all other
 *            threads are to be delayed by w * speedup. A thread takes a delay
 *            by sleeping, by running the function itself, or by waiting for a
 *            thread that has taken it. So all threads agree on the virtual
 *            time when they meet, and it passes as if the function were faster.
 * Writers    signal handlers of all threads at once, by atomic additions.
 * Units      nanoseconds of CLOCK_MONOTONIC and of CPU time; addresses are
 *            ELF virtual addresses of the planned file.
 * Read next  preload/causal/virtual_time.h; collect/causal_run.h
 */
#ifndef CLINIC_SHARED_MEMORY_CAUSAL_LAYOUT_H
#define CLINIC_SHARED_MEMORY_CAUSAL_LAYOUT_H

#include <stdatomic.h>
#include <stdint.h>

#include "shared_memory/arena_layout.h"

/* In the folder; no other file's name begins with a dot. */
#define CAUSAL_PLAN_NAME  ".plan"
#define CAUSAL_RANGES_MAX 4096u

#define CAUSAL_RESULT_MAGIC 0x31756163636c63u /* "clccau1" */

/* Code of the function: its body, its cold parts, and inlined copies. */
struct causal_range {
	uint64_t start, end;
};

struct causal_plan {
	uint64_t device, inode; /* of the file that contains the function */
	uint32_t speedup_percent;
	uint32_t ranges_count;
	char progress[STAGE_NAME_BYTES]; /* a stage; "": none */
	struct causal_range ranges[CAUSAL_RANGES_MAX];
};

struct causal_result {
	uint64_t magic; /* written last */
	uint32_t pid;
	_Atomic uint32_t threads_count;
	_Atomic uint64_t samples_count;
	_Atomic uint64_t function_samples_count;
	_Atomic uint64_t cpu_ns; /* between samples of the same thread */
	_Atomic uint64_t function_cpu_ns;
	_Atomic uint64_t ready_ns;    /* threads were ready, but had no CPU */
	_Atomic uint64_t inserted_ns; /* delays that all threads are to take */
	_Atomic uint64_t slept_ns;    /* all threads, together */
	/* Virtual times. */
	uint64_t begun_ns;
	_Atomic uint64_t ended_ns; /* 0: the process was killed */
	_Atomic uint64_t progress_count;
	_Atomic uint64_t progress_first_ns;
	_Atomic uint64_t progress_last_ns;
};

#endif
