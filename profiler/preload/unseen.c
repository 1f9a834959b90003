/* Lists in a shared page which processes are not observed. */
#include "preload/unseen.h"
#include "preload/raw_calls.h"
#include "shared_memory/unseen_roll.h"
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct unseen_roll *unfit_roll;

static struct unseen_roll *map_roll(const char *path)
{
	int fd = raw_open(path, O_RDWR | O_NOFOLLOW, 0);
	void *at;

	if (fd < 0)
		return NULL;
	at = mmap(NULL, sizeof(struct unseen_roll), PROT_READ | PROT_WRITE,
		  MAP_SHARED, fd, 0);
	raw_close(fd);
	return at == MAP_FAILED ? NULL : at;
}

struct unseen_roll *unseen_open(const char *folder)
{
	char path[NAME_MAX];
	size_t bytes = strlen(folder);

	if (bytes + sizeof("/" UNSEEN_ROLL_NAME) > sizeof(path))
		return NULL;
	memcpy(path, folder, bytes);
	strcpy(path + bytes, "/" UNSEEN_ROLL_NAME);
	return map_roll(path);
}

void unseen_note_unopened(struct unseen_roll *roll, int error)
{
	if (!roll)
		return;
	__atomic_fetch_add(&roll->unopened_count, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&roll->errno_number, (uint32_t)error,
			 __ATOMIC_RELAXED);
	__atomic_store_n(&roll->pid, (uint32_t)raw_pid(), __ATOMIC_RELAXED);
}

void unseen_note_confined(struct unseen_roll *roll)
{
	if (roll)
		__atomic_fetch_add(&roll->confined_count, 1, __ATOMIC_RELAXED);
}

void unseen_note_starting(struct unseen_roll *roll)
{
	if (roll)
		__atomic_fetch_add(&roll->starting_count, 1, __ATOMIC_RELAXED);
}

void unseen_note_started(struct unseen_roll *roll)
{
	if (roll)
		__atomic_fetch_sub(&roll->starting_count, 1, __ATOMIC_RELAXED);
}

void unseen_use(struct unseen_roll *roll)
{
	if (!unfit_roll)
		unfit_roll = roll;
}

/* Copies as much of the text as there is room for. */
static size_t append(char *text, size_t used, const char *more)
{
	size_t bytes = strlen(more), room = UNSEEN_TEXT_BYTES - used;

	if (bytes > room)
		bytes = room;
	memcpy(text + used, more, bytes);
	return used + bytes;
}

void unseen_note_unfit(const char *path, const char *why)
{
	struct unseen_text *place;
	uint32_t at;
	size_t bytes;

	if (!unfit_roll)
		return;
	at = __atomic_fetch_add(&unfit_roll->unfit_count, 1, __ATOMIC_RELAXED);
	if (at >= UNSEEN_TEXTS)
		return;
	place = &unfit_roll->unfit[at];
	bytes = append(place->text, 0, path);
	bytes = append(place->text, bytes, ": ");
	bytes = append(place->text, bytes, why);
	__atomic_store_n(&place->bytes, (uint32_t)bytes, __ATOMIC_RELEASE);
}

bool unseen_is_used(void)
{
	return unfit_roll != NULL;
}

/* Stands for the length while a text is being written. */
#define BEING_WRITTEN UINT32_MAX

/* Is that place for this text? A free place is taken for it. */
static bool take_place(struct unseen_text *place, const char *text,
		       uint32_t bytes)
{
	uint32_t there = 0;

	if (__atomic_compare_exchange_n(&place->bytes, &there, BEING_WRITTEN,
					false, __ATOMIC_ACQUIRE,
					__ATOMIC_ACQUIRE)) {
		memcpy(place->text, text, bytes);
		__atomic_store_n(&place->bytes, bytes, __ATOMIC_RELEASE);
		return true;
	}
	return there == bytes && !memcmp(place->text, text, bytes);
}

int unseen_place_leaver(const char *path, const char *why)
{
	char text[UNSEEN_TEXT_BYTES];
	size_t bytes = append(text, 0, path);
	int place = 0;

	bytes = append(text, bytes, " (");
	bytes = append(text, bytes, why);
	bytes = append(text, bytes, ")");
	while (place < (int)UNSEEN_TEXTS &&
	       !take_place(&unfit_roll->leavers[place].program, text,
			   (uint32_t)bytes))
		place++;
	return place;
}

static void add_leavers(int place, uint32_t count)
{
	__atomic_fetch_add(place < (int)UNSEEN_TEXTS
				   ? &unfit_roll->leavers[place].count
				   : &unfit_roll->more_leavers_count,
			   count, __ATOMIC_RELAXED);
}

void unseen_note_leaver(int place, pid_t pid)
{
	if (place < (int)UNSEEN_TEXTS)
		__atomic_store_n(&unfit_roll->leavers[place].pid, (uint32_t)pid,
				 __ATOMIC_RELAXED);
	add_leavers(place, 1);
}

void unseen_forget_leaver(int place)
{
	add_leavers(place, UINT32_MAX); /* that is minus 1 */
}
