#include "collect/timer_source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload/timer_ring.h"

/* Half of a ring lasts 60 ms with four busy threads at 250 Hz. */
#define PERIOD_MS 20

/* One program: a process until it ends or execs. */
struct program {
	struct program *next;
	char name[32]; /* of its file */
	uint32_t pid;
	uint32_t number; /* of those that the process has become */
	struct timer_ring_head *head;
	const uint8_t *data;
	uint64_t lost_seen_count;
	uint32_t named_tid; /* whose name was told last, and which */
	char thread_name[16];
	bool is_announced;
};

struct timer_source {
	char folder[64];
	int folder_fd;
	struct program *programs;
	uint32_t stack_most;
	char *settings[3];
};

struct receiver {
	clinic_on_event *on_event;
	void *context;
};

static bool is_known(const struct timer_source *source, const char *name)
{
	for (const struct program *at = source->programs; at; at = at->next)
		if (!strcmp(at->name, name))
			return true;
	return false;
}

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

/* In the order in which the process became them. */
static void insert_program(struct timer_source *source, struct program *program)
{
	struct program **link = &source->programs;

	while (*link && ((*link)->pid < program->pid ||
			 ((*link)->pid == program->pid &&
			  (*link)->number < program->number)))
		link = &(*link)->next;
	program->next = *link;
	*link = program;
}

static int add_program(struct timer_source *source, const char *name)
{
	struct timer_ring_head *head = map_file(source->folder_fd, name);
	struct program *program;

	if (!head)
		return 0; /* next time */
	program = is_ready(head) ? calloc(1, sizeof(*program)) : NULL;
	if (!program) {
		unmap(head);
		return 0;
	}
	snprintf(program->name, sizeof(program->name), "%s", name);
	sscanf(name, "%" SCNu32 ".%" SCNu32, &program->pid, &program->number);
	program->head = head;
	program->data = (const uint8_t *)head + TIMER_RING_HEAD_BYTES;
	insert_program(source, program);
	head->stack_most = source->stack_most;
	return 0;
}

static int find_programs(struct timer_source *source)
{
	struct dirent *entry;
	int err = 0, fd = dup(source->folder_fd);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);

	if (!folder)
		return -errno;
	rewinddir(folder);
	while (!err && (entry = readdir(folder)))
		if (entry->d_name[0] != '.' &&
		    strlen(entry->d_name) < sizeof(source->programs->name) &&
		    !is_known(source, entry->d_name))
			err = add_program(source, entry->d_name);
	closedir(folder);
	return err;
}

static void close_program(struct timer_source *source, struct program *program)
{
	unlinkat(source->folder_fd, program->name, 0);
	unmap(program->head);
	free(program);
}

static int tell_lost(const struct receiver *to, const struct program *program,
		     uint64_t count)
{
	struct clinic_event lost = {.kind = CLINIC_EVENT_LOST,
				    .pid = program->pid,
				    .lost_count = count};

	return count ? to->on_event(to->context, &lost) : 0;
}

static int tell_name(const struct receiver *to, const struct program *program,
		     uint32_t tid, const char *name, bool is_exec)
{
	struct clinic_event event = {.kind = CLINIC_EVENT_NAME,
				     .pid = program->pid,
				     .tid = tid,
				     .name = {name, is_exec}};

	return to->on_event(to->context, &event);
}

/* "55d0-55e0 r-xp 00002000 fe:00 1234   /usr/bin/x" */
static int tell_mapping(const struct receiver *to,
			const struct program *program, const char *line)
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

