/*
 * collect/promptness.h - to be scheduled soon, on a machine that is not ours.
 *
 * The collector needs little CPU but needs it before its rings are full. In
 * front of hundreds of runnable threads the scheduler would let it wait for
 * seconds. Nothing here can fail in a way that matters: what is not granted
 * shows as lost samples, which are counted.
 */
#ifndef CLINIC_COLLECT_PROMPTNESS_H
#define CLINIC_COLLECT_PROMPTNESS_H

struct clinic_promptness {
	int nice_before;
};

void clinic_promptness_raise(struct clinic_promptness *promptness);
void clinic_promptness_restore(const struct clinic_promptness *promptness);

#endif
