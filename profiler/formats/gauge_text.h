/*
 * formats/gauge_text.h - gauges in the text format of Prometheus.
 *
 *	# HELP clinic_recording_samples Samples of CPU time.
 *	# TYPE clinic_recording_samples gauge
 *	clinic_recording_samples 60
 *
 * All that a recording has to say are gauges, because they describe one
 * recording, and the next one may have less of everything. Each name gets the
 * prefix clinic_recording_.
 *
 * Units      nanoseconds are written as seconds, exactly.
 * Errors     stick to the file; see output_file.h.
 * Read next  prometheus.c, which says what the gauges are.
 */
#ifndef CLINIC_FORMATS_GAUGE_TEXT_H
#define CLINIC_FORMATS_GAUGE_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct clinic_out;

enum clinic_gauge_unit { CLINIC_GAUGE_NUMBER, CLINIC_GAUGE_NANOSECONDS };

/* help is a sentence. */
struct clinic_gauge {
	const char *name, *help;
	enum clinic_gauge_unit unit;
	uint64_t value;
};

struct clinic_gauge_label {
	const char *key, *text;
};

/* Gauges without labels, each with its head. */
void clinic_gauge_write(struct clinic_out *out,
			const struct clinic_gauge *gauge, size_t count);
/* The same, where 0 means that it is not known: then nothing is written. */
void clinic_gauge_write_known(struct clinic_out *out,
			      const struct clinic_gauge *gauge, size_t count);

/* The help and the type of a gauge with labels, before its rows. */
void clinic_gauge_head(struct clinic_out *out,
		       const struct clinic_gauge *gauge);
/* One row of it; texts may be foreign. */
void clinic_gauge_row(struct clinic_out *out, const struct clinic_gauge *gauge,
		      const struct clinic_gauge_label *label,
		      size_t labels_count, uint64_t value);

#endif
