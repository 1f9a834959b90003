/*
 * stage_time.h - nanoseconds per stage, for a program that marks its stages
 * with clinic/stage.h and is linked with the harness.
 *
 * Until stage_time_enable() the marks cost one predictable branch.
 *
 * Units      nanoseconds, stages within stages included in the outer one,
 *            summed over all threads.
 * Threads    marks from any thread; reading while they run may miss the
 *            stage that is just ending.
 * Read next  clinic/stage.h.
 */
#ifndef CLINIC_STAGE_TIME_H
#define CLINIC_STAGE_TIME_H

#include <stddef.h>
#include <stdint.h>

#define STAGES_MAX 64

void stage_time_enable(void);

/* Stages seen so far; they keep their index, in order of first appearance. */
size_t stage_time_count(void);
const char *stage_time_name(size_t index);

/* What the stage took since the last call with this index. */
uint64_t stage_time_take_ns(size_t index);

/* Marks that could not be counted: too many names, too deep, or unpaired. */
uint64_t stage_time_lost_count(void);

#endif
