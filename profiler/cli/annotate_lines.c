/* Prints the source lines of a function that samples hit. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/annotate.h"
#include "foundation/terminal_text.h"
#include "session/session.h"
#include "symbols/source_lines.h"

enum { CONTEXT = 2 };

struct line {
	uint32_t file_id;
	uint32_t number;
	uint64_t value;
	uint64_t samples_count;
};

static int compare_lines(const void *left, const void *right)
{
	const struct line *a = left;
	const struct line *b = right;

	if (a->file_id != b->file_id)
		return a->file_id < b->file_id ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

/* Adds hits up by line, and returns the number of lines. */
static uint32_t gather(const struct clinic_annotation *a, struct line *line)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < a->hits_count; i++)
		line[i] =
			(struct line){.file_id = a->hit[i].file_id,
				      .number = a->hit[i].line,
				      .value = a->hit[i].value,
				      .samples_count = a->hit[i].samples_count};
	qsort(line, a->hits_count, sizeof(*line), compare_lines);
	for (uint32_t i = 0; i < a->hits_count; i++) {
		if (count && !compare_lines(&line[count - 1], &line[i])) {
			line[count - 1].value += line[i].value;
			line[count - 1].samples_count += line[i].samples_count;
		} else {
			line[count++] = line[i];
		}
	}
	return count;
}

static void print_hit(const struct clinic_annotation *a,
		      const struct line *line)
{
	struct clinic_share share = clinic_annotation_share(a, line->value);

	printf("%6.2f [%5.2f,%6.2f] %8" PRIu64, 100.0 * share.ratio,
	       100.0 * share.low, 100.0 * share.high, line->samples_count);
}

static FILE *open_source(const struct clinic_annotation *a, uint32_t file_id)
{
	const char *file = clinic_session_text(a->session, file_id);
	const char *folders[] = {a->source_folder};
	int fd = clinic_symbols_open_source(file, folders,
					    a->source_folder ? 1 : 0, NULL);

	return fd < 0 ? NULL : fdopen(fd, "r");
}

static bool is_near(uint32_t number, const struct line *line, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (number + CONTEXT >= line[i].number &&
		    number <= line[i].number + CONTEXT)
			return true;
	return false;
}

static const struct line *find(uint32_t number, const struct line *line,
			       uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (line[i].number == number)
			return &line[i];
	return NULL;
}

static void print_with_text(const struct clinic_annotation *a, FILE *source,
			    const struct line *line, uint32_t count)
{
	char *text = NULL;
	size_t size = 0;
	uint32_t printed = 0;

	for (uint32_t number = 1; getline(&text, &size, source) >= 0;
	     number++) {
		const struct line *hit = find(number, line, count);

		if (!is_near(number, line, count))
			continue;
		if (printed && printed + 1 != number)
			printf("%31s\n", "...");
		printed = number;
		if (hit)
			print_hit(a, hit);
		else
			printf("%31s", "");
		text[strcspn(text, "\r\n")] = '\0';
		printf("  %5" PRIu32 "  %s\n", number,
		       clinic_terminal_line(text));
	}
	free(text);
}

static void print_file(const struct clinic_annotation *a,
		       const struct line *line, uint32_t count)
{
	const char *name = clinic_session_text(a->session, line->file_id);
	FILE *source = line->file_id ? open_source(a, line->file_id) : NULL;

	printf("\n%s%s\n",
	       line->file_id ? clinic_terminal_text(name)
			     : "no source line is known",
	       source || !line->file_id
		       ? ""
		       : ": not found here; --source FOLDER says where it is");
	if (source) {
		print_with_text(a, source, line, count);
		fclose(source);
		return;
	}
	for (uint32_t i = 0; i < count; i++) {
		print_hit(a, &line[i]);
		if (line[i].number)
			printf("  %5" PRIu32, line[i].number);
		printf("\n");
	}
}

void clinic_annotation_print_lines(const struct clinic_annotation *annotation)
{
	struct line *line = calloc(annotation->hits_count, sizeof(*line));
	uint32_t count;
	uint32_t end;

	if (!line)
		return;
	count = gather(annotation, line);
	for (uint32_t i = 0; i < count; i = end) {
		for (end = i; end < count; end++)
			if (line[end].file_id != line[i].file_id)
				break;
		print_file(annotation, &line[i], end - i);
	}
	free(line);
}
