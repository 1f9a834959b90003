/* Reads the records of a jitdump, and checks each before it is used. */
#include "symbols/jitdump.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define MAGIC          0x4a695444u /* "JiTD", in this machine's byte order */
#define NAME_BYTES_MAX 4096

/* How many functions are compared with moves, in a whole file. */
#define STEPS_MAX (UINT64_C(1) << 24)

enum { CODE_LOAD = 0, CODE_MOVE = 1, CODE_CLOSE = 3 };

struct header {
	uint32_t magic, version, total_bytes, machine;
	uint32_t pad, pid;
	uint64_t time_ns, flags;
};

struct prefix {
	uint32_t kind, total_bytes;
	uint64_t time_ns;
};

struct load {
	uint32_t pid, tid;
	uint64_t virtual_address, address, size_bytes, number;
};

struct move {
	uint32_t pid, tid;
	uint64_t virtual_address, old_address, address, size_bytes, number;
};

struct record {
	struct prefix prefix;
	union {
		struct load load;
		struct move move;
		char bytes[sizeof(struct load) + NAME_BYTES_MAX];
	};
};

struct reading {
	struct clinic_generated_code *code;
	uint64_t steps_left;
};

static int read_load(struct reading *reading, const struct record *record,
		     size_t size)
{
	const char *name = record->bytes + sizeof(record->load);
	struct clinic_generated_range range = {
		.start = record->load.address,
		.end = record->load.address + record->load.size_bytes,
		.number = record->load.number,
	};

	if (size <= sizeof(record->load) || range.end <= range.start)
		return 0;
	return clinic_generated_add(reading->code, &range, name,
				    strnlen(name, size - sizeof(record->load)));
}

static const struct clinic_generated_range *find_number(struct reading *reading,
							uint64_t number)
{
	for (size_t i = reading->code->count; i-- > 0 && reading->steps_left;
	     reading->steps_left--)
		if (reading->code->ranges[i].number == number)
			return &reading->code->ranges[i];
	return NULL;
}

static int read_move(struct reading *reading, const struct record *record,
		     size_t size)
{
	const struct clinic_generated_range *moved;
	struct clinic_generated_range range;
	char name[NAME_BYTES_MAX];

	moved = size < sizeof(record->move)
			? NULL
			: find_number(reading, record->move.number);
	if (!moved)
		return 0;
	range = *moved;
	range.start = record->move.address;
	range.end = range.start + record->move.size_bytes;
	if (range.end <= range.start)
		return 0;
	/*
	 * The name is copied, because adding a name may move all names in
	 * memory.
	 */
	strncpy(name, (char *)reading->code->table->strings.bytes + range.name,
		sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	return clinic_generated_add(reading->code, &range, name, strlen(name));
}

static int read_record(struct reading *reading, const struct record *record,
		       size_t size)
{
	switch (record->prefix.kind) {
	case CODE_LOAD:
		return read_load(reading, record, size);
	case CODE_MOVE:
		return read_move(reading, record, size);
	default:
		return 0; /* lines, unwind information */
	}
}

/* A program that is killed leaves an incomplete last record, or zeroes. */
static bool is_whole(const struct record *record, ssize_t got)
{
	return got >= (ssize_t)sizeof(record->prefix) &&
	       record->prefix.total_bytes >= sizeof(record->prefix) &&
	       record->prefix.kind != CODE_CLOSE;
}

int clinic_jitdump_read(struct clinic_generated_code *code, int fd)
{
	struct reading reading = {code, STEPS_MAX};
	struct record record;
	struct header header;
	int error = 0;
	off_t at;

	if (pread(fd, &header, sizeof(header), 0) != sizeof(header) ||
	    header.magic != MAGIC || header.total_bytes < sizeof(header))
		return -EBADMSG;
	for (at = header.total_bytes; !error; at += record.prefix.total_bytes) {
		ssize_t got = pread(fd, &record, sizeof(record), at);
		size_t size;

		if (!is_whole(&record, got))
			break;
		size = (size_t)got < record.prefix.total_bytes
			       ? (size_t)got
			       : record.prefix.total_bytes;
		error = read_record(&reading, &record,
				    size - sizeof(record.prefix));
	}
	return error;
}
