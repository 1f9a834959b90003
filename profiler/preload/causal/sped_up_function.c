/* Finds the planned function in memory, and looks for it on a stack. */
#include "preload/causal/sped_up_function.h"

#include <errno.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "preload/stack/stack_tables.h"
#include "preload/stack/thread_stack.h"
#include "shared_memory/causal_layout.h"
#include "unwind/unwind.h"

static const struct causal_plan *plan;
static uint64_t bias; /* run-time address - ELF address */

struct walker {
	struct clinic_unwinder unwinder;
	uint64_t frames[CLINIC_UNWIND_FRAMES];
};

/* NULL: there is no memory, so only the innermost frame is looked at. */
static _Thread_local struct walker *own;

/* The first object is the program, which has no name there. */
static int is_planned(struct dl_phdr_info *object, size_t size, void *found)
{
	const char *path = object->dlpi_name[0] ? object->dlpi_name
						: "/proc/self/exe";
	struct stat file;

	(void)size;
	if (stat(path, &file) || file.st_dev != plan->device ||
	    file.st_ino != plan->inode)
		return 0;
	*(uint64_t *)found = object->dlpi_addr;
	return 1;
}

int sped_up_function_open(const struct causal_plan *wanted)
{
	plan = wanted;
	if (!dl_iterate_phdr(is_planned, &bias))
		return -ENXIO;
	stack_tables_prepare();
	return 0;
}

void sped_up_function_begin_thread(void)
{
	void *at = mmap(NULL, sizeof(*own), PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	own = at == MAP_FAILED ? NULL : at;
}

void sped_up_function_end_thread(void)
{
	struct walker *walker = own;

	own = NULL;
	if (walker)
		munmap(walker, sizeof(*walker));
}

static bool is_within(uint64_t address)
{
	uint64_t at = address - bias;

	for (uint32_t i = 0; i < plan->ranges_count; i++)
		if (at >= plan->ranges[i].start && at < plan->ranges[i].end)
			return true;
	return false;
}

static size_t walk(const struct clinic_registers *registers,
		   const struct thread_stack *on)
{
	uint64_t sp = registers->value[CLINIC_REGISTER_SP];
	const struct clinic_unwind_moment at = {.registers = registers,
						.stack_start = sp,
						.stack = (const void *)sp,
						.stack_bytes = on->high - sp};
	struct clinic_unwound out = {.frames = own->frames,
				     .frames_max = CLINIC_UNWIND_FRAMES};

	clinic_unwind(&own->unwinder, stack_tables_now(), &at, &out);
	return out.frames_count;
}

static bool is_below(const struct clinic_registers *registers)
{
	uint64_t sp = registers->value[CLINIC_REGISTER_SP];
	struct thread_stack on = thread_stack_around(sp);
	size_t count;

	if (!own || !stack_tables_now() || sp < on.low || sp >= on.high)
		return false;
	count = walk(registers, &on);
	for (size_t i = 1; i < count; i++)
		if (is_within(own->frames[i]))
			return true;
	return false;
}

bool sped_up_function_is_running(const void *context)
{
	struct clinic_registers registers;

	clinic_registers_from_context(&registers, context);
	return is_within(registers.value[CLINIC_REGISTER_PC]) ||
	       is_below(&registers);
}
