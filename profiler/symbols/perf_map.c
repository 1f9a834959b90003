/* Reads the lines "start size name" of /tmp/perf-PID.map. */
#include "symbols/perf_map.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "symbols/text_lines.h"

/* "7f12a0 1c LazyCompile:*hot /app/index.js:12:5" */
static int add_line(void *context, char *line, char *end)
{
	struct clinic_generated_code *code = context;
	struct clinic_generated_range range = {0};
	char *at;

	if (!isxdigit((unsigned char)*line))
		return 0;
	range.start = strtoull(line, &at, 16);
	if (*at != ' ' || !isxdigit((unsigned char)at[1]))
		return 0;
	range.end = range.start + strtoull(at + 1, &at, 16);
	if (*at != ' ' || at + 1 == end || range.end <= range.start)
		return 0;
	return clinic_generated_add(code, &range, at + 1,
				    (size_t)(end - at - 1));
}

int clinic_perf_map_read(struct clinic_generated_code *code, int fd)
{
	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	return clinic_text_lines_read(fd, add_line, code);
}
