/*
 * Makes the unwind tables, and adds one when a stack leads through a library
 * that has none.
 */
#include "preload/stack/stack_tables.h"
#include "preload/cancellation.h"
#include "preload/confinement.h"
#include "preload/stack/loaded_image.h"
#include "preload/stack/process_texts.h"
#include "preload/raw_calls.h"
#include "preload/stack/spare_stack.h"
#include "preload/stack/table_memory.h"
#include "unwind/address_space.h"
#include <stddef.h>
#include <unistd.h>

static struct clinic_modules *modules;
/* What was loaded when the tables were prepared is taken to stay loaded. */
static struct clinic_space *at_start;
static _Atomic(struct clinic_space *) space;
static atomic_flag preparing = ATOMIC_FLAG_INIT;

_Atomic uint64_t stack_unloads_count;

static bool is_there(uint64_t address)
{
	struct clinic_place place;

	return !clinic_space_find(at_start, address, &place) ||
	       loaded_image_is_at(address);
}

/*
 * The old space is not freed, because another thread may be walking over it. It
 * is small: all spaces share the tables themselves.
 */
static void publish(struct clinic_space *fresh)
{
	/*
	 * The listing is published first, so that a thread that uses the new
	 * tables has the new listing too.
	 */
	process_save_maps(fresh);
	atomic_store(&space, fresh);
}

static void read_all(void *unused)
{
	(void)unused;
	if (clinic_modules_new(&modules) ||
	    clinic_space_read_self(modules, &at_start))
		return;
	publish(at_start);
}

void stack_tables_prepare(void)
{
	int before;

	if (confinement.is_filtered || atomic_flag_test_and_set(&preparing))
		return;
	before = cancellation_pause();
	if (!atomic_load(&space))
		spare_stack_call(read_all, NULL);
	atomic_flag_clear(&preparing);
	cancellation_resume(before);
}

struct addition {
	struct clinic_image image;
	bool is_added;
};

static bool add_to_copy(const struct clinic_space *now,
			const struct clinic_image *image)
{
	struct clinic_space *fresh;

	if (clinic_space_copy(now, raw_pid(), &fresh))
		return false;
	if (clinic_space_add_image(fresh, image)) {
		clinic_space_free(fresh);
		return false;
	}
	publish(fresh);
	/* If a library was closed meanwhile, it was hidden in the old space. */
	clinic_space_hide(fresh, is_there);
	return true;
}

static void add(void *context)
{
	struct addition *addition = context;
	struct clinic_space *now = stack_tables_now(), *alone;

	if ((!modules && clinic_modules_new(&modules)) ||
	    clinic_space_new(modules, raw_pid(), &alone))
		return;
	/* The same plugin may be loaded again at the same address. */
	if (!clinic_space_add_image(alone, &addition->image))
		addition->is_added = clinic_space_show(now, alone) ||
				     add_to_copy(now, &addition->image);
	clinic_space_free(alone);
}

bool stack_tables_add(uint64_t address)
{
	struct addition addition = {0};
	int before;

	if (confinement.is_filtered ||
	    !loaded_image_find(address, &addition.image) ||
	    atomic_flag_test_and_set(&preparing))
		return false;
	before = cancellation_pause();
	spare_stack_call(add, &addition);
	atomic_flag_clear(&preparing);
	cancellation_resume(before);
	return addition.is_added;
}

struct clinic_space *stack_tables_now(void)
{
	return atomic_load_explicit(&space, memory_order_acquire);
}

/*
 * If another thread loads a library in the same place before this looks, it is
 * mistaken for the one that was closed.
 */
void stack_tables_note_unload(void)
{
	struct clinic_space *now = stack_tables_now();

	if (now)
		clinic_space_hide(now, is_there);
	atomic_fetch_add(&stack_unloads_count, 1);
}

/*
 * If another thread was compiling a table during the fork, its memory and the
 * modules may be in an inconsistent state: the child makes new ones.
 */
void stack_tables_restart(void)
{
	if (atomic_flag_test_and_set(&preparing)) {
		table_memory_restart();
		modules = NULL;
	}
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
