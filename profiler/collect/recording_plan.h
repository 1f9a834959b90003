/*
 * collect/recording_plan.h - what a recording is to do, and its outcome.
 */
#ifndef CLINIC_COLLECT_RECORDING_PLAN_H
#define CLINIC_COLLECT_RECORDING_PLAN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "collect/recorder.h"
#include "sources/arena_source.h"
#include "sources/refusals.h"
#include "sources/event_source.h"
#include "collect/target.h"

enum clinic_backend {
	CLINIC_BACKEND_AUTO,
	CLINIC_BACKEND_PERF,
	CLINIC_BACKEND_TIMER,
	CLINIC_BACKEND_NONE /* no CPU samples, only allocations or locks */
};

struct clinic_recording_plan {
	enum clinic_backend backend;
	uint32_t frequency_hz;
	char *const *argv; /* to launch; or NULL */
	/* Process ids and names to attach to, when there is no argv. */
	const char *const *processes;
	size_t processes_count;
	double duration_s;   /* 0: until the target ends */
	const char *preload; /* libclinic-preload.so, for the timer backend */
	/* Allocations and locks to record in a launched target; or NULL. */
	const struct clinic_arena_plan *alloc;
	bool use_debuginfod;
	/* Also times off the CPU, where perf samples; elsewhere a note says
	 * that they could not be recorded. */
	bool with_off_cpu;
	/* Loads the library for clinic/stage.h even where perf samples. */
	bool with_stages;
};

/* The step of a recording that failed. */
enum clinic_recording_step {
	CLINIC_STEP_BACKEND, /* no backend works: see the refusals */
	CLINIC_STEP_LAUNCH,  /* of the command */
	CLINIC_STEP_ATTACH,  /* to the process */
	CLINIC_STEP_MEASURE, /* out of memory, mostly */
	CLINIC_STEP_NAME,
};

struct clinic_recording_outcome {
	enum clinic_recording_step failed; /* set when there is an error */
	bool has_measured;
	/* Why the library was kept out of a launched target, or NULL. */
	const char *unfit;
	const char *missing; /* the word that no process fits; or NULL */
	int stopped_by;      /* the signal that ended it; 0: none */
	struct clinic_refusals refusals;
	struct clinic_source_facts source;
	struct clinic_recorder_counts counts;
	/* The target; a launched one may still run. */
	struct clinic_target target;
};

#endif
