/* Writes totals, threads, stages and sizes at the end. */
#include "preload/counts_json.h"
#include "preload/arena.h"
#include "preload/raw_calls.h"
#include "preload/raw_json.h"
#include "preload/stage_table.h"
#include "preload/thread_counts.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define SCHEMA 1u

static void write_counts(struct raw_json *json,
			 const struct stage_counts *counts)
{
	raw_json_count(json, "allocations_count", count_allocations(counts));
	raw_json_count(json, "frees_count", counts->frees_count);
	raw_json_count(json, "allocated_bytes", counts->allocated_bytes);
}

/* The arguments as the kernel holds them, cut where the buffer ends. */
static void write_command(struct raw_json *json)
{
	char text[4096];
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	const char *end = text + (length < 0 ? 0 : length);

	if (fd >= 0)
		close(fd);
	text[end - text] = '\0';
	raw_json_open(json, "command", '[');
	for (const char *at = text; at < end; at += strlen(at) + 1)
		raw_json_text(json, NULL, at);
	raw_json_close(json, ']');
}

static void write_process(struct raw_json *json)
{
	char path[4096];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[length < 0 ? 0 : length] = '\0';
	raw_json_open(json, "process", '{');
	raw_json_count(json, "pid", (uint64_t)raw_pid());
	raw_json_count(json, "parent_pid", (uint64_t)getppid());
	raw_json_text(json, "executable", length < 0 ? NULL : path);
	write_command(json);
	raw_json_close(json, '}');
}

static void write_thread(struct raw_json *json,
			 const struct thread_block *block)
{
	struct stage_counts counts = {0};

	bool is_one = block->folded_count == 0;

	thread_add(&counts, block, NULL);
	raw_json_open(json, NULL, '{');
	raw_json_count(json, "tid", is_one ? block->tid : 0);
	raw_json_text(json, "name", is_one ? block->name : NULL);
	raw_json_count(json, "folded_count", block->folded_count);
	write_counts(json, &counts);
	raw_json_close(json, '}');
}

static void write_threads(struct raw_json *json)
{
	const struct thread_block *block = NULL;

	raw_json_open(json, "threads", '[');
	while ((block = arena_next(BLOCK_THREAD, block)))
		write_thread(json, block);
	raw_json_close(json, ']');
}

static void write_sizes(struct raw_json *json,
			const struct stage_counts *counts)
{
	raw_json_open(json, "sizes", '[');
	for (size_t class = 0; class < SIZE_CLASSES; class ++) {
		if (!counts->sizes_count[class])
			continue;
		raw_json_open(json, NULL, '{');
		raw_json_count(json, "up_to_bytes",
			       class ? UINT64_C(1) << (class - 1) : 0);
		raw_json_count(json, "allocations_count",
			       counts->sizes_count[class]);
		raw_json_close(json, '}');
	}
	raw_json_close(json, ']');
}

static struct stage_counts own_counts(const char *name)
{
	const struct thread_block *block = NULL;
	struct stage_counts own = {0};

	while ((block = arena_next(BLOCK_THREAD, block)))
		thread_add_own(&own, block, name);
	return own;
}

static void write_stage(struct raw_json *json, const char *name)
{
	struct stage_counts all = thread_sum(name);
	struct stage_counts own = own_counts(name);

	raw_json_open(json, NULL, '{');
	raw_json_text(json, "name", name);
	raw_json_count(json, "begins_count", all.begins_count);
	write_counts(json, &all);
	write_sizes(json, &all);
	raw_json_open(json, "own", '{');
	write_counts(json, &own);
	raw_json_close(json, '}');
	raw_json_close(json, '}');
}

/*
 * Several nodes of the tree may have the same name: they share one row, at the
 * place of the first.
 */
static bool is_first_of_its_name(const struct stage_table *table, uint16_t node)
{
	for (uint16_t i = 1; i < node; i++)
		if (stage_named(table, i, table->nodes[node].name))
			return false;
	return table->nodes[node].name[0] != '\0';
}

static void write_stages(struct raw_json *json)
{
	const struct stage_table *table = thread_stages();

	raw_json_open(json, "stages", '[');
	for (uint16_t i = 1; table && i < STAGE_NODES_MAX; i++)
		if (is_first_of_its_name(table, i))
			write_stage(json, table->nodes[i].name);
	raw_json_close(json, ']');
}

static void write_totals(struct raw_json *json)
{
	struct stage_counts totals = thread_sum(NULL);

	raw_json_open(json, "totals", '{');
	write_counts(json, &totals);
	raw_json_close(json, '}');
	write_sizes(json, &totals);
}

int counts_json_write(int fd, const char *unobservable)
{
	struct raw_json json = {.fd = fd};

	raw_json_open(&json, NULL, '{');
	raw_json_count(&json, "schema", SCHEMA);
	raw_json_text(&json, "kind", "allocations");
	raw_json_text(&json, "tool", "libclinic-preload");
	write_process(&json);
	raw_json_bool(&json, "observable", !unobservable);
	raw_json_text(&json, "reason", unobservable);
	raw_json_count(&json, "threads_lost_count", thread_lost_count());
	if (!unobservable) {
		write_totals(&json);
		write_threads(&json);
		write_stages(&json);
	}
	raw_json_close(&json, '}');
	return raw_json_flush(&json);
}
