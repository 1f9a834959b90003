#include "sources/timer_program.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared_memory/timer_ring.h"

static void *map_file(int folder_fd, const char *name)
{
	int fd = openat(folder_fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	size_t bytes = TIMER_RING_HEAD_BYTES + TIMER_RING_BYTES;
	struct stat file;
	void *at = MAP_FAILED;

	if (fd < 0)
		return NULL;
	/* Shorter ones are still being allocated. */
	if (!fstat(fd, &file) && file.st_size == (off_t)bytes)
		at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			  0);
	close(fd);
	return at == MAP_FAILED ? NULL : at;
}

static void unmap(struct timer_ring_head *head)
{
	munmap(head, TIMER_RING_HEAD_BYTES + TIMER_RING_BYTES);
}

static bool is_ready(struct timer_ring_head *head)
{
	return __atomic_load_n(&head->magic, __ATOMIC_ACQUIRE) ==
		       TIMER_RING_MAGIC &&
	       head->ring_bytes == TIMER_RING_BYTES;
}

struct clinic_timer_program *clinic_timer_program_open(int folder_fd,
						       const char *name)
{
	struct timer_ring_head *head = map_file(folder_fd, name);
	struct clinic_timer_program *program;

	if (!head)
		return NULL;
	program = is_ready(head) ? calloc(1, sizeof(*program)) : NULL;
	if (!program) {
		unmap(head);
		return NULL;
	}
	snprintf(program->name, sizeof(program->name), "%s", name);
	sscanf(name, "%" SCNu32 ".%" SCNu32, &program->pid, &program->number);
	program->head = head;
	program->data = (const uint8_t *)head + TIMER_RING_HEAD_BYTES;
	return program;
}

void clinic_timer_program_close(struct clinic_timer_program *program,
				int folder_fd)
{
	unlinkat(folder_fd, program->name, 0);
	unmap(program->head);
	free(program);
}

static int tell_lost(const struct clinic_timer_receiver *to,
		     const struct clinic_timer_program *program, uint64_t count)
{
	struct clinic_event lost = {.kind = CLINIC_EVENT_LOST,
				    .pid = program->pid,
				    .lost_count = count};

	return count ? to->on_event(to->context, &lost) : 0;
}

static int tell_name(const struct clinic_timer_receiver *to,
		     const struct clinic_timer_program *program, uint32_t tid,
		     const char *name, bool is_exec)
{
	struct clinic_event event = {.kind = CLINIC_EVENT_NAME,
				     .pid = program->pid,
				     .tid = tid,
				     .name = {name, is_exec}};

	return to->on_event(to->context, &event);
}

/* "55d0-55e0 r-xp 00002000 fe:00 1234   /usr/bin/x" */
static int tell_mapping(const struct clinic_timer_receiver *to,
			const struct clinic_timer_program *program,
			const char *line)
{
	struct clinic_event event = {.kind = CLINIC_EVENT_MAPPING,
				     .pid = program->pid,
				     .tid = program->pid};
	struct clinic_mapping *mapping = &event.mapping;
	char protection[5];
	uint64_t end;
	int path_at = 0;

	if (sscanf(line,
		   "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64
		   " %n",
		   &mapping->start, &end, protection, &mapping->file_offset,
		   &mapping->device_major, &mapping->device_minor,
		   &mapping->inode, &path_at) != 7 ||
	    protection[2] != 'x')
		return 0;
	mapping->size_bytes = end - mapping->start;
	mapping->path = line + path_at;
	return to->on_event(to->context, &event);
}

static int tell_maps(const struct clinic_timer_receiver *to,
		     const struct clinic_timer_program *program,
		     const struct timer_maps *maps)
{
	size_t most = maps->record.bytes - sizeof(*maps);
	size_t length = maps->text_bytes < most ? maps->text_bytes : most;
	char *text = strndup((const char *)(maps + 1), length);
	char *rest = text, *line;
	int err = text ? 0 : -ENOMEM;

	while (!err && (line = strsep(&rest, "\n")))
		err = tell_mapping(to, program, line);
	free(text);
	return err;
}

