/*
 * stopwatch.h - what is timed, and how long it is said to take.
 *
 * Units      _ns is nanoseconds of CLOCK_MONOTONIC; a step is the checksum of
 *            one byte.
 * Threads    any; each call is by itself.
 * Read next  claim.h, which says whether that can be.
 */
#ifndef PITFALLS_STOPWATCH_H
#define PITFALLS_STOPWATCH_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define READING_BYTES 2

struct timing {
	uint64_t took_ns;
	uint64_t steps_count; /* that were made in this time */
};

uint64_t stopwatch_now_ns(void);

/* The checksum of one block. */
struct timing time_block(const uint8_t *bytes, size_t count);

/* The checksum of the number of a station, as often as `rounds` says; *answer
 * is the last one. */
struct timing time_number(size_t rounds, uint32_t *answer);

/* The checksum of each reading, and a line of the log for each. */
struct timing time_readings(const uint8_t *readings, size_t readings_count,
			    FILE *log);

#endif
