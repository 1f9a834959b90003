/* Prints the instructions of a function, disassembled by objdump. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/annotate.h"
#include "foundation/growing_array.h"
#include "foundation/terminal_text.h"
#include "session/session.h"
#include "session/short_name.h"
#include "symbols/source_lines.h"
#include "symbols/symbols.h"

enum { CONTEXT = 4, NAME_BYTES_MAX = 8192 };

/* The part of the annotation that belongs to one library. */
struct listing {
	const struct clinic_annotation *annotation;
	const char *path;
	const struct clinic_hit *hit;
	uint32_t hits_count;
	struct clinic_symbols_range *range;
	uint32_t ranges_count;
	size_t ranges_capacity;
	int error;
};

static void keep_range(void *context, const struct clinic_symbols_range *range)
{
	struct listing *l = context;
	struct clinic_symbols_range *grown = clinic_grow(
		l->range, l->ranges_count, &l->ranges_capacity, sizeof(*grown));

	if (!grown) {
		l->error = -ENOMEM;
		return;
	}
	l->range = grown;
	l->range[l->ranges_count] = *range;
	l->range[l->ranges_count++].function = NULL; /* its name ends */
}

static bool parse_build_id(const char *text, struct clinic_build_id *build_id)
{
	size_t size = strlen(text) / 2;

	if (!size || size > CLINIC_BUILD_ID_MAX)
		return false;
	build_id->size = (uint8_t)size;
	for (size_t i = 0; i < size; i++)
		if (sscanf(text + 2 * i, "%2hhx", &build_id->bytes[i]) != 1)
			return false;
	return true;
}

/* Only the file that was executed is disassembled; another file is an error. */
static int find_ranges(struct listing *l)
{
	const struct clinic_session *session = l->annotation->session;
	uint32_t count;
	const struct clinic_library *library =
		clinic_session_rows(session, CLINIC_LIBRARIES, &count);
	struct clinic_symbols_binary binary = {.path = l->path, .fd = -1};
	struct clinic_symbols_module *module;
	struct clinic_symbols *symbols;
	int error = clinic_symbols_new(NULL, &symbols);

	if (error)
		return error;
	parse_build_id(
		clinic_session_text(session,
				    library[l->hit->library_id].build_id_id),
		&binary.build_id);
	error = clinic_symbols_open(symbols, &binary, &module);
	if (!error)
		error = clinic_symbols_function_ranges(
			module, l->annotation->function, keep_range, l);
	clinic_symbols_free(symbols);
	return error ? error : l->error;
}

static const struct clinic_hit *hit_at(const struct listing *l,
				       uint64_t address)
{
	for (uint32_t i = 0; i < l->hits_count; i++)
		if (l->hit[i].address == address)
			return &l->hit[i];
	return NULL;
}

/* Leaves long template arguments out of "call 1139 <NAME>". */
static void print_text(const struct listing *l, const char *text)
{
	char name[NAME_BYTES_MAX], room[NAME_BYTES_MAX];
	const char *start = strstr(text, " <");
	size_t bytes = start ? strlen(start + 2) : 0;

	if (!l->annotation->has_short_names || !bytes || bytes > sizeof(name) ||
	    start[1 + bytes] != '>') {
		printf("%s\n", clinic_terminal_line(text));
		return;
	}
	memcpy(name, start + 2, bytes - 1);
	name[bytes - 1] = '\0';
	printf("%.*s <", (int)(start - text), clinic_terminal_line(text));
	printf("%s>\n", clinic_terminal_line(
				clinic_short_name(name, room, sizeof(room))));
}

static void print_instruction(const struct listing *l, uint64_t address,
			      const char *text)
{
	const struct clinic_hit *hit = hit_at(l, address);
	struct clinic_share share;

	if (hit) {
		share = clinic_annotation_share(l->annotation, hit->value);
		printf("%6.2f [%5.2f,%6.2f] %8" PRIu64 "  ",
		       100.0 * share.ratio, 100.0 * share.low,
		       100.0 * share.high, hit->samples_count);
		if (hit->line)
			printf("%5" PRIu32 "  ", hit->line);
		else
			printf("%5s  ", "");
	} else {
		printf("%31s  %5s  ", "", "");
	}
	printf("%8" PRIx64 "  ", address);
	print_text(l, text);
}

/* Parses " 1139:\tmov %rsp,%rbp"; false: objdump has printed something else. */
static bool parse_instruction(char *line, uint64_t *address, char **text)
{
	char *end;

	*address = strtoull(line, &end, 16);
	if (end == line || *end != ':' || end[1] != '\t')
		return false;
	*text = end + 2;
	(*text)[strcspn(*text, "\n")] = '\0';
	return true;
}

struct instruction {
	uint64_t address;
	char *text;
};

struct instructions {
	struct instruction *row;
	size_t count;
	size_t capacity;
};

