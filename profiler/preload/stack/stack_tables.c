/* Makes unwind tables anew when a library was loaded. */
#include "preload/stack/stack_tables.h"
#include "preload/cancellation.h"
#include "preload/confinement.h"
#include "preload/stack/process_texts.h"
#include "preload/stack/spare_stack.h"
#include "unwind/address_space.h"
#include <dlfcn.h>
#include <link.h>

static struct clinic_modules *modules;
static _Atomic(struct clinic_space *) space;
/*
 * How many libraries had ever been loaded, and how many closed, when the tables
 * were made.
 */
static _Atomic unsigned long long space_adds;
static _Atomic uint64_t space_unloads;
static atomic_flag preparing = ATOMIC_FLAG_INIT;

_Atomic uint64_t stack_unloads_count;

static int read_adds(struct dl_phdr_info *image, size_t size, void *adds)
{
	(void)size;
	*(unsigned long long *)adds = image->dlpi_adds;
	return 1; /* the first image tells */
}

static unsigned long long loaded_count(void)
{
	unsigned long long adds = 0;

	dl_iterate_phdr(read_adds, &adds);
	return adds;
}

/*
 * The old space is not freed: another thread may be walking over it. It is
 * small, the tables themselves are shared by all spaces.
 */
static void rebuild(void *unused)
{
	struct clinic_space *old = atomic_load(&space), *fresh;

	(void)unused;
	atomic_store(&space_unloads, atomic_load(&stack_unloads_count));
	atomic_store(&space_adds, loaded_count());
	if ((!modules && clinic_modules_new(&modules)) ||
	    clinic_space_read_self(modules, &fresh))
		return;
	/* The same plugin was loaded again at the same address. */
	if (old && clinic_space_covers(old, fresh)) {
		clinic_space_free(fresh);
		return;
	}
	/*
	 * The listing is published first, so that a thread that uses the new
	 * tables has the new listing too.
	 */
	process_save_maps();
	atomic_store_explicit(&space, fresh, memory_order_release);
}

static bool is_behind(void)
{
	return loaded_count() != atomic_load(&space_adds);
}

void stack_tables_prepare(void)
{
	int before;

	if (confinement.is_filtered || atomic_flag_test_and_set(&preparing))
		return;
	before = cancellation_pause();
	if (!atomic_load(&space) || is_behind())
		spare_stack_call(rebuild, NULL);
	atomic_flag_clear(&preparing);
	cancellation_resume(before);
}

struct clinic_space *stack_tables_now(void)
{
	return atomic_load_explicit(&space, memory_order_acquire);
}

bool stack_tables_are_doubtful(void)
{
	return atomic_load(&stack_unloads_count) != atomic_load(&space_unloads);
}

/*
 * Code of no library is met often, and the loader's lock may be held by a
 * thread that waits for what ours holds: only what the loader knows to be a
 * library's is a reason to ask for it.
 */
bool stack_tables_lack(uint64_t address)
{
	struct dl_find_object found;

	return !confinement.is_filtered &&
	       !_dl_find_object((void *)address, &found);
}

void stack_tables_note_unload(void)
{
	atomic_fetch_add(&stack_unloads_count, 1);
}

void stack_tables_restart(void)
{
	atomic_flag_clear(&preparing);
}

bool stack_tables_place(uint64_t address, const char **path,
			uint64_t *file_offset)
{
	const struct clinic_space *now = stack_tables_now();
	struct clinic_place place;

	if (!now || clinic_space_find(now, address, &place))
		return false;
	*path = clinic_module_path(place.module);
	*file_offset = place.file_offset;
	return true;
}
