/*
 * clinic causal - run a program once as if one of its functions were faster.
 * `lab causal` makes many of these runs and compares them.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/causal_counts.h"
#include "cli/preload_path.h"
#include "cli/verb.h"
#include "collect/causal_run.h"
#include "shared_memory/preloadable.h"
#include "symbols/source_lines.h"
#include "symbols/symbols.h"

#define PERCENT_MOST 100

static const struct clinic_usage usage = {
	.line = "causal --function NAME [OPTIONS] [--] COMMAND...",
	.text = "While a thread runs the function, all other threads are "
		"delayed by a share of that\ntime. Without the delays, the "
		"time that the run takes is the time that it would take\n"
		"if the function were faster by that share. One run says "
		"little: `lab causal` repeats\nand compares them, and prints "
		"Amdahl's ceiling beside the result.\n"
		"A function runs if it is anywhere on the stack. Waits for "
		"locks, conditions,\nsemaphores, barriers and ends of threads "
		"are known; a thread that waits for another\none by any other "
		"means, such as a pipe, may be delayed twice. At most one "
		"sample is\ntaken in each tick of the kernel (4 ms with "
		"CONFIG_HZ=250), so that what threads do\nin turns shorter "
		"than that is seen too small.\n"
		"Exits with the command's own exit code (128 + signal), or 2 "
		"when it could not be\nstarted or measured.\n",
	.operands_min = 1,
	.operands_max = -1,
	.operands = CLINIC_OPERANDS_LAST,
};

struct settings {
	const char *function;
	const char *file;
	const char *progress;
	const char *output;
	uint64_t speedup_percent;
	char *const *command;
	char preload[PATH_MAX];
	char program[PATH_MAX]; /* the file that contains the function */
};

static int check(const struct settings *settings)
{
	if (!settings->function)
		return clinic_complain("--function NAME says what is to be "
				       "faster");
	if (settings->speedup_percent > PERCENT_MOST)
		return clinic_complain("--speedup takes at most %d per cent",
				       PERCENT_MOST);
	if (settings->progress &&
	    strlen(settings->progress) >= STAGE_NAME_BYTES)
		return clinic_complain("--progress: the name of a stage has at "
				       "most %u bytes",
				       STAGE_NAME_BYTES - 1);
	return 0;
}

static int find_program(struct settings *settings)
{
	const char *command = settings->command[0], *why;

	if (!clinic_find_program(command, settings->program))
		return clinic_complain("cannot find the program '%s'", command);
	why = clinic_unfit_for_preload(settings->program);
	if (!why)
		why = clinic_ignores_preload(settings->program);
	if (why)
		return clinic_complain("%s cannot be sped up virtually: %s",
				       settings->program, why);
	if (settings->file)
		snprintf(settings->program, sizeof(settings->program), "%s",
			 settings->file);
	return 0;
}

static void add_range(void *context, const struct clinic_symbols_range *range)
{
	struct causal_plan *plan = context;

	if (plan->ranges_count < CAUSAL_RANGES_MAX)
		plan->ranges[plan->ranges_count] = (struct causal_range){
			.start = range->start, .end = range->end};
	plan->ranges_count++;
}

static int find_ranges(struct clinic_symbols *symbols,
		       const struct settings *settings,
		       struct causal_plan *plan)
{
	struct clinic_symbols_binary binary = {.path = settings->program,
					       .fd = -1};
	struct clinic_symbols_module *module;
	int err = clinic_symbols_open(symbols, &binary, &module);

	return err ? err
		   : clinic_symbols_function_ranges(module, settings->function,
						    add_range, plan);
}

static int complain_of_function(const struct settings *settings, int err)
{
	if (err == -ENOENT)
		return clinic_complain(
			"%s has no function '%s'; --file PATH names the "
			"program or library that has it",
			settings->program, settings->function);
	return clinic_complain("cannot look for '%s' in %s: %s",
			       settings->function, settings->program,
			       strerror(-err));
}

static int find_function(const struct settings *settings,
			 struct causal_plan *plan)
{
	struct clinic_symbols *symbols;
	struct stat file;
	int err;

