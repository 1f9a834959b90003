/*
 * clinic/workload.h - what a library patient gives to the harness.
 *
 * A patient defines one `const struct clinic_workload clinic_workload`, is
 * linked with libclinic-bench, and gets main() from there.
 *
 * Units      sizes in bytes; ops is the number of operations in one run.
 * Ownership  the input outlives the state; the state is the patient's,
 *            made by setup and freed by teardown.
 * Errors     setup returns 0 or -errno. run cannot fail: a wrong result is
 *            a different answer, and the harness compares every answer.
 * Threads    the harness calls from one thread; run may use more inside.
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
	const char *ingress; /* accepted --ingress, "memory|tcp"; or NULL */

	/* Not timed. */
	int (*setup)(const struct clinic_input *input, void **state);
	void (*teardown)(void *state);
	size_t (*ops)(const void *state);

	/*
	 * Timed. Returns the answer: a digest of all that the run produced,
	 * the same for every variant and every repetition.
	 */
	uint64_t (*run)(void *state);

	/*
	 * Not timed; called once after the last run. NULL, or one sentence
	 * that says why these runs are no measurement of the program: its
	 * surroundings failed, and nothing that it did. May be NULL itself.
	 */
	const char *(*invalid)(void *state);
};

extern const struct clinic_workload clinic_workload;

#endif
