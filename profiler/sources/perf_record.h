/*
 * sources/perf_record.h - one record of a perf ring as a trace event.
 *
 * Layout     as perf_event_open(2), for the one sample type that all our
 *            events share; linux/perf_event.h names the fields.
 * Errors     -EBADMSG for a record that is shorter than its own fields say.
 * Read next  perf_source.h, which sets the sample type.
 */
#ifndef CLINIC_SOURCES_PERF_RECORD_H
#define CLINIC_SOURCES_PERF_RECORD_H

#include <linux/perf_event.h>

#include "sources/trace_event.h"

#define CLINIC_PERF_SAMPLE_TYPE                                                \
	(PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME |                 \
	 PERF_SAMPLE_CPU | PERF_SAMPLE_PERIOD | PERF_SAMPLE_CALLCHAIN |        \
	 PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER)

/* What a sample needs besides its bytes to become an event. */
struct clinic_perf_decoder {
	/* CPU time of one unit of period: 1 for clocks, less for cycles. */
	double ns_per_period;
	struct clinic_registers registers; /* the event points here */
};

/*
 * Returns 1 when *event is filled in; it points into the record and the
 * decoder. Returns 0 for a record of no interest.
 */
int clinic_perf_decode(struct clinic_perf_decoder *decoder,
		       const struct perf_event_header *record,
		       struct clinic_event *event);

/* When the record was written; 0: the record does not contain it. */
uint64_t clinic_perf_record_time(const struct perf_event_header *record);

#endif
