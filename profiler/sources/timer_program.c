/* Reads one ring, each length once, and checks everything. */
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
#include "sources/file_owner.h"

static int map_file(struct clinic_timer_program *program,
		    const struct clinic_shared_folder *folder)
{
	int fd = clinic_shared_folder_open(folder, program->name, O_RDWR);
	size_t bytes = TIMER_RING_HEAD_BYTES + TIMER_RING_BYTES;
	struct stat file;
	int err = -EAGAIN;

	if (fd < 0)
		return fd;
	/* Shorter ones are still being allocated. */
	if (!fstat(fd, &file) && file.st_size == (off_t)bytes)
		err = clinic_guarded_map(&program->mapping, fd, bytes,
					 PROT_READ | PROT_WRITE);
	close(fd);
	if (!err)
		program->pid = clinic_file_owner(program->inner_pid, &file);
	return err;
}

static bool is_ready(struct timer_ring_head *head)
{
	return __atomic_load_n(&head->magic, __ATOMIC_ACQUIRE) ==
		       TIMER_RING_MAGIC &&
	       head->ring_bytes == TIMER_RING_BYTES;
}

struct clinic_timer_program *
clinic_timer_program_open(const struct clinic_shared_folder *folder,
			  const char *name)
{
	struct clinic_timer_program *program = calloc(1, sizeof(*program));

	if (!program)
		return NULL;
	snprintf(program->name, sizeof(program->name), "%s", name);
	sscanf(name, "%" SCNu32 ".%" SCNu32, &program->inner_pid,
	       &program->number);
	if (map_file(program, folder) || !is_ready(program->mapping.at)) {
		clinic_guarded_unmap(&program->mapping);
		free(program);
		return NULL;
	}
	program->head = program->mapping.at;
	program->data = (const uint8_t *)program->head + TIMER_RING_HEAD_BYTES;
	program->shift_ns = clinic_tick_clock_shift_ns(&folder->clock,
						       &program->head->made);
	return program;
}

void clinic_timer_program_close(struct clinic_timer_program *program,
				struct clinic_shared_folder *folder)
{
	clinic_shared_folder_drop(folder, program->name);
	clinic_guarded_unmap(&program->mapping);
	free(program);
}

static uint32_t thread_of(const struct clinic_timer_program *program,
			  uint32_t tid)
{
	return clinic_owned_thread(program->pid, program->inner_pid, tid);
}

static int emit_lost(const struct clinic_timer_receiver *to,
		     const struct clinic_timer_program *program, uint64_t count)
{
	struct clinic_event lost = {.kind = CLINIC_EVENT_LOST,
				    .pid = program->pid,
				    .lost_count = count};

	return count ? to->on_event(to->context, &lost) : 0;
}

static int emit_name(const struct clinic_timer_receiver *to,
		     const struct clinic_timer_program *program, uint32_t tid,
		     const char *name, bool is_exec)
{
	struct clinic_event event = {.kind = CLINIC_EVENT_NAME,
				     .pid = program->pid,
				     .tid = tid,
				     .name = {name, is_exec}};

	return to->on_event(to->context, &event);
}

static int emit_mapping(const struct clinic_timer_receiver *to,
			const struct clinic_timer_program *program,
			const char *text)
{
	struct clinic_event event = {.kind = CLINIC_EVENT_MAPPING,
				     .pid = program->pid,
				     .tid = program->pid};
	struct clinic_maps_line line;

	if (!clinic_maps_line_read(text, &line) || !line.is_executable)
		return 0;
	event.mapping = clinic_mapping_of_line(&line);
	return to->on_event(to->context, &event);
}

/* A record's head, which is read once, because the target may change it. */
struct record {
	void *at; /* NULL: there is none, or none yet */
	uint32_t kind;
	uint32_t bytes;
};

static int emit_maps(const struct clinic_timer_receiver *to,
		     const struct clinic_timer_program *program,
		     const struct record *record)
{
	const struct timer_maps *maps = record->at;
	size_t most = record->bytes - sizeof(*maps);
	size_t length = __atomic_load_n(&maps->text_bytes, __ATOMIC_RELAXED);
	char *text = strndup((const char *)(maps + 1),
			     length < most ? length : most);
	char *rest = text, *line;
	int err = text ? 0 : -ENOMEM;

	while (!err && (line = strsep(&rest, "\n")))
		err = emit_mapping(to, program, line);
	free(text);
	return err;
}

static int emit_sample(const struct clinic_timer_receiver *to,
		       struct clinic_timer_program *program,
		       const struct record *record)
{
	const struct timer_sample sample = *(struct timer_sample *)record->at;
	size_t most = record->bytes - sizeof(sample);
	struct clinic_event event = {
		.kind = CLINIC_EVENT_SAMPLE,
		.pid = program->pid,
		.tid = thread_of(program, sample.tid),
		.time_ns = sample.time_ns + program->shift_ns,
		.sample =
			{
				.weight_ns = sample.weight_ns,
				.ip = sample.registers
					      .value[CLINIC_REGISTER_PC],
				.cpu = sample.cpu,
				.registers = &sample.registers,
				.stack = (const uint8_t *)record->at +
					 sizeof(sample),
				.stack_bytes = sample.stack_bytes < most
						       ? sample.stack_bytes
						       : most,
			},
	};
	int err = 0;

	if (program->named_tid != sample.tid ||
	    strncmp(program->thread_name, sample.name, sizeof(sample.name))) {
		program->named_tid = sample.tid;
		memcpy(program->thread_name, sample.name,
		       sizeof(sample.name) - 1);
		err = emit_name(to, program, event.tid, program->thread_name,
				false);
	}
	return err ? err : to->on_event(to->context, &event);
}

