/* Draws a flame graph as SVG: boxes, labels, legend and script. */
#include "formats/flamegraph.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "formats/flame_layout.h"
#include "session/share.h"
#include "foundation/output_file.h"

enum {
	WIDTH = 1200,
	LEFT = 10,
	INNER = WIDTH - 2 * LEFT,
	ROW = 18,
	TEXT_BASELINE = 13,
	TOP = 64,    /* title, subtitle, search */
	BOTTOM = 56, /* status line, legend */
	NAME_BYTES_MAX = 400,
	TITLE_ROOM = 98, /* characters, beside the buttons */
	LINE_ROOM = 170,
};

/* The width of a character of the monospace font at 12 px. */
static const double glyph_px = 7.23;
static const double least_px = 0.1;

__asm__(".section .rodata\n"
	"clinic_flamegraph_js:\n"
	".incbin \"profiler/formats/flamegraph.js\"\n"
	".byte 0\n"
	".previous\n");
extern const char clinic_flamegraph_js[];

/*
 * The colours are light, because the text on them is dark, and differ in hue.
 * The last two are for all other libraries and for threads.
 */
static const char *const fills[] = {
	"#f6c177", "#a8d5ba", "#9ecae9", "#e3d98a", "#d3bce8",
	"#93d3cf", "#cdb79e", "#c9cdd3", "#e9e4dc",
};
enum { FILL_OTHERS = CLINIC_FLAME_LIBRARIES, FILL_THREAD };
static const char *const kernel_fill = "#f2939f";

struct drawing {
	const struct clinic_call_tree *tree;
	const struct clinic_flamegraph_options *options;
	struct clinic_out *out;
	struct clinic_flame_layout layout;
};

static uint64_t whole(const struct drawing *d, unsigned int side)
{
	return d->tree->node[0].total[side];
}

static double ratio(const struct drawing *d, uint32_t node, unsigned int side)
{
	return clinic_flame_ratio(d->tree, node, side);
}

static void escape(struct clinic_out *out, const char *text, size_t length)
{
	for (; length && *text; text++, length--) {
		unsigned char byte = (unsigned char)*text;

		if (byte == '&')
			clinic_out_text(out, "&amp;");
		else if (byte == '<')
			clinic_out_text(out, "&lt;");
		else if (byte == '>')
			clinic_out_text(out, "&gt;");
		else if (byte == '"')
			clinic_out_text(out, "&quot;");
		else if (byte < ' ') /* XML 1.0 cannot contain it */
			clinic_out_text(out, " ");
		else
			clinic_out_bytes(out, text, 1);
	}
}

/*
 * How many bytes of `text` hold its first `room` characters, or all if it has
 * fewer.
 */
static size_t bytes_of(const char *text, size_t room)
{
	size_t at = 0;

	for (; text[at] && room; room--)
		do
			at++;
		while ((text[at] & 0xc0) == 0x80);
	return at;
}

/* Writes name and share if both fit, otherwise as much of the name as fits. */
static void write_label(struct clinic_out *out, const char *name,
			const char *share, double x, double y, double width)
{
	size_t room = width > 6.0 ? (size_t)((width - 6.0) / glyph_px) : 0;
	size_t fits = bytes_of(name, room);

	if (room < 3)
		return;
	clinic_out_format(out, "<text x=\"%.1f\" y=\"%.0f\">", x + 3.0,
			  y + TEXT_BASELINE);
	if (name[fits]) {
		escape(out, name, bytes_of(name, room - 1));
		clinic_out_text(out, "\xe2\x80\xa6");
	} else {
		escape(out, name, fits);
		if (fits + strlen(share) <= room)
			clinic_out_text(out, share);
	}
	clinic_out_text(out, "</text>");
}

static const char *basename_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static void format_value(char *text, size_t size, uint64_t value,
			 enum clinic_weight weight)
{
	const char *unit = clinic_weight_unit(weight);

	if (!strcmp(unit, "ns"))
		snprintf(text, size, "%.3f ms", (double)value / 1e6);
	else
		snprintf(text, size, "%" PRIu64 " %s", value, unit);
}

