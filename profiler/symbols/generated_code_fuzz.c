/*
 * Hostile names of generated code, for libFuzzer. The first byte of an input
 * says what the rest is: the lines of a perf map (even) or a jitdump (odd).
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "symbols/jitdump.h"
#include "symbols/perf_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LOOKED_UP_MAX = 64 };

static size_t look_up(const struct clinic_symbol_table *table)
{
	size_t length = 0;

	for (size_t i = 0; i < table->count && i < LOOKED_UP_MAX; i++) {
		const char *name;
		uint64_t start;

		if (!clinic_symbol_table_find(table, table->symbols[i].start,
					      &name, &start))
			length += strlen(name);
	}
	return length;
}

static void read_names(int fd, bool is_jitdump)
{
	struct clinic_symbol_table table = {0};
	struct clinic_generated_code code = {.table = &table};

	(void)(is_jitdump ? clinic_jitdump_read(&code, fd)
			  : clinic_perf_map_read(&code, fd));
	/* What was read before the damage is kept. */
	if (!clinic_generated_finish(&code))
		(void)look_up(&table);
	clinic_symbol_table_clear(&table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = size ? memfd_create("generated code", MFD_CLOEXEC) : -1;

	if (fd < 0)
		return 0;
	if (write(fd, data + 1, size - 1) == (ssize_t)(size - 1))
		read_names(fd, data[0] & 1);
	close(fd);
	return 0;
}
