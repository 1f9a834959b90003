/* Makes the scheduler run the recorder soon after it is woken. */
#include "collect/promptness.h"

#include <sched.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The shortest slice that kernels since 6.12 accept for a normal task. */
#define SHORT_SLICE_NS 100000

/* Of sched_setattr(2), for which glibc has no declaration. */
struct scheduling {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime_ns, deadline_ns, period_ns;
};

/*
 * Short slices come first among equals, and need no privilege; older kernels
 * ignore them. A nice value below zero does.
 */
static int set(int nice, uint64_t slice_ns)
{
	struct scheduling wanted = {.size = sizeof(wanted),
				    .policy = SCHED_OTHER,
				    .nice = nice,
				    .runtime_ns = slice_ns};

	return (int)syscall(SYS_sched_setattr, 0, &wanted, 0);
}

void clinic_promptness_raise(struct clinic_promptness *promptness)
{
	promptness->nice_before = getpriority(PRIO_PROCESS, 0);
	if (set(-20, SHORT_SLICE_NS))
		(void)set(promptness->nice_before, SHORT_SLICE_NS);
}

void clinic_promptness_restore(const struct clinic_promptness *promptness)
{
	(void)set(promptness->nice_before, 0);
}
