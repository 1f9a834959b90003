/*
 * Measures what unwinding costs, beside libdw: `make bench-unwind`.
 *
 * It prints, as tab-separated values, the tables of real binaries (rows, bytes,
 * time to compile) and the walks over stacks of real programs (time per stack,
 * hits of the cache). Each program is stopped STOPS times; afterwards, the
 * saved stacks are walked in turn, ROUNDS times, in the order in which a
 * sampler would see them. Times are CPU time of this thread. The smallest of
 * all rounds is printed, because other programs on the machine can only add
 * time.
 */
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "unwind/address_space.h"
#include "unwind/libdw_attach.h"
#include "unwind/stopped_program.h"
#include "unwind/unwind.h"
#include "unwind/unwind_table.h"

enum { STOPS = 200, ROUNDS = 20, FRAMES_MAX = 1024, DELAY_NS = 500000 };

/* One stop of a program. */
struct seen {
	struct clinic_registers registers;
	uint8_t *stack;
	size_t stack_bytes;
};

static uint64_t cpu_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void bench_table(const char *path)
{
	struct clinic_unwind_facts facts = {0};
	struct clinic_unwind_table *table;
	uint64_t best_ns = UINT64_MAX;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	for (int i = 0; i < 5 && fd >= 0; i++) {
		uint64_t start_ns = cpu_now_ns(), took_ns;

		if (clinic_unwind_table_from_file(fd, &table) < 0)
			break;
		took_ns = cpu_now_ns() - start_ns;
		best_ns = took_ns < best_ns ? took_ns : best_ns;
		clinic_unwind_table_describe(table, &facts);
		clinic_unwind_table_free(table);
	}
	close(fd);
	if (facts.rows_count)
		printf("%s\t%zu\t%zu\t%zu\t%" PRIu64 "\n", path,
		       facts.functions_count, facts.rows_count, facts.bytes,
		       best_ns / 1000);
}

static void keep(const struct stopped_program *p, struct seen *seen)
{
	stopped_program_must(p->stack_bytes > 0, "process_vm_readv");
	seen->registers = p->registers;
	seen->stack_bytes = p->stack_bytes;
	seen->stack = malloc(p->stack_bytes);
	stopped_program_must(seen->stack, "malloc");
	memcpy(seen->stack, p->stack, p->stack_bytes);
}

static int count_frame(Dwfl_Frame *state, void *context)
{
	bool is_exact;
	Dwarf_Addr pc;

	(void)context;
	return dwfl_frame_pc(state, &pc, &is_exact) ? DWARF_CB_OK
						    : DWARF_CB_ABORT;
}

/* The second of two walks, for which the tables have been read. */
static uint64_t libdw_walk_ns(pid_t pid)
{
	Dwfl *dwfl = libdw_attach(pid);
	uint64_t start_ns, took_ns;

	dwfl_getthread_frames(dwfl, pid, count_frame, NULL);
	start_ns = cpu_now_ns();
	dwfl_getthread_frames(dwfl, pid, count_frame, NULL);
	took_ns = cpu_now_ns() - start_ns;
	dwfl_end(dwfl);
	return took_ns;
}

static size_t walk_all(struct clinic_unwinder *unwinder,
		       const struct clinic_space *space,
		       const struct seen *seen, size_t count)
{
	static uint64_t frames[FRAMES_MAX];
	size_t frames_count = 0;

	for (size_t i = 0; i < count; i++) {
		const struct seen *s = &seen[i];
		const struct clinic_unwind_moment at = {
			.registers = &s->registers,
			.stack_start = s->registers.value[CLINIC_REGISTER_SP],
			.stack = s->stack,
			.stack_bytes = s->stack_bytes,
		};
		struct clinic_unwound out = {.frames = frames,
					     .frames_max = FRAMES_MAX};

		clinic_unwind(unwinder, space, &at, &out);
		frames_count += out.frames_count;
	}
	return frames_count;
}

static void bench_walks(const char *name, const struct clinic_space *space,
			const struct seen *seen, size_t count,
			uint64_t libdw_ns)
{
	static struct clinic_unwinder unwinder;
	uint64_t best_ns = UINT64_MAX;
	size_t frames_count = 0;

	memset(&unwinder, 0, sizeof(unwinder));
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t start_ns = cpu_now_ns(), took_ns;

		frames_count = walk_all(&unwinder, space, seen, count);
		took_ns = cpu_now_ns() - start_ns;
		best_ns = took_ns < best_ns ? took_ns : best_ns;
	}
	printf("%s\t%zu\t%.1f\t%.0f\t%.1f\t%.4f\t%.4f\t%.0f\n", name, count,
	       (double)frames_count / (double)count,
	       (double)best_ns / (double)count,
	       (double)best_ns / (double)frames_count,
	       (double)unwinder.cache_hits_count /
		       (double)(unwinder.cache_hits_count +
				unwinder.cache_misses_count),
	       (double)unwinder.truths_count[CLINIC_UNWIND_COMPLETE] /
		       (double)(count * ROUNDS),
	       (double)libdw_ns / (double)count);
}

static void bench_program(const char *const argv[])
{
	static struct seen seen[STOPS];
	struct stopped_program program = {.argv = argv};
	struct clinic_modules *modules;
	struct clinic_space *space;
	uint64_t libdw_ns = 0;
	size_t count = 0;

	if (!stopped_program_is_installed(argv[0]))
		return;
	stopped_program_run(&program, 50 * 1000000); /* past its start */
	clinic_modules_new(&modules);
	clinic_space_new(modules, program.pid, &space);
	while (count < STOPS && stopped_program_run(&program, DELAY_NS)) {
		stopped_program_look(&program);
		keep(&program, &seen[count++]);
		libdw_ns += libdw_walk_ns(program.pid);
	}
	/*
	 * This program is last, because by now it has loaded all its libraries.
	 */
	if (program.pid)
		clinic_space_read_maps(space);
	stopped_program_end(&program);
	bench_walks(argv[0], space, seen, count, libdw_ns);
	while (count-- > 0)
		free(seen[count].stack);
	clinic_space_free(space);
	clinic_modules_free(modules);
}

int main(int argc, char **argv)
{
	puts("binary\tfunctions_count\trows_count\tbytes\tcompile_us");
	for (int i = 1; i < argc; i++)
		bench_table(argv[i]);
	puts("\nprogram\tstacks_count\tframes_per_stack\tns_per_stack\t"
	     "ns_per_frame\tcache_hit_ratio\tcomplete_ratio\tlibdw_ns_per_"
	     "stack");
	bench_program((const char *const[]){
		"/usr/bin/python3", "-c",
		"import re, json\n"
		"while True: json.loads(json.dumps(sorted(re.findall("
		"'(a|b)+', 'abcab' * 9), key=lambda x: x)))",
		NULL});
	bench_program((const char *const[]){
		"sqlite3", ":memory:",
		"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1"
		" FROM c LIMIT 100000000) SELECT sum(x%7) FROM c"
		" WHERE printf('%d', x) LIKE '%3%'",
		NULL});
	bench_program((const char *const[]){
		"jq", "-n",
		"reduce range(100000000) as $i ({}; .[$i % 9 | tostring] +="
		" $i)",
		NULL});
	bench_program((const char *const[]){"build/victims/unwind_deep", NULL});
	return 0;
}
