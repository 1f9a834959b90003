/*
 * Generates functions while it runs. With "map" it writes their names into
 * /tmp/perf-PID.map, with "dump" into a jitdump in the folder argv[2], and with
 * "none" it does not write them.
 *
 * The first function is at an address that was part of another function before.
 * The last line of the output is the process id, as the program itself sees it.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define BYTES 64

/* A function with a frame pointer and a loop of a million rounds. */
#if defined(__x86_64__)
static const uint8_t loop[] = {0x55, 0x48, 0x89, 0xe5, 0xb9, 0x40, 0x42, 0x0f,
			       0x00, 0xff, 0xc9, 0x75, 0xfc, 0x5d, 0xc3};
#else
static const uint32_t loop[] = {0xa9bf7bfd, 0x910003fd, 0x52884800, 0x72a001e0,
				0x71000400, 0x54ffffe1, 0xa8c17bfd, 0xd65f03c0};
#endif

typedef void name_writer(FILE *names, const char *name, const uint8_t *at);

struct head {
	uint32_t magic, version, bytes, machine, pad, pid;
	uint64_t time_ns, flags;
};

struct load {
	uint32_t kind, bytes;
	uint64_t time_ns;
	uint32_t pid, tid;
	uint64_t virtual_address, address, size, number;
};

static void write_nothing(FILE *names, const char *name, const uint8_t *at)
{
	(void)names;
	(void)name;
	(void)at;
}

static void write_to_map(FILE *names, const char *name, const uint8_t *at)
{
	fprintf(names, "%lx %x %s\n", (unsigned long)at, BYTES, name);
}

static void write_to_dump(FILE *names, const char *name, const uint8_t *at)
{
	static uint64_t number;
	struct load load = {
		.bytes = (uint32_t)(sizeof(load) + strlen(name) + 1 + BYTES),
		.pid = (uint32_t)getpid(),
		.virtual_address = (uintptr_t)at,
		.address = (uintptr_t)at,
		.size = BYTES,
		.number = number++,
	};

	fwrite(&load, sizeof(load), 1, names);
	fwrite(name, strlen(name) + 1, 1, names);
	fwrite(at, BYTES, 1, names);
}

static FILE *begin_map(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	return fopen(path, "w");
}

static FILE *begin_dump(const char *folder)
{
	struct head head = {.magic = 0x4a695444,
			    .version = 1,
			    .bytes = sizeof(head),
			    .pid = (uint32_t)getpid()};
	char path[4096];
	FILE *names;

	snprintf(path, sizeof(path), "%s/jit-%d.dump", folder, getpid());
	names = fopen(path, "w+");
	if (!names)
		return NULL;
	fwrite(&head, sizeof(head), 1, names);
	fflush(names);
	/* By this mapping a profiler finds the file. */
	mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fileno(names), 0);
	return names;
}

static uint8_t *generate(void)
{
	uint8_t *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (code == MAP_FAILED)
		exit(1);
	code += BYTES; /* "generated_before" begins before the first function */
	memcpy(code, loop, sizeof(loop));
	memcpy(code + BYTES, loop, sizeof(loop));
	__builtin___clear_cache((char *)code, (char *)code + 2 * BYTES);
	return code;
}

int main(int argc, char **argv)
{
	bool is_map = argc > 1 && !strcmp(argv[1], "map");
	bool is_dump = argc > 2 && !strcmp(argv[1], "dump");
	FILE *names = is_map    ? begin_map()
		      : is_dump ? begin_dump(argv[2])
				: NULL;
	name_writer *add_name = is_map    ? write_to_map
				: is_dump ? write_to_dump
					  : write_nothing;
	uint8_t *code = generate();
	clock_t end;

	if (!names && (is_map || is_dump))
		return 1;
	add_name(names, "generated_before", code - 16);
	add_name(names, "generated_first app.js:12", code);
	add_name(names, "generated_second", code + BYTES);
	if (names)
		fclose(names);
	end = clock() + 3 * CLOCKS_PER_SEC / 10;
	while (clock() < end)
		for (int i = 0; i < 2; i++)
			((void (*)(void))(uintptr_t)(code + i * BYTES))();
	printf("%d\n", getpid());
	return 0;
}
