/* Runs `clinic diff`: shows what has changed from one session to another. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/session_files.h"
#include "cli/verb.h"
#include "session/share.h"
#include "foundation/terminal_text.h"
#include "session/call_change.h"
#include "session/session.h"
#include "session/short_name.h"

static const struct clinic_usage usage = {
	.line = "diff BASE NEW [-o OUT.svg]",
	.text = "Shares of self, function by function, and their change in "
		"points of percent with\nits 95 % interval. OUT ends in .svg "
		"(red grew, blue shrank) or in .collapsed\n(two columns). "
		"Functions are matched by name. The two runs must be alike in "
		"all but\nwhat is compared; whether a change is real is for "
		"repeated runs to say.\n",
	.operands_min = 2,
	.operands_max = 2,
};

struct request {
	const char *path[2];
	const char *output;
	const char *title;
	const char *weight_name;
	const char *format_name;
	const struct clinic_format *format;
	uint64_t top;
	bool is_json;
	bool is_icicle;
	bool has_full_names;
	enum clinic_weight weight;
	struct clinic_session *session[2];
	struct clinic_call_tree tree;
};

struct row {
	struct clinic_share base;
	struct clinic_share fresh;
	struct clinic_share change;
};

static struct clinic_share share_of(const struct request *request,
				    const uint64_t part[2], int side)
{
	uint64_t whole = request->tree.node[0].total[side];
	double samples = clinic_weight_is_sampled(request->weight)
				 ? clinic_share_samples(
					   whole, request->tree.squares[side])
				 : 0.0;

	return clinic_share_of(part[side], whole, samples);
}

static struct row row_of(const struct request *request, const uint64_t part[2])
{
	struct row row = {.base = share_of(request, part, 0),
			  .fresh = share_of(request, part, 1)};

	row.change = clinic_share_change(row.base, row.fresh);
	return row;
}

static uint32_t shown_of(const struct request *request, uint32_t count)
{
	uint64_t top = request->top ? request->top : request->is_json ? 0 : 20;

	return top && top < count ? (uint32_t)top : count;
}

enum { ROOM_BYTES = 512 };

static const char *name_of(const struct request *request,
			   const struct clinic_call_change *change, char *room)
{
	const char *name = clinic_call_tree_text(&request->tree, change->name);

	return request->has_full_names
		       ? name
		       : clinic_short_name(name, room, ROOM_BYTES);
}

/* Has a row above or below the same short name? */
static bool is_alike(const struct request *request,
		     const struct clinic_call_change *change, uint32_t count,
		     uint32_t at)
{
	char room[ROOM_BYTES], other[ROOM_BYTES];
	const char *name = name_of(request, &change[at], room);

	for (uint32_t i = 0; i < count; i++)
		if (i != at &&
		    !strcmp(name, name_of(request, &change[i], other)))
			return true;
	return false;
}

/* Two functions with the same short name are printed with their whole names. */
static void print_name(const struct request *request,
		       const struct clinic_call_change *change, uint32_t count,
		       uint32_t at)
{
	char room[ROOM_BYTES];
	const char *name =
		is_alike(request, change, count, at)
			? clinic_call_tree_text(&request->tree, change[at].name)
			: name_of(request, &change[at], room);

	printf("%s\n", clinic_terminal_text(name));
}

static void print_table(const struct request *request,
			const struct clinic_call_change *change, uint32_t count)
{
	uint32_t shown = shown_of(request, count);

	for (int side = 0; side < 2; side++)
		printf("%s  %s: %" PRIu64 " %s\n", side ? "new " : "base",
		       clinic_terminal_text(request->path[side]),
		       request->tree.node[0].total[side],
		       clinic_weight_unit(request->weight));
	printf("\nbase %%   new %%   change [95 %% interval]   function\n");
	for (uint32_t i = 0; i < shown; i++) {
		struct row row = row_of(request, change[i].self);

		printf("%6.2f  %6.2f  %+7.2f [%+6.2f, %+6.2f]   ",
		       100.0 * row.base.ratio, 100.0 * row.fresh.ratio,
		       100.0 * row.change.ratio, 100.0 * row.change.low,
		       100.0 * row.change.high);
		print_name(request, change, shown, i);
	}
	if (shown < count)
		printf("... and %" PRIu32 " more; --top %" PRIu32
		       " shows them\n",
		       count - shown, count);
}