	if (stat(settings->program, &file))
		return clinic_complain("cannot read %s: %s", settings->program,
				       strerror(errno));
	plan->device = file.st_dev;
	plan->inode = file.st_ino;
	if (clinic_symbols_new(NULL, &symbols))
		return clinic_complain("out of memory");
	err = find_ranges(symbols, settings, plan);
	clinic_symbols_free(symbols);
	if (err)
		return complain_of_function(settings, err);
	if (plan->ranges_count > CAUSAL_RANGES_MAX)
		return clinic_complain("'%s' was inlined at too many places",
				       settings->function);
	return 0;
}

static int save(const struct settings *settings,
		const struct clinic_causal_outcome *outcome)
{
	const struct clinic_causal_counts counts = {
		settings->function, settings->speedup_percent, outcome};
	int err = clinic_causal_counts_write(settings->output, &counts);

	return err ? clinic_complain("cannot write %s: %s", settings->output,
				     strerror(-err))
		   : 0;
}

static int explain(const struct settings *settings,
		   const struct clinic_causal_outcome *outcome, int err)
{
	if (outcome->failed == CLINIC_CAUSAL_LAUNCH)
		return clinic_complain("cannot run %s: %s",
				       settings->command[0], strerror(-err));
	return clinic_complain("cannot measure: %s", strerror(-err));
}

static int conclude(const struct settings *settings,
		    const struct clinic_causal_outcome *outcome)
{
	int status = save(settings, outcome);

	if (!status && !outcome->results_count)
		status = clinic_complain(
			"no process that could be observed had loaded %s when "
			"it started",
			settings->program);
	return outcome->exit_code ? outcome->exit_code : status;
}

static int run_as_set(const struct settings *settings,
		      const struct causal_plan *plan)
{
	const struct clinic_causal_order order = {.argv = settings->command,
						  .preload = settings->preload,
						  .plan = plan};
	struct clinic_causal_outcome outcome;
	int err = clinic_causal_run(&order, &outcome);
	int status = err ? explain(settings, &outcome, err)
			 : conclude(settings, &outcome);

	clinic_causal_outcome_free(&outcome);
	return status;
}

static int plan_and_run(struct settings *settings)
{
	struct causal_plan *plan = calloc(1, sizeof(*plan));
	int status = plan ? find_function(settings, plan)
			  : clinic_complain("out of memory");

	if (plan && !status) {
		plan->speedup_percent = (uint32_t)settings->speedup_percent;
		if (settings->progress)
			memcpy(plan->progress, settings->progress,
			       strlen(settings->progress));
		clinic_preload_path(settings->preload);
		status = run_as_set(settings, plan);
	}
	free(plan);
	return status;
}

static int run(int argc, char **argv)
{
	struct settings settings = {.output = "causal.json"};
	const struct clinic_option options[] = {
		{'f', "function", "NAME", CLINIC_OPTION_TEXT,
		 &settings.function, "the function that is to be faster"},
		{'s', "speedup", "PERCENT", CLINIC_OPTION_NUMBER,
		 &settings.speedup_percent,
		 "the share of its time that it is to save (0)"},
		{0, "file", "PATH", CLINIC_OPTION_TEXT, &settings.file,
		 "the program or library that has the function (COMMAND)"},
		{0, "progress", "STAGE", CLINIC_OPTION_TEXT, &settings.progress,
		 "count how often this stage of clinic/stage.h begins"},
		{'o', "output", "FILE", CLINIC_OPTION_TEXT, &settings.output,
		 "what was counted, as JSON (causal.json)"},
		{0},
	};
	int at = clinic_options(&usage, options, argc, argv);
	int status;

	if (at < 0)
		return clinic_options_exit(at);
	settings.command = argv + at;
	status = check(&settings);
	if (!status)
		status = find_program(&settings);
	return status ? status : plan_and_run(&settings);
}

static const struct clinic_verb verb = {
	.name = "causal",
	.summary = "run a program as if a function were faster",
	.run = run,
};
CLINIC_VERB(verb);