static void write_side(struct drawing *d, uint32_t node, unsigned int side)
{
	const struct clinic_call_tree *tree = d->tree;
	uint64_t total = tree->node[node].total[side];
	double samples = clinic_weight_is_sampled(d->options->weight)
				 ? clinic_share_samples(whole(d, side),
							tree->squares[side])
				 : 0.0;
	struct clinic_share share =
		clinic_share_of(total, whole(d, side), samples);
	char value[64];

	format_value(value, sizeof(value), total, d->options->weight);
	clinic_out_format(d->out, "%.2f %%", 100.0 * share.ratio);
	if (samples > 0.0)
		clinic_out_format(d->out, " [%.2f, %.2f]", 100.0 * share.low,
				  100.0 * share.high);
	clinic_out_format(d->out, ", %s", value);
	if (samples > 0.0 &&
	    strcmp(clinic_weight_unit(d->options->weight), "samples") != 0)
		clinic_out_format(d->out, ", %" PRIu64 " samples",
				  tree->node[node].samples_count[side]);
}

static const char *kind_text(uint32_t kind)
{
	switch (kind) {
	case CLINIC_CALL_THREAD:
		return "threads of this name";
	case CLINIC_CALL_KERNEL:
		return "kernel";
	case CLINIC_CALL_INLINED:
		return "inlined";
	case CLINIC_CALL_UNNAMED:
		return "no symbol";
	default:
		return NULL;
	}
}

static void write_tooltip(struct drawing *d, uint32_t node, const char *name)
{
	const struct clinic_call_node *n = &d->tree->node[node];
	const char *library = clinic_call_tree_text(d->tree, n->library);
	const char *kind = kind_text(n->kind);

	clinic_out_text(d->out, "<title>");
	escape(d->out, name, bytes_of(name, NAME_BYTES_MAX));
	clinic_out_text(d->out, "\n");
	if (d->options->is_difference)
		clinic_out_text(d->out, "base ");
	write_side(d, node, 0);
	if (d->options->is_difference) {
		clinic_out_text(d->out, "\nnew ");
		write_side(d, node, 1);
	}
	if (*library || kind)
		clinic_out_text(d->out, "\n");
	escape(d->out, basename_of(library), NAME_BYTES_MAX);
	if (kind)
		clinic_out_format(d->out, "%s%s", *library ? ", " : "", kind);
	clinic_out_text(d->out, "</title>");
}

static void write_difference_fill(struct drawing *d, uint32_t node)
{
	double change = ratio(d, node, 1) - ratio(d, node, 0);
	/* A change of ten percentage points has the full colour. */
	double strength = fmin(fabs(change) / 0.10, 1.0);
	int fade = (int)lround(235.0 - 115.0 * sqrt(strength));

	if (fabs(change) < 0.0005)
		clinic_out_text(d->out, " fill=\"#ebebeb\"");
	else if (change > 0.0)
		clinic_out_format(d->out, " fill=\"#f5%02x%02x\"", fade, fade);
	else
		clinic_out_format(d->out, " fill=\"#%02x%02xf5\"", fade,
				  fade + 12);
}

static void write_fill(struct drawing *d, uint32_t node)
{
	const struct clinic_call_node *n = &d->tree->node[node];
	uint32_t colour = d->layout.colour[n->library];

	if (d->options->is_difference)
		write_difference_fill(d, node);
	else if (n->kind == CLINIC_CALL_KERNEL)
		clinic_out_text(d->out, " class=\"k\"");
	else if (n->kind <= CLINIC_CALL_THREAD)
		clinic_out_format(d->out, " class=\"c%d\"", FILL_THREAD);
	else
		clinic_out_format(d->out, " class=\"c%" PRIu32 "%s\"",
				  colour ? colour - 1 : FILL_OTHERS,
				  n->kind == CLINIC_CALL_INLINED ? " i" : "");
}

static double top_of(const struct drawing *d, uint32_t depth)
{
	return TOP + ROW * (double)(d->options->is_icicle
					    ? depth
					    : d->layout.deepest - depth);
}