static json_t *json_row(const struct request *request,
			const struct clinic_call_change *change)
{
	struct row self = row_of(request, change->self);
	struct row total = row_of(request, change->total);

	return json_pack(
		"{s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "name",
		clinic_call_tree_text(&request->tree, change->name),
		"base_self_ratio", self.base.ratio, "new_self_ratio",
		self.fresh.ratio, "change_self_ratio", self.change.ratio,
		"change_self_low_ratio", self.change.low,
		"change_self_high_ratio", self.change.high, "base_total_ratio",
		total.base.ratio, "new_total_ratio", total.fresh.ratio,
		"change_total_ratio", total.change.ratio);
}

static int print_json(const struct request *request,
		      const struct clinic_call_change *change, uint32_t count)
{
	uint32_t shown = shown_of(request, count);
	json_t *functions = json_array();
	json_t *root;
	int failed;

	for (uint32_t i = 0; i < shown; i++)
		json_array_append_new(functions, json_row(request, &change[i]));
	root = json_pack(
		"{s:i, s:s, s:s, s:s, s:I, s:I, s:o}", "schema", 1, "weight",
		clinic_weight_name(request->weight), "base", request->path[0],
		"new", request->path[1], "base_value",
		(json_int_t)request->tree.node[0].total[0], "new_value",
		(json_int_t)request->tree.node[0].total[1], "functions",
		functions);
	failed = !root || json_dumpf(root, stdout,
				     JSON_INDENT(1) | JSON_REAL_PRECISION(12));
	printf("\n");
	json_decref(root);
	return failed ? -ENOMEM : 0;
}

static int print_changes(const struct request *request)
{
	struct clinic_call_change *change;
	uint32_t count;
	int error = clinic_call_changes(&request->tree, &change, &count);

	if (error)
		return error;
	if (request->is_json)
		error = print_json(request, change, count);
	else
		print_table(request, change, count);
	free(change);
	return error;
}

static int draw(const struct request *request)
{
	const struct clinic_format_options writing = {
		.weight = request->weight,
		.title = request->title,
		.source = request->path[1],
		.is_icicle = request->is_icicle,
		.base = request->session[0],
		.base_source = request->path[0],
	};

	return clinic_write_as(request->format, request->session[1], &writing,
			       request->output);
}

/* Runs that differ can be compared, but a warning says so. */
static void warn_of(const struct request *request, const char *what,
		    const char *base, const char *fresh)
{
	if (*base && *fresh && strcmp(base, fresh) != 0)
		fprintf(stderr,
			"clinic: warning: the %s is %s in %s and %s "
			"in %s\n",
			what, clinic_terminal_text(base),
			clinic_terminal_text(request->path[0]),
			clinic_terminal_text(fresh),
			clinic_terminal_text(request->path[1]));
}

static void warn_if_unlike(const struct request *request)
{
	const struct clinic_session_metadata *base =
		clinic_session_metadata(request->session[0]);
	const struct clinic_session_metadata *fresh =
		clinic_session_metadata(request->session[1]);
	const struct clinic_session *in_base = request->session[0];
	const struct clinic_session *in_fresh = request->session[1];

	warn_of(request, "host", clinic_session_text(in_base, base->host_id),
		clinic_session_text(in_fresh, fresh->host_id));
	warn_of(request, "event", clinic_session_text(in_base, base->event_id),
		clinic_session_text(in_fresh, fresh->event_id));
	warn_of(request, "backend",
		clinic_session_text(in_base, base->backend_id),
		clinic_session_text(in_fresh, fresh->backend_id));
}

