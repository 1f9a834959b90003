/* Finds the session's numbers for stacks and threads of an arena. */
#include "collect/arena_sums.h"

#include <string.h>

#include "session/session.h"
#include "sources/file_owner.h"

uint32_t clinic_arena_stack_id(const struct clinic_arena_sums *sums,
			       uint32_t address_stack)
{
	return sums->stack_ids ? sums->stack_ids[address_stack] : address_stack;
}

int clinic_arena_sums_add(const struct clinic_arena_sums *sums,
			  enum clinic_table table, const void *row)
{
	return sums->on_sum ? sums->on_sum(sums->context, table, row)
			    : clinic_session_add(sums->session, table, row);
}

int clinic_arena_thread_id(struct clinic_arena_sums *sums,
			   const struct arena_image *image, uint64_t thread_at,
			   uint32_t *id)
{
	const struct thread_block *thread = clinic_arena_block(
		&image->file, BLOCK_THREAD,
		clinic_arena_find(&image->file, BLOCK_THREAD, thread_at));
	char name[sizeof(thread->name) + 1] = "";

	*id = 0;
	/* A block that stands for several threads has no row of its own. */
	if (!thread || thread->folded_count || sums->on_sum)
		return 0;
	memcpy(name, thread->name, sizeof(thread->name));
	return clinic_session_thread_id(
		sums->session, image->file.pid,
		clinic_owned_thread(image->file.pid, image->file.head->pid,
				    thread->tid),
		name, id);
}
