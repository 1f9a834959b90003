/* Tries the instruments one by one on this machine. */
#include "collect/doctor_checks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "sources/perf_source.h"
#include "sources/timer_source.h"
#include "symbols/symbols.h"

#define USUAL_HZ 999

static int64_t read_number(const char *path)
{
	int64_t number = CLINIC_DOCTOR_UNKNOWN;
	FILE *file = fopen(path, "re");

	if (!file)
		return number;
	if (fscanf(file, "%" SCNd64, &number) != 1)
		number = CLINIC_DOCTOR_UNKNOWN;
	fclose(file);
	return number;
}

/* The coarse clock moves with the kernel's tick, which timers wait for. */
static int64_t tick_hz(void)
{
	struct timespec tick;

	if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick) || !tick.tv_nsec)
		return CLINIC_DOCTOR_UNKNOWN;
	return 1000000000 / tick.tv_nsec;
}

static int try_timers(const char *preload)
{
	struct clinic_timer_plan plan = {.preload = preload,
					 .frequency_hz = USUAL_HZ};
	struct clinic_source source;
	int err = clinic_timer_source_open(&plan, &source);

	if (!err)
		source.close(source.state);
	return err;
}

static int try_kernel_names(void)
{
	struct clinic_symbols *symbols;
	struct clinic_symbols_module *kernel;
	int err = clinic_symbols_new(NULL, &symbols);

	if (err)
		return err;
	err = clinic_symbols_open_kernel(symbols, &kernel);
	clinic_symbols_free(symbols);
	return err;
}

static bool has_filter(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	char line[256];
	int mode = 0;

	if (!status)
		return false;
	while (fgets(line, sizeof(line), status))
		if (sscanf(line, "Seccomp: %d", &mode) == 1)
			break;
	fclose(status);
	return mode == 2;
}

static int64_t locked_memory_kb(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit))
		return CLINIC_DOCTOR_UNKNOWN;
	return limit.rlim_cur == RLIM_INFINITY ? -1
					       : (int64_t)limit.rlim_cur / 1024;
}

void clinic_doctor_checks_check(const char *preload,
				struct clinic_doctor_checks *checks)
{
	*checks = (struct clinic_doctor_checks){
		.timer_error = try_timers(preload),
		.timer_ticks_hz = tick_hz(),
		.kernel_names_error = try_kernel_names(),
		.has_filter = has_filter(),
		.perf_event_paranoid =
			read_number("/proc/sys/kernel/perf_event_paranoid"),
		.perf_event_mlock_kb =
			read_number("/proc/sys/kernel/perf_event_mlock_kb"),
		.perf_event_max_sample_rate = read_number(
			"/proc/sys/kernel/perf_event_max_sample_rate"),
		.kptr_restrict = read_number("/proc/sys/kernel/kptr_restrict"),
		.ptrace_scope =
			read_number("/proc/sys/kernel/yama/ptrace_scope"),
		.locked_memory_kb = locked_memory_kb(),
	};
	checks->has_perf = !clinic_perf_source_probe(
		&(struct clinic_perf_plan){.frequency_hz = USUAL_HZ,
					   .with_off_cpu = true},
		&checks->perf_refusals, &checks->perf);
}