static int check_sides(const struct request *request)
{
	for (int side = 0; side < 2; side++)
		if (!request->tree.node[0].total[side])
			return clinic_complain(
				"%s has no %s to compare; another --weight may "
				"have",
				request->path[side],
				clinic_weight_name(request->weight));
	warn_if_unlike(request);
	return CLINIC_EXIT_DONE;
}

/* The file is written first, because the reader of the table may go away. */
static int show(const struct request *request)
{
	int status = check_sides(request);
	int error;

	if (!status && request->output)
		status = draw(request);
	if (status)
		return status;
	error = print_changes(request);
	return error ? clinic_complain("cannot compare %s and %s: %s",
				       request->path[0], request->path[1],
				       strerror(-error))
		     : CLINIC_EXIT_DONE;
}

static int compare(struct request *request)
{
	int error = clinic_call_tree_make(&request->tree, request->session[0],
					  request->session[1], request->weight);
	int status = error ? clinic_complain("cannot compare %s and %s: %s",
					     request->path[0], request->path[1],
					     strerror(-error))
			   : show(request);

	clinic_call_tree_free(&request->tree);
	return status;
}

static int open_and_compare(struct request *request)
{
	int status =
		clinic_open_session(request->path[0], &request->session[0]);

	if (status)
		return status;
	status = clinic_open_session(request->path[1], &request->session[1]);
	if (!status) {
		if (!request->weight_name)
			request->weight =
				clinic_weight_default(request->session[1]);
		status = compare(request);
		clinic_session_free(request->session[1]);
	}
	clinic_session_free(request->session[0]);
	return status;
}

static int run(int argc, char **argv)
{
	struct request request = {0};
	const struct clinic_option options[] = {
		{'o', "output", "OUT", CLINIC_OPTION_TEXT, &request.output,
		 "the picture: .svg, or .collapsed for other tools"},
		{'f', "format", "NAME", CLINIC_OPTION_TEXT,
		 &request.format_name,
		 "the format of OUT, whatever its suffix"},
		{'w', "weight", "WEIGHT", CLINIC_OPTION_TEXT,
		 &request.weight_name,
		 "the weight to compare, as in `clinic report`"},
		{'t', "title", "TEXT", CLINIC_OPTION_TEXT, &request.title,
		 "the title of the picture"},
		{0, "icicle", NULL, CLINIC_OPTION_FLAG, &request.is_icicle,
		 "draw the root at the top"},
		{'n', "top", "N", CLINIC_OPTION_COUNT, &request.top,
		 "rows of the table (20; with --json all)"},
		{0, "full-names", NULL, CLINIC_OPTION_FLAG,
		 &request.has_full_names,
		 "C++ names with all template arguments (on a terminal they "
		 "are shortened)"},
		{'j', "json", NULL, CLINIC_OPTION_FLAG, &request.is_json,
		 "the table as JSON, for programs"},
		{0},
	};
	int at = clinic_options(&usage, options, argc, argv);

	if (at < 0)
		return clinic_options_exit(at);
	request.has_full_names |= !isatty(STDOUT_FILENO);
	request.path[0] = argv[at];
	request.path[1] = argv[at + 1];
	if (request.weight_name &&
	    !clinic_weight_find(request.weight_name, &request.weight))
		return clinic_complain("there is no weight '%s'; see `clinic "
				       "help report`",
				       request.weight_name);
	if (request.output &&
	    clinic_choose_format(request.output, request.format_name,
				 &request.format))
		return CLINIC_EXIT_USAGE;
	return open_and_compare(&request);
}

static const struct clinic_verb verb = {
	.name = "diff",
	.summary = "what has changed between two sessions",
	.run = run,
};
CLINIC_VERB(verb);