/* " 56.7 %"; in a difference, the change in percentage points: " -12.1". */
static void format_share(const struct drawing *d, uint32_t node, char *text,
			 size_t size)
{
	if (d->options->is_difference)
		snprintf(text, size, "  %+.1f",
			 100.0 * (ratio(d, node, 1) - ratio(d, node, 0)));
	else
		snprintf(text, size, "  %.1f %%", 100.0 * ratio(d, node, 0));
}

static void write_frame(struct drawing *d, uint32_t node)
{
	const char *name =
		node ? clinic_call_tree_text(d->tree, d->tree->node[node].name)
		     : "all";
	double x = LEFT + d->layout.x[node] * INNER;
	double y = top_of(d, d->layout.depth[node]);
	double width = d->layout.width[node] * INNER;
	char share[32];

	if (width < least_px)
		return;
	clinic_out_text(d->out, "<g>");
	write_tooltip(d, node, name);
	clinic_out_format(d->out, "<rect x=\"%.2f\" y=\"%.0f\" width=\"%.2f\"",
			  x, y, fmax(width, 0.3));
	write_fill(d, node);
	clinic_out_text(d->out, "/>");
	format_share(d, node, share, sizeof(share));
	write_label(d->out, name, share, x, y, width);
	clinic_out_text(d->out, "</g>\n");
}

static void write_style(struct drawing *d)
{
	clinic_out_text(d->out,
			"<style>\n"
			"text{font:12px 'DejaVu Sans Mono',Menlo,Consolas,"
			"monospace;fill:#1b1b1b}\n"
			"#title{font-size:16px;font-weight:bold}\n"
			".small{font-size:11px;fill:#444}\n"
			"#frames rect{height:17px;rx:1px}\n"
			"#frames text{pointer-events:none}\n"
			"#frames g:hover rect{stroke:#1b1b1b}\n"
			".i{fill-opacity:.6}\n"
			"#frames rect.hit{fill:#d45cff;fill-opacity:1}\n"
			".act{cursor:pointer;text-decoration:underline}\n");
	for (size_t i = 0; i < sizeof(fills) / sizeof(*fills); i++)
		clinic_out_format(d->out, ".c%zu{fill:%s}\n", i, fills[i]);
	clinic_out_format(d->out, ".k{fill:%s}\n</style>\n", kernel_fill);
}

static void write_line(struct drawing *d, const char *attributes, double y,
		       const char *text, size_t room)
{
	size_t fits = bytes_of(text, room);

	clinic_out_format(d->out, "<text x=\"%d\" y=\"%.0f\" %s>", LEFT, y,
			  attributes);
	escape(d->out, text, fits);
	clinic_out_text(d->out,
			text[fits] ? "\xe2\x80\xa6</text>\n" : "</text>\n");
}

static double legend_entry(struct drawing *d, double x, double y,
			   const char *fill, const char *text)
{
	size_t length = bytes_of(text, 24);

	if (x > WIDTH - 120)
		return x;
	clinic_out_format(d->out,
			  "<rect x=\"%.0f\" y=\"%.0f\" width=\"12\" "
			  "height=\"12\" %s/><text class=\"small\" "
			  "x=\"%.0f\" y=\"%.0f\">",
			  x, y - 10.0, fill, x + 16.0, y);
	escape(d->out, text, length);
	clinic_out_text(d->out, "</text>\n");
	return x + 34.0 + 6.7 * (double)length;
}

static void write_legend(struct drawing *d, double y)
{
	double x = LEFT;
	char fill[32];

	if (d->options->is_difference) {
		x = legend_entry(d, x, y, "fill=\"#f57878\"", "grew");
		x = legend_entry(d, x, y, "fill=\"#7884f5\"", "shrank");
		x = legend_entry(d, x, y, "fill=\"#ebebeb\"", "as before");
		clinic_out_format(d->out,
				  "<text class=\"small\" x=\"%.0f\" "
				  "y=\"%.0f\">width: mean share of both "
				  "runs</text>\n",
				  x, y);
		return;
	}
	for (uint32_t i = 0; i < d->layout.named_count; i++) {
		snprintf(fill, sizeof(fill), "class=\"c%" PRIu32 "\"", i);
		x = legend_entry(d, x, y, fill,
				 basename_of(clinic_call_tree_text(
					 d->tree, d->layout.named[i])));
	}
	snprintf(fill, sizeof(fill), "class=\"c%d\"", FILL_OTHERS);
	x = legend_entry(d, x, y, fill, "other");
	x = legend_entry(d, x, y, "class=\"k\"", "kernel");
	legend_entry(d, x, y, "class=\"c0 i\"", "paler: inlined");
}

