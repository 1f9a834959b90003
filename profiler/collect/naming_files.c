/* Opens the file, the vdso or the generated code of a module, each once. */
#include "collect/naming_files.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/growing_array.h"
#include "session/session.h"
#include "symbols/symbols.h"
#include "unwind/address_space.h"

/* The most jitdumps of one process: one for each runtime in it. */
#define DUMPS_MAX 16

/* A module's file stays open, or the reason why it could not be. */
struct clinic_naming_file {
	struct clinic_symbols_module *symbols;
	int err;
	bool is_tried;
};

/* The jitdumps of a process name all of its generated code. */
static size_t find_dumps(const struct clinic_naming_files *files, pid_t pid,
			 int dump_fds[DUMPS_MAX])
{
	const struct clinic_module *module;
	size_t count = 0;

	for (size_t i = 0; count < DUMPS_MAX &&
			   (module = clinic_modules_at(files->modules, i));
	     i++)
		if (clinic_module_dump_fd(module) >= 0 &&
		    clinic_module_mapper(module)->pid == pid)
			dump_fds[count++] = clinic_module_dump_fd(module);
	return count;
}

static int open_generated(struct clinic_naming_files *files,
			  const struct clinic_module *module, const char *root,
			  struct clinic_symbols_module **symbols)
{
	const struct clinic_mapper *mapper = clinic_module_mapper(module);
	int dump_fds[DUMPS_MAX];
	struct clinic_symbols_generated code = {
		.path = clinic_module_path(module),
		.root = root,
		.pid = (uint32_t)mapper->inner_pid,
		.uid = mapper->uid,
		.dump_fds = dump_fds,
		.dumps_count = find_dumps(files, mapper->pid, dump_fds),
	};

	return clinic_symbols_open_generated(files->symbols, &code, symbols);
}

static int open_module(struct clinic_naming_files *files,
		       const struct clinic_module *module,
		       struct clinic_symbols_module **symbols)
{
	struct clinic_symbols_binary binary = {
		.path = clinic_module_path(module),
		.fd = clinic_module_fd(module),
	};
	int root_fd = clinic_module_root_fd(module);
	char root[32];

	snprintf(root, sizeof(root), "/proc/self/fd/%d", root_fd);
	binary.root = root_fd >= 0 ? root : NULL;
	if (!strcmp(binary.path, "[vdso]"))
		return clinic_symbols_open_vdso(files->symbols, symbols);
	if (clinic_module_is_memory(module))
		return open_generated(files, module, binary.root, symbols);
	binary.build_id.size =
		clinic_module_build_id(module, binary.build_id.bytes);
	return clinic_symbols_open(files->symbols, &binary, symbols);
}

static const char hex_digits[] = "0123456789abcdef";

static int library_of_module(struct clinic_naming_files *files,
			     const struct clinic_module *module,
			     uint32_t *library_id)
{
	uint8_t bytes[CLINIC_MAPPING_BUILD_ID_MAX];
	char text[2 * CLINIC_MAPPING_BUILD_ID_MAX + 1];
	uint8_t size = clinic_module_build_id(module, bytes);

	for (uint8_t i = 0; i < size; i++) {
		text[2 * i] = hex_digits[bytes[i] >> 4];
		text[2 * i + 1] = hex_digits[bytes[i] & 15];
	}
	text[2 * size] = '\0';
	return clinic_session_library_id(
		files->session, clinic_module_path(module), text, library_id);
}

static const char *reason_not_opened(int err)
{
	switch (err) {
	case -ESTALE:
		return "another build is in its place now";
	case -ENOENT:
		return "it is gone";
	case -ENOEXEC:
		return "it is no ELF file";
	case -EBADMSG:
		return "it is damaged";
	default:
		return strerror(-err);
	}
}

/* Opens each module once. *is_first: the result was not reported yet. */
static int open_once(struct clinic_naming_files *files,
		     const struct clinic_module *module,
		     struct clinic_symbols_module **symbols, bool *is_first)
{
	size_t at = clinic_module_index(module);
	struct clinic_naming_file *grown = files->opened;

	if (at >= files->opened_count) {
		size_t more = at + 1 - files->opened_count;

		grown = clinic_grow_by(grown, files->opened_count, more,
				       &files->opened_capacity, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		memset(grown + files->opened_count, 0, more * sizeof(*grown));
		files->opened = grown;
		files->opened_count = at + 1;
	}
	*is_first = !grown[at].is_tried;
	/* A program that generates code has more names each time. */
	if (*is_first || clinic_module_is_memory(module))
		grown[at].err = open_module(files, module, &grown[at].symbols);
	grown[at].is_tried = true;
	*symbols = grown[at].symbols;
	return grown[at].err;
}

/*
 * Says why addresses have no names: one note for each of the first few files.
 */
static int note_not_opened(struct clinic_naming_files *files,
			   const struct clinic_module *module,
			   uint32_t addresses_count, int err)
{
	char text[PATH_MAX + 300];
	size_t at;

	if (++files->unopened_count > CLINIC_NAMING_NOTES_MAX)
		return 0;
	snprintf(text, sizeof(text),
		 "%s gave no names for %" PRIu32 " addresses of samples: ",
		 clinic_module_path(module), addresses_count);
	at = strlen(text);
	if (clinic_module_is_memory(module))
		snprintf(
			text + at, sizeof(text) - at,
			"it is no ELF file but code that process %d generated, "
			"which wrote neither a /tmp/perf-%d.map nor a jitdump",
			(int)clinic_module_mapper(module)->pid,
			(int)clinic_module_mapper(module)->inner_pid);
	else
		snprintf(text + at, sizeof(text) - at, "%s",
			 reason_not_opened(err));
	return clinic_session_add_note(files->session, 0, text);
}

int clinic_naming_files_open(struct clinic_naming_files *files,
			     const struct clinic_module *module,
			     uint32_t addresses_count,
			     struct clinic_symbols_module **symbols,
			     uint32_t *library_id)
{
	int err = library_of_module(files, module, library_id);
	bool is_first = false;

	*symbols = NULL;
	if (err)
		return err;
	err = open_once(files, module, symbols, &is_first);
	if (!err)
		return 0;
	*symbols = NULL;
	return is_first ? note_not_opened(files, module, addresses_count, err)
			: 0;
}

void clinic_naming_files_renumber(struct clinic_naming_files *files,
				  const uint32_t *kept)
{
	size_t count = 0;

	for (size_t i = 0; i < files->opened_count; i++)
		if (kept[i]) {
			count = kept[i];
			files->opened[count - 1] = files->opened[i];
		}
	files->opened_count = count;
}

void clinic_naming_files_clear(struct clinic_naming_files *files)
{
	free(files->opened);
	files->opened = NULL;
}
