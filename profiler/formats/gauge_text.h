/*
 * formats/gauge_text.h - writes gauges in the text format of Prometheus.
 *
 *	# HELP clinic_recording_samples Samples of CPU time.
 *	# TYPE clinic_recording_samples gauge
 *	clinic_recording_samples 60
 *
 * All metrics of a recording are gauges and not counters, because they describe
 * one recording, and in the next one all of them may be lower. Each name gets
 * the prefix clinic_recording_.
 *
 * Units      nanoseconds are written as seconds, without rounding.
 * Errors     the file keeps the first error; see output_file.h.
 * Read next  prometheus.c, which chooses the gauges.
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

/* Writes gauges without labels, each with its help and type. */
void clinic_gauge_write(struct clinic_out *out,
			const struct clinic_gauge *gauge, size_t count);
/* Likewise, but a gauge of 0 is not known and not written. */
void clinic_gauge_write_known(struct clinic_out *out,
			      const struct clinic_gauge *gauge, size_t count);

/* Writes the help and the type of a gauge with labels; its rows follow. */
void clinic_gauge_head(struct clinic_out *out,
		       const struct clinic_gauge *gauge);
/* Writes a row of it. Texts of labels may come from outside. */
void clinic_gauge_row(struct clinic_out *out, const struct clinic_gauge *gauge,
		      const struct clinic_gauge_label *label,
		      size_t labels_count, uint64_t value);

#endif
