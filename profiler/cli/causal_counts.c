/* Writes the counts of a virtual speed-up as JSON. */
#include "cli/causal_counts.h"

#include <clinic/version.h>
#include <inttypes.h>
#include <stddef.h>

#include "collect/causal_run.h"
#include "foundation/output_file.h"

struct field {
	const char *key;
	uint64_t value;
};

static void write_process(struct clinic_out *out,
			  const struct causal_result *result)
{
	const struct field fields[] = {
		{"pid", result->pid},
		{"threads_count", result->threads_count},
		{"samples_count", result->samples_count},
		{"function_samples_count", result->function_samples_count},
		{"cpu_ns", result->cpu_ns},
		{"function_cpu_ns", result->function_cpu_ns},
		{"ready_ns", result->ready_ns},
		{"inserted_ns", result->inserted_ns},
		{"slept_ns", result->slept_ns},
		{"begun_ns", result->begun_ns},
		{"ended_ns", result->ended_ns},
		{"progress_count", result->progress_count},
		{"progress_first_ns", result->progress_first_ns},
		{"progress_last_ns", result->progress_last_ns},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		clinic_out_format(out, "%s\"%s\": %" PRIu64, i ? ", " : "{",
				  fields[i].key, fields[i].value);
	clinic_out_text(out, "}");
}

static void write_all(struct clinic_out *out,
		      const struct clinic_causal_counts *counts)
{
	const struct clinic_causal_outcome *outcome = counts->outcome;

	clinic_out_text(out,
			"{\"schema\": 1, \"tool\": \"clinic " CLINIC_VERSION
			"\", \"function\": ");
	clinic_out_json(out, counts->function);
	clinic_out_format(out,
			  ", \"speedup_percent\": %" PRIu64
			  ", \"exit_code\": %d, \"wall_ns\": %" PRIu64
			  ",\n \"processes\": [",
			  counts->speedup_percent, outcome->exit_code,
			  outcome->wall_ns);
	for (size_t i = 0; i < outcome->results_count; i++) {
		clinic_out_text(out, i ? ",\n  " : "\n  ");
		write_process(out, &outcome->results[i]);
	}
	clinic_out_text(out, "]}\n");
}

int clinic_causal_counts_write(const char *path,
			       const struct clinic_causal_counts *counts)
{
	struct clinic_out *out;
	int err = clinic_out_open(&out, path);

	if (err)
		return err;
	write_all(out, counts);
	return clinic_out_close(out);
}
