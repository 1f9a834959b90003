/* Finds the best perf event that can be opened here. */
#include "sources/perf_choice.h"

#include <errno.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "sources/event_source.h"
#include "sources/perf_record.h"

/* The best event is first. */
static const struct sampling_event {
	const char *name;
	const char *tried; /* its name in a refusal */
	uint32_t type;
	uint64_t config;
} sampling_events[] = {
	{"cycles", "perf cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
	{"task-clock", "perf task-clock", PERF_TYPE_SOFTWARE,
	 PERF_COUNT_SW_TASK_CLOCK},
	{"cpu-clock", "perf cpu-clock", PERF_TYPE_SOFTWARE,
	 PERF_COUNT_SW_CPU_CLOCK},
};

static int try_open(struct perf_event_attr *attr, pid_t pid, int cpu)
{
	long fd = syscall(SYS_perf_event_open, attr, pid, cpu, -1,
			  PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

/* Kernels before 6.0 do not count what an event lost. */
static int open_event(struct perf_event_attr *attr, pid_t pid, int cpu)
{
	int fd = try_open(attr, pid, cpu);

	if (fd != -EINVAL || !(attr->read_format & PERF_FORMAT_LOST))
		return fd;
	attr->read_format &= ~(uint64_t)PERF_FORMAT_LOST;
	return try_open(attr, pid, cpu);
}

/* What all events of a source have in common, so that they share a ring. */
static struct perf_event_attr base_attr(const struct clinic_perf_plan *plan)
{
	return (struct perf_event_attr){
		.size = sizeof(struct perf_event_attr),
		.sample_type = CLINIC_PERF_SAMPLE_TYPE,
		.read_format = PERF_FORMAT_TOTAL_TIME_RUNNING |
			       PERF_FORMAT_LOST,
		.sample_regs_user = CLINIC_PERF_REGISTERS,
		.sample_stack_user = CLINIC_STACK_BYTES,
		.disabled = 1,
		.inherit = 1,
		.enable_on_exec = !plan->is_running,
		.sample_id_all = 1,
		.exclude_hv = 1,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
	};
}

static struct perf_event_attr sampling_attr(const struct clinic_perf_plan *plan,
					    const struct sampling_event *event)
{
	struct perf_event_attr attr = base_attr(plan);

	attr.type = event->type;
	attr.config = event->config;
	attr.freq = 1;
	attr.sample_freq = plan->frequency_hz;
	return attr;
}

/* The dummy event counts nothing and reports everything but samples. */
static struct perf_event_attr side_band_attr(struct perf_event_attr sampling,
					     bool with_off_cpu)
{
	sampling.type = PERF_TYPE_SOFTWARE;
	sampling.config = PERF_COUNT_SW_DUMMY;
	sampling.freq = 0;
	sampling.sample_period = 0;
	sampling.mmap = 1;
	sampling.mmap2 = 1;
	sampling.build_id = 1;
	sampling.comm = 1;
	sampling.comm_exec = 1;
	sampling.task = 1;
	sampling.context_switch = with_off_cpu;
	return sampling;
}

static struct perf_event_attr departure_attr(struct perf_event_attr sampling)
{
	sampling.type = PERF_TYPE_SOFTWARE;
	sampling.config = PERF_COUNT_SW_CONTEXT_SWITCHES;
	sampling.freq = 0;
	sampling.sample_period = 1;
	return sampling;
}

static struct perf_event_attr attr_of(const struct clinic_perf_choice *choice,
				      enum clinic_perf_role role)
{
	struct perf_event_attr attr = choice->attr;

	if (role == CLINIC_PERF_SIDE_BAND)
		return side_band_attr(attr, choice->with_off_cpu);
	if (role == CLINIC_PERF_DEPARTURES)
		return departure_attr(attr);
	if (role == CLINIC_PERF_DEEP_SAMPLES) {
		attr.sample_stack_user = CLINIC_STACK_BYTES_DEEP;
		return attr;
	}
	/*
	 * In code without frame pointers, the kernel follows values that are no
	 * pointers, and faults: that is more than half of the cost of a sample.
	 */
	attr.exclude_callchain_user = 1;
	attr.enable_on_exec = 0;
	return attr;
}

/* Kernels before 5.12 report devices and inodes of mappings, no build-ids. */
int clinic_perf_open_role(const struct clinic_perf_choice *choice,
			  enum clinic_perf_role role, pid_t thread, int cpu)
{
	struct perf_event_attr attr = attr_of(choice, role);
	int fd = open_event(&attr, thread, cpu);

	if (fd == -EINVAL && attr.build_id) {
		attr.build_id = 0;
		fd = open_event(&attr, thread, cpu);
	}
	return fd;
}

static int try_event(const struct clinic_perf_plan *plan, int cpu,
		     const struct sampling_event *event, bool user_only,
		     struct clinic_perf_choice *choice)
{
	int fd;

	choice->event = event->name;
	choice->attr = sampling_attr(plan, event);
	choice->attr.exclude_kernel = user_only;
	fd = open_event(&choice->attr, plan->pid, cpu);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/*
 * Without the kernel the event could be opened, but would never fire, because
 * what it counts happens in the kernel.
 */
static int try_departures(const struct clinic_perf_plan *plan, int cpu,
			  const struct clinic_perf_choice *choice)
{
	int fd;

	if (choice->attr.exclude_kernel)
		return -EACCES;
	fd = clinic_perf_open_role(choice, CLINIC_PERF_DEPARTURES, plan->pid,
				   cpu);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static const char *advice_for(int error, bool user_only)
{
	switch (error) {
	case EACCES:
		return user_only ? "sudo sysctl kernel.perf_event_paranoid=2, "
				   "and a target that is yours"
				 : "kernel time needs: sudo sysctl "
				   "kernel.perf_event_paranoid=1, or sudo "
				   "setcap cap_perfmon=ep on clinic";
	case EPERM:
	case ENOSYS:
		return "a seccomp filter forbids it: docker run "
		       "--security-opt seccomp=unconfined --cap-add PERFMON";
	case ENOENT:
	case ENODEV:
	case EOPNOTSUPP:
		return "this machine has no such counter, and no setting changes that";
	case EMFILE:
		return "ulimit -n 65536";
	default:
		return "";
	}
}

static void refuse(struct clinic_refusals *refusals,
		   const struct sampling_event *event, bool user_only,
		   int error)
{
	clinic_refusals_add(refusals, event->tried, error, "%s",
			    advice_for(error, user_only));
}

static bool is_forbidden(int error)
{
	return error == EACCES || error == EPERM;
}

static int choose_event(const struct clinic_perf_plan *plan, int cpu,
			struct clinic_refusals *refusals,
			struct clinic_perf_choice *choice)
{
	size_t count = sizeof(sampling_events) / sizeof(sampling_events[0]);
	int first_error = 0;

	for (size_t i = 0; i < count; i++) {
		for (int user_only = 0; user_only < 2; user_only++) {
			int error = -try_event(plan, cpu, &sampling_events[i],
					       user_only, choice);

			if (!error)
				return 0;
			refuse(refusals, &sampling_events[i], user_only, error);
			if (!first_error || is_forbidden(error))
				first_error = -error;
			if (!is_forbidden(error))
				break;
		}
	}
	return first_error;
}

int clinic_perf_choose(const struct clinic_perf_plan *plan, int cpu,
		       struct clinic_refusals *refusals,
		       struct clinic_perf_choice *choice)
{
	int err = choose_event(plan, cpu, refusals, choice);

	choice->with_off_cpu = plan->with_off_cpu;
	if (err || !plan->with_off_cpu)
		return err;
	choice->departures_error = try_departures(plan, cpu, choice);
	if (choice->departures_error)
		clinic_refusals_add(
			refusals, "stacks of off-CPU time",
			-choice->departures_error, "%s",
			advice_for(-choice->departures_error, false));
	return 0;
}