static int emit_stage(const struct clinic_timer_receiver *to,
		      const struct clinic_timer_program *program,
		      const struct record *record)
{
	const struct timer_stage *stage = record->at;
	char name[sizeof(stage->name) + 1] = "";
	struct clinic_event event = {.kind = CLINIC_EVENT_STAGE,
				     .pid = program->pid,
				     .tid = thread_of(program, stage->tid),
				     .time_ns =
					     stage->time_ns + program->shift_ns,
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

static void note_damage(struct clinic_timer_program *program, const char *what)
{
	if (!program->damage)
		program->damage = what;
}

static const char cut_short[] = "its ring was cut short";

/* The complete record at a position below the head, if there is one. */
static struct record record_at(struct clinic_timer_program *program,
			       uint64_t position, uint64_t head)
{
	uint64_t place = position % TIMER_RING_BYTES;
	struct timer_record *there = (void *)(uintptr_t)(program->data + place);
	struct record record = {0};

	if (position >= head || program->damage)
		return record;
	record.kind = atomic_load_explicit(&there->kind, memory_order_acquire);
	record.bytes = __atomic_load_n(&there->bytes, __ATOMIC_RELAXED);
	if (record.kind == TIMER_RECORD_UNWRITTEN)
		return record;
	if (record.kind > TIMER_RECORD_SKIP ||
	    record.bytes < least_bytes(record.kind) ||
	    record.bytes > TIMER_RING_BYTES - place ||
	    record.bytes % TIMER_RING_ALIGN)
		note_damage(program, "a record in its ring has no such length");
	else
		record.at = there;
	return record;
}

/*
 * All mappings that are known at the drain are emitted before the samples. The
 * program writes them at its first tick, before code is unmapped, and at its
 * end, which may be after the samples that need them.
 */
static int emit_all_maps(const struct clinic_timer_receiver *to,
			 struct clinic_timer_program *program, uint64_t head)
{
	uint64_t at = program->tail;
	struct record record;
	int err = 0;

	for (; !err && (record = record_at(program, at, head)).at;
	     at += record.bytes)
		if (record.kind == TIMER_RECORD_MAPS)
			err = emit_maps(to, program, &record);
	return err;
}

/* Emits a record, clears it and frees its room; writers rely on zeroes. */
static int consume(const struct clinic_timer_receiver *to,
		   struct clinic_timer_program *program, uint64_t head)
{
	struct record record;
	int err = 0;

	while (!err && (record = record_at(program, program->tail, head)).at) {
		if (record.kind == TIMER_RECORD_SAMPLE)
			err = emit_sample(to, program, &record);
		else if (record.kind == TIMER_RECORD_STAGE)
			err = emit_stage(to, program, &record);
		memset(record.at, 0, record.bytes);
		program->tail += record.bytes;
		atomic_store_explicit(&program->head->tail, program->tail,
				      memory_order_release);
	}
	return err;
}

static int emit_damage(const struct clinic_timer_receiver *to,
		       const struct clinic_timer_program *program)
{
	struct clinic_event event = {.kind = CLINIC_EVENT_DAMAGED,
				     .pid = program->pid,
				     .damage = program->damage};

	return program->damage ? to->on_event(to->context, &event) : 0;
}

static int emit_all(struct clinic_timer_program *program, uint64_t head,
		    const struct clinic_timer_receiver *to)
{
	int err = 0;

	if (!program->is_announced) {
		/* This is another program than the last one of this number. */
		program->is_announced = true;
		err = emit_name(to, program, program->pid, "", true);
	}
	if (!err)
		err = emit_all_maps(to, program, head);
	return err ? err : consume(to, program, head);
}

int clinic_timer_program_drain(struct clinic_timer_program *program,
			       const struct clinic_timer_receiver *to)
{
	uint64_t head = atomic_load_explicit(&program->head->head,
					     memory_order_acquire);
	uint64_t lost_now = program->head->lost_count;
	uint64_t lost = lost_now > program->lost_seen_count
				? lost_now - program->lost_seen_count
				: 0;
	int err;

	if (program->damage)
		return 0;
	if (program->mapping.is_cut)
		note_damage(program, cut_short);
	if (head - program->tail > TIMER_RING_BYTES)
		note_damage(program, "its ring claims more than it can hold");
	if (program->head->tail != program->tail)
		note_damage(program, "its ring claims that the recorder read "
				     "what it did not read");
	err = emit_all(program, head, to);
	if (program->mapping.is_cut)
		note_damage(program, cut_short);
	if (!err)
		err = emit_damage(to, program);
	program->lost_seen_count += lost;
	return err ? err : emit_lost(to, program, lost);
}

int clinic_timer_program_end(const struct clinic_timer_program *program,
			     const struct clinic_timer_receiver *to)
{
	return emit_lost(to, program, program->head->head != program->tail);
}
