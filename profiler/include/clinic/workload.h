/*
 * clinic/workload.h - what a library workload defines for the harness.
 *
 * A workload defines one `const struct clinic_workload clinic_workload`, and is
 * linked with libclinic-bench, which has main().
 *
 * Units      sizes are in bytes; ops is the number of operations in one run.
 * Ownership  the input outlives the state. The state belongs to the workload:
 *            setup makes it, and teardown frees it.
 * Errors     setup returns 0 or -errno. run cannot fail: a wrong result is
 *            another answer, and the harness checks every answer.
 * Threads    the harness calls all functions from one thread; run may use more
 *            threads inside.
 * Read next  clinic/bench.h, which times run.
 */
#ifndef CLINIC_WORKLOAD_H
#define CLINIC_WORKLOAD_H

#include <stddef.h>
#include <stdint.h>

struct clinic_input {
	const char *size;    /* the name given with --size */
	const void *fixture; /* the whole fixture file, read-only */
	size_t fixture_bytes;
	const char *ingress; /* the value of --ingress, usually "memory" */
};

struct clinic_workload {
	const char *name;
	const char *op;      /* what one operation is: "frame" */
	const char *ingress; /* values of --ingress: "memory|tcp"; or NULL */

	/* Not timed. */
	int (*setup)(const struct clinic_input *input, void **state);
	void (*teardown)(void *state);
	size_t (*ops)(const void *state);

	/*
	 * Timed. Returns the answer: a digest of everything that the run
	 * produced. It is the same for every variant and every repetition.
	 */
	uint64_t (*run)(void *state);

	/*
	 * Not timed; called once after the last run. Returns NULL, or a
	 * sentence that says why these runs do not measure the program:
	 * something around it failed, and not the program itself. The pointer
	 * to the function may be NULL.
	 */
	const char *(*invalid)(void *state);
};

extern const struct clinic_workload clinic_workload;

#endif
