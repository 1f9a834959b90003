/* Starts a program with a plan, waits for its end, and reads the results. */
#include "collect/causal_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "collect/stop_signals.h"
#include "collect/target.h"
#include "foundation/growing_array.h"
#include "shared_memory/settings.h"
#include "shared_memory/ticks.h"
#include "sources/preload_injection.h"

/* How often the processes that hand their memory over are let in. */
#define LOOK_MS 50

struct run {
	const struct clinic_causal_order *order;
	struct clinic_causal_outcome *outcome;
	struct clinic_preload_injection injection;
	struct clinic_target target;
	int signal_fd;
	bool is_stopped;
};

static int write_plan(const struct run *run)
{
	const struct causal_plan *plan = run->order->plan;
	int fd = openat(run->injection.folder.fd, CAUSAL_PLAN_NAME,
			O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, plan, sizeof(*plan)) != (ssize_t)sizeof(*plan))
		err = -EIO;
	close(fd);
	return err;
}

static int prepare(struct run *run)
{
	int err = clinic_preload_injection_open(
		&run->injection, run->order->preload, "clinic-causal-",
		SETTING_CAUSAL_HANDOVER);

	if (!err)
		err = clinic_preload_injection_set(&run->injection,
						   SETTING_CAUSAL, "%s",
						   run->injection.folder.path);
	return err ? err : write_plan(run);
}

static void pass_signal_on(struct run *run)
{
	struct signalfd_siginfo info;

	if (read(run->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	kill(run->target.pid, run->is_stopped ? SIGKILL : (int)info.ssi_signo);
	run->is_stopped = true;
}

static void wait_for_end(struct run *run)
{
	struct pollfd seen[] = {{.fd = run->signal_fd, .events = POLLIN},
				{.fd = run->target.pid_fd, .events = POLLIN}};

	while (!run->target.has_ended) {
		(void)poll(seen, 2, LOOK_MS);
		if (seen[0].revents & POLLIN)
			pass_signal_on(run);
		clinic_handover_receive(&run->injection.folder.door);
		clinic_target_reap(&run->target);
	}
}

static int start_and_wait(struct run *run)
{
	int err = clinic_target_launch(run->order->argv,
				       run->injection.settings, &run->target);
	uint64_t begun_ns = clock_ns();

	if (!err)
		err = clinic_target_go(&run->target);
	if (err)
		return err;
	wait_for_end(run);
	run->outcome->wall_ns = clock_ns() - begun_ns;
	run->outcome->exit_code = run->target.exit_code;
	return 0;
}

static int keep(struct clinic_causal_outcome *outcome,
		const struct causal_result *result)
{
	struct causal_result *grown =
		clinic_grow(outcome->results, outcome->results_count,
			    &outcome->results_room, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	outcome->results = grown;
	grown[outcome->results_count++] = *result;
	return 0;
}

/* The file may be damaged, or still without its magic. */
static int read_result(void *context, const char *name)
{
	struct run *run = context;
	struct causal_result result;
	int fd = clinic_shared_folder_open(&run->injection.folder, name,
					   O_RDONLY);
	ssize_t got;

	if (fd < 0)
		return 0;
	got = pread(fd, &result, sizeof(result), 0);
	close(fd);
	if (got != (ssize_t)sizeof(result) ||
	    result.magic != CAUSAL_RESULT_MAGIC)
		return 0;
	return keep(run->outcome, &result);
}

static int run_steps(struct run *run)
{
	int err;

	run->outcome->failed = CLINIC_CAUSAL_PREPARE;
	err = prepare(run);
	if (err)
		return err;
	run->outcome->failed = CLINIC_CAUSAL_LAUNCH;
	err = start_and_wait(run);
	if (err)
		return err;
	run->outcome->failed = CLINIC_CAUSAL_READ;
	return clinic_shared_folder_each(&run->injection.folder, read_result,
					 run);
}

int clinic_causal_run(const struct clinic_causal_order *order,
		      struct clinic_causal_outcome *outcome)
{
	struct run run = {
		.order = order,
		.outcome = outcome,
		.target = {.go_fd = -1, .failed_fd = -1, .pid_fd = -1}};
	int err;

	*outcome = (struct clinic_causal_outcome){0};
	run.signal_fd = clinic_stop_signals_catch();
	if (run.signal_fd < 0)
		return run.signal_fd;
	err = run_steps(&run);
	clinic_target_close(&run.target);
	clinic_preload_injection_close(&run.injection);
	close(run.signal_fd);
	clinic_stop_signals_release();
	return err;
}

void clinic_causal_outcome_free(struct clinic_causal_outcome *outcome)
{
	free(outcome->results);
	*outcome = (struct clinic_causal_outcome){0};
}