static int tell_sample(const struct clinic_timer_receiver *to,
		       struct clinic_timer_program *program,
		       const struct timer_sample *sample)
{
	size_t most = sample->record.bytes - sizeof(*sample);
	struct clinic_event event = {
		.kind = CLINIC_EVENT_SAMPLE,
		.pid = program->pid,
		.tid = sample->tid,
		.time_ns = sample->time_ns,
		.sample =
			{
				.weight_ns = sample->weight_ns,
				.ip = sample->registers
					      .value[CLINIC_REGISTER_PC],
				.cpu = sample->cpu,
				.registers = &sample->registers,
				.stack = (const uint8_t *)(sample + 1),
				.stack_bytes = sample->stack_bytes < most
						       ? sample->stack_bytes
						       : most,
			},
	};
	int err = 0;

	if (program->named_tid != sample->tid ||
	    strncmp(program->thread_name, sample->name, sizeof(sample->name))) {
		program->named_tid = sample->tid;
		memcpy(program->thread_name, sample->name,
		       sizeof(sample->name) - 1);
		err = tell_name(to, program, sample->tid, program->thread_name,
				false);
	}
	return err ? err : to->on_event(to->context, &event);
}

static int tell_stage(const struct clinic_timer_receiver *to,
		      const struct clinic_timer_program *program,
		      const struct timer_stage *stage)
{
	char name[sizeof(stage->name) + 1] = "";
	struct clinic_event event = {.kind = CLINIC_EVENT_STAGE,
				     .pid = program->pid,
				     .tid = stage->tid,
				     .time_ns = stage->time_ns,
				     .stage = name};

	memcpy(name, stage->name, sizeof(stage->name));
	return to->on_event(to->context, &event);
}

static uint32_t least_bytes(uint32_t kind)
{
	if (kind == TIMER_RECORD_SAMPLE)
		return sizeof(struct timer_sample);
	if (kind == TIMER_RECORD_MAPS)
		return sizeof(struct timer_maps);
	if (kind == TIMER_RECORD_STAGE)
		return sizeof(struct timer_stage);
	return sizeof(struct timer_record);
}

/* The complete record at a position below head; NULL: not, or not yet. */
static struct timer_record *
record_at(const struct clinic_timer_program *program, uint64_t position,
	  uint64_t head)
{
	uint64_t place = position % TIMER_RING_BYTES;
	struct timer_record *record =
		(void *)(uintptr_t)(program->data + place);
	uint32_t kind;

	if (position >= head)
		return NULL;
	kind = atomic_load_explicit(&record->kind, memory_order_acquire);
	if (kind == TIMER_RECORD_UNWRITTEN ||
	    record->bytes < least_bytes(kind) ||
	    record->bytes > TIMER_RING_BYTES - place ||
	    record->bytes % TIMER_RING_ALIGN)
		return NULL;
	return record;
}

/*
 * What was mapped by the time of the drain is told before the samples: the
 * program writes it down when it first ticks, before code goes, and at its
 * end, which may be after the samples that need it.
 */
static int tell_all_maps(const struct clinic_timer_receiver *to,
			 const struct clinic_timer_program *program,
			 uint64_t head)
{
	uint64_t at = program->head->tail;
	struct timer_record *record;
	int err = 0;

	for (; !err && (record = record_at(program, at, head));
	     at += record->bytes)
		if (record->kind == TIMER_RECORD_MAPS)
			err = tell_maps(to, program, (void *)record);
	return err;
}

/* Hands on, wipes and frees; the writers rely on zeroes. */
static int consume(const struct clinic_timer_receiver *to,
		   struct clinic_timer_program *program, uint64_t head)
{
	uint64_t at = program->head->tail;
	struct timer_record *record;
	int err = 0;

	while (!err && (record = record_at(program, at, head))) {
		uint32_t bytes = record->bytes;

		if (record->kind == TIMER_RECORD_SAMPLE)
			err = tell_sample(to, program, (void *)record);
		else if (record->kind == TIMER_RECORD_STAGE)
			err = tell_stage(to, program, (void *)record);
		memset(record, 0, bytes);
		at += bytes;
		atomic_store_explicit(&program->head->tail, at,
				      memory_order_release);
	}
	return err;
}

int clinic_timer_program_drain(struct clinic_timer_program *program,
			       const struct clinic_timer_receiver *to)
{
	uint64_t head = atomic_load_explicit(&program->head->head,
					     memory_order_acquire);
	uint64_t lost = program->head->lost_count - program->lost_seen_count;
	int err = 0;

	if (!program->is_announced) {
		/* Whatever had this number before, it is another program. */
		program->is_announced = true;
		err = tell_name(to, program, program->pid, "", true);
	}
	if (!err)
		err = tell_all_maps(to, program, head);
	if (!err)
		err = consume(to, program, head);
	program->lost_seen_count += lost;
	return err ? err : tell_lost(to, program, lost);
}

int clinic_timer_program_end(const struct clinic_timer_program *program,
			     const struct clinic_timer_receiver *to)
{
	return tell_lost(to, program,
			 program->head->head != program->head->tail);
}
