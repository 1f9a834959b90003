/*
 * session/rows.h - what a session consists of: tables of fixed rows.
 *
 * A row refers to another table by row number (_id). Row 0 of strings,
 * stacks, frames, libraries, threads and stages means "none" or "unknown"
 * and always exists, so a zeroed row is a valid one.
 *
 * Units      _ns is nanoseconds of CLOCK_MONOTONIC (instants) or of time
 *            passed (durations); _bytes and _count are plain numbers.
 * Layout     rows have no padding: interning compares them as bytes.
 * Read next  session.h, which adds and reads rows; FORMAT.md, the file;
 *            schema.c, which describes each column to reader and writer.
 */
#ifndef CLINIC_SESSION_ROWS_H
#define CLINIC_SESSION_ROWS_H

#include <stdint.h>

#include "foundation/symbol_tier.h"

/* This limit and CLINIC_ROWS_MAX bound the memory that a hostile file takes. */
#define CLINIC_BYTES_MAX (1ull << 30) /* of a whole session */

/* A mapped file, "[kernel]" or "[vdso]"; interned. */
struct clinic_library {
	uint32_t path_id;     /* string */
	uint32_t build_id_id; /* string, lower-case hex; 0: none */
};

/* One function at one address; interned. */
struct clinic_frame {
	uint32_t function_id; /* string, demangled; 0: not named */
	uint32_t file_id;     /* string: source file */
	uint32_t line;        /* being executed, or of the call; 0: unknown */
	uint32_t library_id;
	uint64_t address; /* ELF virtual address in the library, as objdump
			   * shows it; absolute for the kernel */
	uint32_t tier;    /* enum clinic_tier */
	uint32_t inlined; /* 1: inlined into the frame below it */
	uint32_t defined_file_id; /* string: where the function is defined, */
	uint32_t defined_line;    /* which may be another file; 0: unknown */
};

/* A call stack is its innermost frame and the stack that called it. */
struct clinic_stack {
	uint32_t parent_id; /* stack, always a smaller number; 0: the root */
	uint32_t frame_id;
};

/* Interned by pid, tid and name: after an exec a thread has a second row. */
struct clinic_thread {
	uint32_t pid;
	uint32_t tid;
	uint32_t name_id; /* string */
	uint32_t reserved;
};

struct clinic_stage_name {
	uint32_t name_id; /* string */
};

enum {
	CLINIC_SAMPLE_TRUNCATED = 1, /* the walk ended before the entry */
	CLINIC_SAMPLE_GUESSED = 2,   /* a frame was found by heuristics */
	CLINIC_SAMPLE_KERNEL = 4,    /* taken in kernel mode */
	/* Why it is truncated or guessed: a signal handler runs on its own
	 * stack (sigaltstack), the code that it interrupted on another. */
	CLINIC_SAMPLE_ALTERNATE_STACK = 8,
	/* Only waits have these. */
	CLINIC_SAMPLE_PREEMPTED = 8,    /* the thread could have run */
	CLINIC_SAMPLE_APPROXIMATE = 16, /* the stack is the last sample's, or
					 * unknown */
};

/* One tick of a sampler, or (table waits) one time off the CPU. */
struct clinic_sample {
	uint64_t time_ns;
	uint64_t weight_ns; /* the CPU time, or waiting time, it stands for */
	uint32_t thread_id;
	uint32_t stack_id;
	uint32_t stage_id;
	uint16_t cpu;
	uint16_t flags; /* CLINIC_SAMPLE_*; 0: complete, in user mode */
};

/* How long a thread's times on and off the CPU were watched. */
struct clinic_lifetime {
	uint64_t watched_ns;
	uint32_t thread_id;
	uint32_t reserved;
};

/* Allocations with the same stack, stage and thread. */
struct clinic_allocation {
	uint32_t stack_id;
	uint32_t stage_id;
	uint32_t thread_id;
	uint32_t reserved;
	uint64_t allocations_count;
	uint64_t frees_count;  /* of these blocks, wherever they were freed */
	uint64_t bytes;        /* asked for */
	uint64_t peak_bytes;   /* live at the peak of the process */
	uint64_t leaked_count; /* live at exit */
	uint64_t leaked_bytes;
	uint64_t temporary_count; /* freed before the thread's next one */
	uint64_t lifetime_ns;     /* sum over freed blocks */
};

/*
 * What changed at a call site between two readings. Over a whole run, the
 * changes add up to the row of allocations with the same stack, stage and
 * thread. Frees are the exception: they belong to the thread that freed.
 */
struct clinic_allocation_change {
	uint64_t time_ns; /* of the later look */
	uint64_t allocations_count;
	uint64_t bytes;
	uint64_t frees_count;
	uint64_t freed_bytes;
	uint32_t stack_id;
	uint32_t stage_id;
	uint32_t thread_id;
	uint32_t reserved;
};

/* How large the allocations of a stage were. */
struct clinic_allocation_size {
	uint32_t stage_id;
	uint32_t reserved;
	uint64_t up_to_bytes; /* a power of two: (up_to / 2, up_to] */
	uint64_t allocations_count;
};