static int keep_instruction(struct instructions *all, uint64_t address,
			    const char *text)
{
	struct instruction *grown = clinic_grow(all->row, all->count,
						&all->capacity, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	all->row = grown;
	all->row[all->count] = (struct instruction){address, strdup(text)};
	return all->row[all->count++].text ? 0 : -ENOMEM;
}

static int read_instructions(FILE *from, struct instructions *all)
{
	char *line = NULL;
	size_t size = 0;
	int error = 0;

	while (!error && getline(&line, &size, from) >= 0) {
		uint64_t address;
		char *text;

		if (parse_instruction(line, &address, &text))
			error = keep_instruction(all, address, text);
	}
	free(line);
	return error;
}

/* No shell is used, because a program can choose its paths and names freely. */
static int start_objdump(const char *path,
			 const struct clinic_symbols_range *range, pid_t *pid,
			 FILE **output)
{
	char start[48];
	char stop[48];
	char *argv[] = {(char[]){"objdump"},
			(char[]){"-d"},
			(char[]){"-C"},
			(char[]){"--no-show-raw-insn"},
			start,
			stop,
			(char[]){"--"},
			NULL,
			NULL};
	posix_spawn_file_actions_t actions;
	char *copy = strdup(path);
	int pipe_fd[2];
	int error;

	if (!copy)
		return -ENOMEM;
	argv[7] = copy;
	snprintf(start, sizeof(start), "--start-address=0x%" PRIx64,
		 range->start);
	snprintf(stop, sizeof(stop), "--stop-address=0x%" PRIx64, range->end);
	if (pipe2(pipe_fd, O_CLOEXEC)) {
		free(copy);
		return -errno;
	}
	/* If SIGCHLD is ignored, objdump leaves no status for us. */
	signal(SIGCHLD, SIG_DFL);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipe_fd[1], STDOUT_FILENO);
	error = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	free(copy);
	close(pipe_fd[1]);
	*output = error ? NULL : fdopen(pipe_fd[0], "r");
	if (!*output)
		close(pipe_fd[0]);
	return -error;
}

static int disassemble(const char *path,
		       const struct clinic_symbols_range *range,
		       struct instructions *all)
{
	FILE *output = NULL;
	pid_t pid;
	int status;
	int error = start_objdump(path, range, &pid, &output);

	if (error)
		return error;
	if (output) {
		error = read_instructions(output, all);
		fclose(output);
	}
	/* start_objdump() sets pid when it returns 0. */
	/* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage) */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!error && (!WIFEXITED(status) || WEXITSTATUS(status)))
		error = -EIO;
	return error;
}

static bool is_near_hit(const struct listing *l, const struct instructions *all,
			size_t at)
{
	size_t from = at > CONTEXT ? at - CONTEXT : 0;

	for (size_t i = from; i < all->count && i <= at + CONTEXT; i++)
		if (hit_at(l, all->row[i].address))
			return true;
	return false;
}

static void print_instructions(const struct listing *l,
			       const struct instructions *all)
{
	bool was_printed = true;

	for (size_t i = 0; i < all->count; i++) {
		bool prints = l->annotation->is_whole || is_near_hit(l, all, i);

		if (prints && !was_printed)
			printf("%31s\n", "...");
		if (prints)
			print_instruction(l, all->row[i].address,
					  all->row[i].text);
		was_printed = prints;
	}
}

static bool has_hits(const struct listing *l,
		     const struct clinic_symbols_range *range)
{
	for (uint32_t i = 0; i < l->hits_count; i++)
		if (l->hit[i].address >= range->start &&
		    l->hit[i].address < range->end)
			return true;
	return false;
}

static int print_range(const struct listing *l,
		       const struct clinic_symbols_range *range)
{
	struct instructions all = {0};
	int error = disassemble(l->path, range, &all);

	if (!error) {
		printf("%8" PRIx64 " to %" PRIx64 "%s\n", range->start,
		       range->end, range->is_inline ? ", an inlined copy" : "");
		print_instructions(l, &all);
	}
	for (size_t i = 0; i < all.count; i++)
		free(all.row[i].text);
	free(all.row);
	return error;
}

static const char *reason(int error)
{
	switch (error) {
	case -ESTALE:
		return "the file has been rebuilt since; record again";
	case -ENOENT:
		return "the file or its symbols are not here";
	case -EIO:
		return "objdump could not read it";
	default:
		return strerror(-error);
	}
}

static void print_library(struct listing *l)
{
	int error = find_ranges(l);

	printf("\n%s\n", clinic_terminal_text(l->path));
	for (uint32_t i = 0; i < l->ranges_count && !error; i++)
		if (has_hits(l, &l->range[i]))
			error = print_range(l, &l->range[i]);
	if (error)
		printf("no instructions: %s\n", reason(error));
	free(l->range);
}

void clinic_annotation_print_code(const struct clinic_annotation *annotation)
{
	uint32_t count;
	const struct clinic_library *library = clinic_session_rows(
		annotation->session, CLINIC_LIBRARIES, &count);
	uint32_t end;

	for (uint32_t i = 0; i < annotation->hits_count; i = end) {
		struct listing l = {.annotation = annotation,
				    .hit = &annotation->hit[i]};

		for (end = i; end < annotation->hits_count; end++)
			if (annotation->hit[end].library_id !=
			    annotation->hit[i].library_id)
				break;
		l.hits_count = end - i;
		l.path = clinic_session_text(
			annotation->session,
			library[annotation->hit[i].library_id].path_id);
		print_library(&l);
	}
}
