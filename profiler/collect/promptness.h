/*
 * collect/promptness.h - get scheduled soon on a busy machine.
 *
 * The collector needs little CPU, but needs it before its rings are full. Among
 * hundreds of runnable threads, the scheduler would let it wait for seconds. A
 * failure is not reported here: it shows as lost samples, which are counted.
 */
#ifndef CLINIC_COLLECT_PROMPTNESS_H
#define CLINIC_COLLECT_PROMPTNESS_H

struct clinic_promptness {
	int nice_before;
};

void clinic_promptness_raise(struct clinic_promptness *promptness);
void clinic_promptness_restore(const struct clinic_promptness *promptness);

#endif
