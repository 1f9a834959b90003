/*
 * Hostile timer rings, for libFuzzer. An input is the head of a ring, and then
 * the bytes of its records. The collector drains the ring twice, and then reads
 * what never became complete.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shared_memory/timer_ring.h"
#include "sources/timer_program.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t length_of_sample(const struct clinic_event_sample *sample)
{
	size_t length = sample->registers != NULL;

	for (size_t i = 0; i < sample->stack_bytes; i++)
		length += sample->stack[i] != 0;
	return length;
}

/* Reads all that a recorder would read. */
static int use_event(void *context, const struct clinic_event *event)
{
	size_t *length = context;

	if (event->kind == CLINIC_EVENT_SAMPLE)
		*length += length_of_sample(&event->sample);
	if (event->kind == CLINIC_EVENT_MAPPING)
		*length += strlen(event->mapping.path);
	if (event->kind == CLINIC_EVENT_NAME)
		*length += strlen(event->name.text);
	if (event->kind == CLINIC_EVENT_STAGE)
		*length += strlen(event->stage);
	return 0;
}

/* The input's head, but for what would make the collector wait for a ring. */
static void write_ring(int fd, const uint8_t *data, size_t size)
{
	struct timer_ring_head head = {0};
	size_t there = size < sizeof(head) ? size : sizeof(head);
	size_t most = TIMER_RING_BYTES;

	memcpy(&head, data, there);
	head.magic = TIMER_RING_MAGIC;
	head.ring_bytes = TIMER_RING_BYTES;
	(void)!ftruncate(fd, TIMER_RING_HEAD_BYTES + TIMER_RING_BYTES);
	(void)!pwrite(fd, &head, sizeof(head), 0);
	(void)!pwrite(fd, data + there,
		      size - there < most ? size - there : most,
		      TIMER_RING_HEAD_BYTES);
}

static void read_ring(int fd)
{
	/* Of any other number the process would be searched in /proc. */
	struct clinic_handed_file handed = {.name = "0.10000", .fd = fd};
	struct clinic_shared_folder folder = {
		.fd = -1,
		.door = {.listener = -1, .files = &handed, .files_count = 1}};
	size_t length = 0;
	const struct clinic_timer_receiver to = {use_event, &length};
	struct clinic_timer_program *program;

	program = clinic_timer_program_open(&folder, handed.name);
	if (!program) {
		close(fd);
		return;
	}
	if (!clinic_timer_program_drain(program, &to) &&
	    !clinic_timer_program_drain(program, &to))
		(void)clinic_timer_program_end(program, &to);
	clinic_timer_program_close(program, &folder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("timer ring", MFD_CLOEXEC);
	int given = fd < 0 ? -1 : dup(fd); /* the reader closes it */

	if (given >= 0) {
		write_ring(fd, data, size);
		read_ring(given);
	}
	if (fd >= 0)
		close(fd);
	return 0;
}