static int tell_maps(const struct receiver *to, const struct program *program,
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

static int tell_sample(const struct receiver *to, struct program *program,
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

static int tell_stage(const struct receiver *to, const struct program *program,
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
static struct timer_record *record_at(const struct program *program,
				      uint64_t position, uint64_t head)
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
static int tell_all_maps(const struct receiver *to,
			 const struct program *program, uint64_t head)
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
static int consume(const struct receiver *to, struct program *program,
		   uint64_t head)
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

static int drain_program(const struct receiver *to, struct program *program)
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

/* Nobody writes any more: the process has gone, or execs under this pid. */
static bool has_ended(const struct program *program)
{
	if (program->next && program->next->pid == program->pid)
		return true;
	return kill((pid_t)program->pid, 0) && errno == ESRCH;
}

/* A record that was being written when its process died is one lost. */
static int tell_unfinished(const struct receiver *to,
			   const struct program *program)
{
	return tell_lost(to, program,
			 program->head->head != program->head->tail);
}

static int drain_all(struct timer_source *source, const struct receiver *to)
{
	struct program **link = &source->programs, *program;
	int err = 0;

	while (!err && (program = *link)) {
		/* First, so that nothing comes after the last drain. */
		bool ended = has_ended(program);

		err = drain_program(to, program);
		if (!ended) {
			link = &program->next;
			continue;
		}
		if (!err)
			err = tell_unfinished(to, program);
		*link = program->next;
		close_program(source, program);
	}
	return err;
}

/* until_ns is no matter: each ring is in order, and none waits for others. */
static int drain(void *state, uint64_t until_ns, clinic_on_event *on_event,
		 void *context)
{
	struct receiver to = {on_event, context};
	int err = find_programs(state);

	(void)until_ns;
	return err ? err : drain_all(state, &to);
}

static void tell(const void *state, struct clinic_source_facts *facts)
{
	const struct timer_source *source = state;

	*facts = (struct clinic_source_facts){
		.backend = "timer",
		.event = "thread-cpu-timer",
		.kernel_visible = true,
		.ring_bytes = TIMER_RING_BYTES,
		.stack_bytes = source->stack_most,
	};
}

static unsigned period_ms(const void *state)
{
	(void)state;
	return PERIOD_MS;
}

static void set_depth(void *state, bool is_deep)
{
	struct timer_source *source = state;

	source->stack_most = is_deep ? CLINIC_STACK_BYTES_DEEP
				     : CLINIC_STACK_BYTES;
	for (struct program *at = source->programs; at; at = at->next)
		at->head->stack_most = source->stack_most;
}

static void stop(void *state)
{
	struct timer_source *source = state;

	for (struct program *at = source->programs; at; at = at->next)
		at->head->is_stopped = 1;
}

static void close_source(void *state)
{
	struct timer_source *source = state;

	while (source->programs) {
		struct program *next = source->programs->next;

		close_program(source, source->programs);
		source->programs = next;
	}
	if (source->folder_fd >= 0)
		close(source->folder_fd);
	if (source->folder[0])
		rmdir(source->folder);
	for (char **setting = source->settings; *setting; setting++)
		free(*setting);
	free(source);
}

/* Memory if there is such a folder: what is mapped never goes to a disk. */
static int make_folder(struct timer_source *source)
{
	static const char *const places[] = {"/dev/shm", "/tmp"};

	for (size_t i = 0; i < 2; i++) {
		snprintf(source->folder, sizeof(source->folder),
			 "%s/clinic-XXXXXX", places[i]);
		if (mkdtemp(source->folder)) {
			source->folder_fd =
				open(source->folder,
				     O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			return source->folder_fd < 0 ? -errno : 0;
		}
	}
	source->folder[0] = '\0';
	return -errno;
}

static int make_settings(struct timer_source *source,
			 const struct clinic_timer_plan *plan)
{
	const char *others = getenv("LD_PRELOAD");

	if (asprintf(&source->settings[0], "LD_PRELOAD=%s%s%s", plan->preload,
		     others ? ":" : "", others ? others : "") < 0) {
		source->settings[0] = NULL;
		return -ENOMEM;
	}
	if (asprintf(&source->settings[1], TIMER_RING_SETTING "=%u:%s",
		     plan->frequency_hz, source->folder) < 0) {
		source->settings[1] = NULL;
		return -ENOMEM;
	}
	return 0;
}

int clinic_timer_source_open(const struct clinic_timer_plan *plan,
			     struct clinic_source *source)
{
	struct timer_source *opened = calloc(1, sizeof(*opened));
	int err;

	if (!opened)
		return -ENOMEM;
	opened->folder_fd = -1;
	opened->stack_most = CLINIC_STACK_BYTES_DEEP;
	err = access(plan->preload, R_OK) ? -errno : make_folder(opened);
	if (!err)
		err = make_settings(opened, plan);
	if (err) {
		close_source(opened);
		return err;
	}
	*source = (struct clinic_source){
		.state = opened,
		.tell = tell,
		.drain = drain,
		.period_ms = period_ms,
		.set_depth = set_depth,
		.stop = stop,
		.close = close_source,
	};
	return 0;
}

char *const *clinic_timer_source_settings(const struct clinic_source *source)
{
	const struct timer_source *opened = source->state;

	return opened->settings;
}
