/*
 * Hostile arenas, for libFuzzer. An input is the bytes of the head, and then
 * blocks: what each claims to be, how long it is and how its payload begins.
 * The collector opens the arena when half of the blocks are there, drains it,
 * and drains it once more at the end, as it does with a real program.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sources/arena_changes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *at;
	size_t left;
};

/* Before each block in an input. */
struct block_plan {
	uint8_t kind;
	uint8_t content_bytes;
	uint16_t payload_units; /* of ARENA_ALIGN bytes each */
};

/* What an input has too little of is zero. */
static void take(struct input *input, void *to, size_t bytes)
{
	size_t there = bytes < input->left ? bytes : input->left;

	memset(to, 0, bytes);
	memcpy(to, input->at, there);
	input->at += there;
	input->left -= there;
}

/* Nearly all inputs would be refused at once if these were not right. */
static void take_head(struct input *input, struct arena_head *head)
{
	take(input, head, sizeof(*head));
	head->magic = ARENA_MAGIC;
	head->version = ARENA_VERSION;
	head->pid = 0; /* or the owner of the file would be searched in /proc */
	head->used_bytes =
		(sizeof(*head) + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
}

static void write_block(struct input *input, int fd, struct arena_head *head)
{
	uint8_t content[UINT8_MAX];
	struct block_plan plan;
	struct arena_block block;
	off_t at = (off_t)head->used_bytes;

	take(input, &plan, sizeof(plan));
	take(input, content, plan.content_bytes);
	block = (struct arena_block){
		.kind = plan.kind,
		.bytes = (plan.payload_units + UINT64_C(1)) * ARENA_ALIGN};
	head->used_bytes += block.bytes;
	(void)!ftruncate(fd, (off_t)head->used_bytes + ARENA_ALIGN);
	(void)!pwrite(fd, &block, sizeof(block), at);
	(void)!pwrite(fd, content, plan.content_bytes, at + ARENA_ALIGN);
	(void)!pwrite(fd, &head->used_bytes, sizeof(head->used_bytes),
		      offsetof(struct arena_head, used_bytes));
}

static size_t length_of_site(const struct clinic_event_site *site)
{
	size_t length = 0;

	if (!site)
		return 0;
	for (uint32_t i = 0; i < site->frames_count; i++)
		length += site->frames[i] != 0;
	return length + strlen(site->stage);
}

/* Reads all that a recorder would read. */
static int use_event(void *context, const struct clinic_event *event)
{
	size_t *length = context;

	if (event->kind == CLINIC_EVENT_ALLOCATIONS)
		*length += length_of_site(event->allocations.site);
	if (event->kind == CLINIC_EVENT_LOCK)
		*length += length_of_site(event->lock.site) +
			   length_of_site(event->lock.owner);
	return 0;
}

static int drain(struct arena_image *image, bool is_final)
{
	size_t length = 0;
	const struct arena_emission emission = {
		.on_event = use_event,
		.context = &length,
		.is_final = is_final,
		.is_full = true,
		.drains_count = 1,
	};
	int err = clinic_arena_image_refresh(image);

	if (!err)
		err = clinic_arena_emit_allocations(image, &emission);
	return err ? err : clinic_arena_emit_locks(image, &emission);
}

static void read_arena(struct input *input, int fd,
		       struct clinic_modules *modules)
{
	struct clinic_handed_file handed = {.name = "1.10000", .fd = fd};
	const struct clinic_shared_folder folder = {
		.fd = -1,
		.door = {.listener = -1, .files = &handed, .files_count = 1}};
	struct arena_image *image;
	struct arena_head head;
	char command[64];
	size_t half = input->left / 2;

	take_head(input, &head);
	(void)!ftruncate(fd, (off_t)head.used_bytes);
	(void)!pwrite(fd, &head, sizeof(head), 0);
	while (input->left > half)
		write_block(input, fd, &head);
	if (clinic_arena_image_open(&folder, handed.name, modules, &image))
		return;
	if (!drain(image, false)) {
		while (input->left)
			write_block(input, fd, &head);
		(void)drain(image, true);
	}
	(void)clinic_arena_image_command(image, command, sizeof(command));
	clinic_arena_image_free(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	struct clinic_modules *modules;
	int fd = memfd_create("arena", MFD_CLOEXEC);

	if (fd >= 0 && !clinic_modules_new(&modules)) {
		read_arena(&input, fd, modules);
		clinic_modules_free(modules);
	}
	if (fd >= 0)
		close(fd);
	return 0;
}
