/* Writes gauges in the text format of Prometheus. */
#include "formats/gauge_text.h"

#include <inttypes.h>

#include "foundation/output_file.h"
#include "foundation/terminal_text.h"

#define PREFIX   "clinic_recording_"
#define NS_PER_S 1000000000u

static void write_value(struct clinic_out *out, enum clinic_gauge_unit unit,
			uint64_t value)
{
	if (unit == CLINIC_GAUGE_NANOSECONDS)
		clinic_out_format(out, " %" PRIu64 ".%09" PRIu64 "\n",
				  value / NS_PER_S, value % NS_PER_S);
	else
		clinic_out_format(out, " %" PRIu64 "\n", value);
}

void clinic_gauge_head(struct clinic_out *out, const struct clinic_gauge *gauge)
{
	clinic_out_format(out,
			  "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s gauge\n",
			  gauge->name, gauge->help, gauge->name);
}

void clinic_gauge_write(struct clinic_out *out,
			const struct clinic_gauge *gauge, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		clinic_gauge_head(out, &gauge[i]);
		clinic_gauge_row(out, &gauge[i], NULL, 0, gauge[i].value);
	}
}

void clinic_gauge_write_known(struct clinic_out *out,
			      const struct clinic_gauge *gauge, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (gauge[i].value)
			clinic_gauge_write(out, &gauge[i], 1);
}

/* Without control characters, a text needs only these two escapes. */
static void write_label(struct clinic_out *out,
			const struct clinic_gauge_label *label)
{
	const char *text = clinic_terminal_text(label->text);

	clinic_out_format(out, "%s=\"", label->key);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			clinic_out_text(out, "\\");
		clinic_out_bytes(out, text, 1);
	}
	clinic_out_text(out, "\"");
}

void clinic_gauge_row(struct clinic_out *out, const struct clinic_gauge *gauge,
		      const struct clinic_gauge_label *label,
		      size_t labels_count, uint64_t value)
{
	clinic_out_format(out, PREFIX "%s", gauge->name);
	for (size_t i = 0; i < labels_count; i++) {
		clinic_out_text(out, i ? "," : "{");
		write_label(out, &label[i]);
	}
	if (labels_count)
		clinic_out_text(out, "}");
	write_value(out, gauge->unit, value);
}