static void write_head(struct drawing *d, double height)
{
	clinic_out_format(d->out,
			  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			  "<svg xmlns=\"http://www.w3.org/2000/svg\" "
			  "viewBox=\"0 0 %d %.0f\" width=\"%d\" "
			  "height=\"%.0f\" font-family=\"monospace\" "
			  "font-size=\"12\">\n",
			  WIDTH, height, WIDTH, height);
	write_style(d);
	clinic_out_format(d->out,
			  "<rect width=\"100%%\" height=\"100%%\" "
			  "fill=\"#fdfdfb\"/>\n"
			  "<g id=\"meta\" data-left=\"%d\" data-width=\"%d\" "
			  "data-glyph=\"%.2f\" data-baseline=\"%d\" "
			  "data-icicle=\"%d\"/>\n",
			  LEFT, INNER, glyph_px, TEXT_BASELINE,
			  d->options->is_icicle);
	write_line(d, "id=\"title\"", 22, d->options->title, TITLE_ROOM);
	write_line(d, "class=\"small\"", 40, d->options->subtitle, LINE_ROOM);
	clinic_out_format(d->out,
			  "<text id=\"search\" class=\"act\" x=\"%d\" y=\"22\" "
			  "style=\"display:none\">search (/)</text>\n"
			  "<text id=\"reset\" class=\"act\" x=\"%d\" y=\"22\" "
			  "style=\"display:none\">reset zoom (Esc)</text>\n"
			  "<text id=\"found\" x=\"%d\" y=\"56\"></text>\n",
			  WIDTH - 90, WIDTH - 230, LEFT);
}

static void write_foot(struct drawing *d, double height)
{
	char text[160];

	snprintf(text, sizeof(text),
		 "width: %s; %s; %" PRIu32
		 " frames too narrow to draw were left out",
		 clinic_weight_name(d->options->weight),
		 d->options->is_difference
			 ? "numbers: change of the share in points"
			 : "numbers: share of all",
		 d->layout.left_out_count);
	write_line(d, "id=\"status\" class=\"small\"", height - 32, text,
		   LINE_ROOM);
	write_legend(d, height - 12);
	clinic_out_text(d->out, "<script><![CDATA[\n");
	clinic_out_text(d->out, clinic_flamegraph_js);
	clinic_out_text(d->out, "]]></script>\n</svg>\n");
}

static void draw(struct drawing *d)
{
	double height = TOP + ROW * (double)(d->layout.deepest + 1) + BOTTOM;

	write_head(d, height);
	clinic_out_text(d->out, "<g id=\"frames\">\n");
	write_frame(d, 0);
	for (uint32_t i = 0; i + 1 < d->tree->count; i++)
		write_frame(d, d->layout.order[i]);
	clinic_out_text(d->out, "</g>\n");
	write_foot(d, height);
}

int clinic_flamegraph_write(const struct clinic_call_tree *tree,
			    const struct clinic_flamegraph_options *options,
			    const char *path)
{
	struct drawing d = {.tree = tree, .options = options};
	int error;

	if (!whole(&d, 0) && !whole(&d, 1))
		return -ENODATA;
	error = clinic_flame_layout_make(tree, options->is_difference,
					 least_px / INNER, &d.layout);
	if (!error)
		error = clinic_out_open(&d.out, path);
	if (!error) {
		draw(&d);
		error = clinic_out_close(d.out);
	}
	clinic_flame_layout_free(&d.layout);
	return error;
}