/* One lock at one place where it is acquired. */
struct clinic_lock {
	uint32_t kind_id;  /* string: mutex, rwlock, cond, sem, join,
			    * barrier */
	uint32_t name_id;  /* string: symbol of a static lock, else address */
	uint32_t stack_id; /* who waits */
	uint32_t owner_stack_id; /* the last holder that was seen; 0: unknown */
	uint32_t thread_id;
	uint32_t stage_id;
	uint64_t acquisitions_count;
	uint64_t contended_count;
	uint64_t wait_ns;
	uint64_t longest_wait_ns;
	uint64_t hold_ns;
};

/* What was added to a lock between two readings. */
struct clinic_lock_change {
	uint64_t time_ns; /* of the later look */
	uint64_t acquisitions_count;
	uint64_t contended_count;
	uint64_t wait_ns;
	uint64_t hold_ns;
	uint32_t kind_id; /* string */
	uint32_t name_id; /* string */
	uint32_t stack_id;
	uint32_t owner_stack_id;
	uint32_t thread_id;
	uint32_t stage_id;
};

/* What the kernel reported about a process at one moment; times and counts
 * are since the start of the process. */
struct clinic_metric {
	uint64_t time_ns;
	uint64_t user_ns;
	uint64_t system_ns;
	uint64_t rss_bytes;
	uint64_t minor_faults_count;
	uint64_t major_faults_count;
	uint64_t voluntary_switches_count;
	uint64_t involuntary_switches_count;
	uint32_t pid;
	uint32_t threads_count;
};

/* The most memory that a program had resident. */
struct clinic_resident_peak {
	uint64_t bytes;
	uint32_t program_id; /* string: the program's name */
	uint32_t pid;
};

/* An instrument that did not work, and why; the best one is first. */
struct clinic_refusal {
	uint32_t backend_id; /* string */
	uint32_t errno_number;
	uint32_t text_id; /* string: what would allow it */
};

/* A sentence that a reader of this session must know. */
struct clinic_note {
	uint32_t text_id;       /* string: a sentence */
	uint32_t is_warning;    /* 1: the numbers may be wrong because of it */
	uint32_t repeats_count; /* how often it was added again */
};

/* Which command was recorded, where and when; one row. A string is 0 where it
 * is unknown. */
struct clinic_session_metadata {
	uint32_t command_id;   /* string, shell-quoted */
	uint32_t host_id;      /* string */
	uint32_t tool_id;      /* string: name and version of the writer */
	uint32_t backend_id;   /* string: what took the samples */
	uint32_t event_id;     /* string: cycles, task-clock, ... */
	uint32_t exit_code;    /* as a shell reports it: 128 + signal */
	uint32_t exit_unknown; /* 1: no program's end was seen */
	uint32_t runs_count;   /* how many runs were merged; 0: it is one run */
	uint64_t started_realtime_ns; /* CLOCK_REALTIME */
	uint64_t started_ns;
	uint64_t ended_ns;
	uint64_t frequency_hz;
	uint64_t runs_ns; /* sum over merged runs; 0: it is one run */
};

/*
 * What is needed to judge the samples; one row. It holds counts and times
 * only: figures.h makes ratios from them.
 */
struct clinic_quality {
	uint64_t lost_count;       /* records the kernel or a ring dropped */
	uint64_t throttled_count;  /* times the kernel stopped the sampling */
	uint64_t accounted_cpu_ns; /* CPU time of the target, by the kernel */
	uint64_t accounted_kernel_ns; /* the part of it in the kernel */
	uint64_t kernel_visible;      /* 0: kernel time gave no samples */
	uint64_t collector_cpu_ns;    /* CPU time of clinic itself */
	/* The collector's peak resident memory, with naming; 0: unknown. */
	uint64_t collector_peak_rss_bytes;
	uint64_t unmatched_frees_count;
	uint64_t allocations_observed;   /* 0: see the notes for the reason */
	uint64_t lost_allocations_count; /* their call stack was not kept, or
					  * they were not counted at all */
	uint64_t lost_locks_count;  /* acquisitions and waits not counted, as
				     * there were too many locks */
	uint64_t peak_bytes;        /* most live at once in a process */
	uint64_t peak_margin_bytes; /* how far off it may be */
	uint64_t peak_time_ns;
};

/* The tables. schema.c says which struct their rows have. */
enum clinic_table {
	CLINIC_LIBRARIES,
	CLINIC_FRAMES,
	CLINIC_STACKS,
	CLINIC_THREADS,
	CLINIC_STAGES,
	CLINIC_SAMPLES,
	CLINIC_WAITS, /* struct clinic_sample, too */
	CLINIC_LIFETIMES,
	CLINIC_ALLOCATIONS,
	CLINIC_ALLOCATION_CHANGES,
	CLINIC_ALLOCATION_SIZES,
	CLINIC_LOCKS,
	CLINIC_LOCK_CHANGES,
	CLINIC_METRICS,
	CLINIC_RESIDENT_PEAKS,
	CLINIC_REFUSALS,
	CLINIC_NOTES,
	CLINIC_TABLES
};

#endif
