/*
 * bench/stage_time.h - nanoseconds per stage, for a program that marks its
 * stages with clinic/stage.h and is linked with the harness.
 *
 * Before stage_time_enable(), a mark costs one predictable branch.
 *
 * Units      nanoseconds, summed over all threads. The time of a stage includes
 *            that of the stages inside it.
 * Threads    any thread may mark stages. A reader may miss a stage that is just
 *            ending.
 * Read next  clinic/stage.h.
 */
#ifndef CLINIC_STAGE_TIME_H
#define CLINIC_STAGE_TIME_H

#include <stddef.h>
#include <stdint.h>

#define STAGES_MAX 64

void stage_time_enable(void);

/*
 * How many stages were seen so far. A stage keeps its index; they are in the
 * order of their first end.
 */
size_t stage_time_count(void);
const char *stage_time_name(size_t index);

/* The time that was spent in the stage since the last call with this index. */
uint64_t stage_time_take_ns(size_t index);

/*
 * How many ends of stages were not counted: there were too many names, the
 * stages were nested too deeply, or begin and end did not match.
 */
uint64_t stage_time_lost_count(void);

#endif
