#include "collect/naming.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/growing_array.h"
#include "collect/address_stacks.h"
#include "collect/stop_signals.h"
#include "session/session.h"
#include "unwind/address_space.h"

/* Jitdumps of one process: one for each runtime in it. */
#define DUMPS_MAX 16

/* What one address became: frames_count frames in a row. */
struct named {
	uint32_t first_frame; /* in naming.frame_ids; innermost first */
	uint32_t frames_count;
};

struct naming {
	struct clinic_session *session;
	struct clinic_symbols *symbols;
	const struct clinic_modules *modules;
	struct clinic_naming_facts *facts;

	const struct clinic_address_frame *raw;
	uint32_t raw_count;
	uint32_t *order;     /* raw ids by module and address */
	struct named *named; /* by raw id */

	uint32_t *frame_ids;
	uint32_t frame_ids_count;
	size_t frame_ids_capacity;

	/* The module being named. */
	uint32_t library_id;
	uint64_t *addresses; /* of it, unique */
	uint32_t *firsts;    /* where in `order` each address begins */
	uint32_t addresses_count;
	struct named *answers; /* by address */
	int err;
};

static int keep_frame(struct naming *naming, const struct clinic_frame *frame)
{
	uint32_t id;
	int err = clinic_session_frame_id(naming->session, frame, &id);
	uint32_t *grown;

	if (err)
		return err;
	grown = clinic_grow(naming->frame_ids, naming->frame_ids_count,
			    &naming->frame_ids_capacity, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	naming->frame_ids = grown;
	naming->frame_ids[naming->frame_ids_count++] = id;
	return 0;
}

static int text_or_none(struct naming *naming, const char *text, uint32_t *id)
{
	*id = 0;
	return text ? clinic_session_text_id(naming->session, text, id) : 0;
}

static int keep_symbol_frame(struct naming *naming, uint64_t address,
			     enum clinic_tier tier,
			     const struct clinic_symbols_frame *symbol)
{
	struct clinic_frame frame = {
		.line = symbol->line,
		.library_id = naming->library_id,
		.address = address,
		.tier = tier,
		.inlined = symbol->is_inline,
		.defined_line = symbol->defined_line,
	};
	int err = text_or_none(naming, symbol->function, &frame.function_id);

	if (!err)
		err = text_or_none(naming, symbol->file, &frame.file_id);
	if (!err)
		err = text_or_none(naming, symbol->defined_file,
				   &frame.defined_file_id);
	return err ? err : keep_frame(naming, &frame);
}

static int keep_bare_address(struct naming *naming, uint64_t address)
{
	struct clinic_frame frame = {.library_id = naming->library_id,
				     .address = address};

	return keep_frame(naming, &frame);
}

/* A clinic_symbols_on_symbol. */
static void keep_symbol(void *context, size_t index,
			const struct clinic_symbols_symbol *symbol)
{
	struct naming *naming = context;
	uint64_t address = naming->addresses[index];
	struct named *answer = &naming->answers[index];

	answer->first_frame = naming->frame_ids_count;
	for (size_t i = 0; !naming->err && i < symbol->frames_count; i++)
		naming->err = keep_symbol_frame(naming, address, symbol->tier,
						&symbol->frames[i]);
	if (!naming->err && !symbol->frames_count)
		naming->err = keep_bare_address(naming, address);
	answer->frames_count = naming->frame_ids_count - answer->first_frame;
}

static int name_bare(struct naming *naming)
{
	struct clinic_symbols_symbol none = {.tier = CLINIC_TIER_NONE};

	for (uint32_t i = 0; !naming->err && i < naming->addresses_count; i++)
		keep_symbol(naming, i, &none);
	return naming->err;
}

/* A process names all of its generated code together. */
static size_t find_dumps(const struct naming *naming, pid_t pid,
			 int dump_fds[DUMPS_MAX])
{
	const struct clinic_module *module;
	size_t count = 0;

	for (size_t i = 0; count < DUMPS_MAX &&
			   (module = clinic_modules_at(naming->modules, i));
	     i++)
		if (clinic_module_dump_fd(module) >= 0 &&
		    clinic_module_mapper(module)->pid == pid)
			dump_fds[count++] = clinic_module_dump_fd(module);
	return count;
}

static int open_generated(struct naming *naming,
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
		.dumps_count = find_dumps(naming, mapper->pid, dump_fds),
	};

	return clinic_symbols_open_generated(naming->symbols, &code, symbols);
}

static int open_module(struct naming *naming,
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
		return clinic_symbols_open_vdso(naming->symbols, symbols);
	if (clinic_module_is_memory(module))
		return open_generated(naming, module, binary.root, symbols);
	binary.build_id.size =
		clinic_module_build_id(module, binary.build_id.bytes);
	return clinic_symbols_open(naming->symbols, &binary, symbols);
}

static const char hex_digits[] = "0123456789abcdef";

static int library_of_module(struct naming *naming,
			     const struct clinic_module *module)
{
	uint8_t bytes[CLINIC_MAPPING_BUILD_ID_MAX];
	char text[2 * CLINIC_MAPPING_BUILD_ID_MAX + 1];
	uint8_t size = clinic_module_build_id(module, bytes);

	for (uint8_t i = 0; i < size; i++) {
		text[2 * i] = hex_digits[bytes[i] >> 4];
		text[2 * i + 1] = hex_digits[bytes[i] & 15];
	}
	text[2 * size] = '\0';
	return clinic_session_library_id(naming->session,
					 clinic_module_path(module), text,
					 &naming->library_id);
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

/* What has no name has a reason: one note a file, the first few of them. */
static int note_not_opened(struct naming *naming,
			   const struct clinic_module *module, int err)
{
	char text[PATH_MAX + 300];
	size_t at;

	if (++naming->facts->unopened_count > CLINIC_NAMING_NOTES_MAX)
		return 0;
	snprintf(text, sizeof(text),
		 "%s gave no names for %" PRIu32 " addresses of samples: ",
		 clinic_module_path(module), naming->addresses_count);
	at = strlen(text);
	if (clinic_module_is_memory(module))
		snprintf(
			text + at, sizeof(text) - at,
			"it is no ELF file but code that process %d generated, "
			"and that left neither a /tmp/perf-%d.map nor a "
			"jitdump",
			(int)clinic_module_mapper(module)->pid,
			(int)clinic_module_mapper(module)->inner_pid);
	else
		snprintf(text + at, sizeof(text) - at, "%s",
			 reason_not_opened(err));
	return clinic_session_add_note(naming->session, 0, text);
}

/* File offsets become what objdump shows, where the file can be read. */
static int name_in_module(struct naming *naming,
			  const struct clinic_module *module)
{
	struct clinic_symbols_module *symbols;
	int err = library_of_module(naming, module);

	if (err)
		return err;
	err = open_module(naming, module, &symbols);
	if (err) {
		err = note_not_opened(naming, module, err);
		return err ? err : name_bare(naming);
	}
	for (uint32_t i = 0; i < naming->addresses_count; i++)
		(void)clinic_symbols_address(symbols, naming->addresses[i],
					     &naming->addresses[i]);
	err = clinic_symbols_resolve(symbols, naming->addresses,
				     naming->addresses_count, keep_symbol,
				     naming);
	return naming->err ? naming->err : err;
}

static int name_in_kernel(struct naming *naming)
{
	struct clinic_symbols_module *symbols;
	int err = clinic_session_library_id(naming->session, "[kernel]", "",
					    &naming->library_id);

	if (err)
		return err;
	naming->facts->kernel_error =
		clinic_symbols_open_kernel(naming->symbols, &symbols);
	if (naming->facts->kernel_error)
		return name_bare(naming);
	err = clinic_symbols_resolve(symbols, naming->addresses,
				     naming->addresses_count, keep_symbol,
				     naming);
	return naming->err ? naming->err : err;
}

/* A name for time, not for code: it has no tier, and no address. */
static int name_unsampled(struct naming *naming)
{
	struct clinic_frame frame = {0};

	naming->err = clinic_session_text_id(
		naming->session, "[kernel, unsampled]", &frame.function_id);
	if (!naming->err)
		naming->err = clinic_session_library_id(
			naming->session, "[kernel]", "", &frame.library_id);
	naming->answers[0] = (struct named){naming->frame_ids_count, 1};
	return naming->err ? naming->err : keep_frame(naming, &frame);
}

static int name_module(struct naming *naming, uint32_t module)
{
	naming->library_id = 0;
	if (clinic_stop_signals_is_hurried() &&
	    module != CLINIC_ADDRESS_UNSAMPLED)
		return name_bare(naming);
	switch (module) {
	case CLINIC_ADDRESS_KERNEL:
		return name_in_kernel(naming);
	case CLINIC_ADDRESS_NOWHERE:
		return name_bare(naming);
	case CLINIC_ADDRESS_UNSAMPLED:
		return name_unsampled(naming);
	default:
		return name_in_module(
			naming, clinic_modules_at(naming->modules, module));
	}
}

static int compare_raw(const void *left, const void *right, void *context)
{
	const struct clinic_address_frame *rows = context;
	const struct clinic_address_frame *a = &rows[*(const uint32_t *)left];
	const struct clinic_address_frame *b = &rows[*(const uint32_t *)right];

	if (a->module != b->module)
		return a->module < b->module ? -1 : 1;
	return (a->address > b->address) - (a->address < b->address);
}

/* The unique addresses of the module that begins at `from` in the order. */
static uint32_t gather_module(struct naming *naming, uint32_t from)
{
	uint32_t module = naming->raw[naming->order[from]].module;
	uint32_t at = from;

	naming->addresses_count = 0;
	for (; at < naming->raw_count - 1; at++) {
		const struct clinic_address_frame *raw =
			&naming->raw[naming->order[at]];
		uint32_t count = naming->addresses_count;

		if (raw->module != module)
			break;
		if (count && naming->addresses[count - 1] == raw->address)
			continue;
		naming->addresses[count] = raw->address;
		naming->firsts[count] = at;
		naming->addresses_count++;
	}
	return at;
}

/* All raw frames at one address have the answer of that address. */
static void spread_answers(struct naming *naming, uint32_t end)
{
	for (uint32_t i = 0; i < naming->addresses_count; i++) {
		uint32_t next = i + 1 < naming->addresses_count
					? naming->firsts[i + 1]
					: end;

		for (uint32_t at = naming->firsts[i]; at < next; at++)
			naming->named[naming->order[at]] = naming->answers[i];
	}
}

static int name_all(struct naming *naming)
{
	uint32_t end, at = 0;
	int err = 0;

	for (uint32_t id = 1; id < naming->raw_count; id++)
		naming->order[id - 1] = id;
	qsort_r(naming->order, naming->raw_count - 1, sizeof(*naming->order),
		compare_raw, (void *)(uintptr_t)naming->raw);
	for (; !err && at < naming->raw_count - 1; at = end) {
		end = gather_module(naming, at);
		err = name_module(naming,
				  naming->raw[naming->order[at]].module);
		spread_answers(naming, end);
	}
	return err;
}

/* Parents come before children in both, so one pass is enough. */
static int build_stacks(struct naming *naming, uint32_t *stack_ids)
{
	int err = 0;

	for (uint32_t id = 1; !err && id < naming->raw_count; id++) {
		const struct named *named = &naming->named[id];
		uint32_t stack_id = stack_ids[naming->raw[id].parent];

		for (uint32_t i = named->frames_count; !err && i-- > 0;)
			err = clinic_session_stack_id(
				naming->session, stack_id,
				naming->frame_ids[named->first_frame + i],
				&stack_id);
		stack_ids[id] = stack_id;
	}
	return err;
}

static int make_room(struct naming *naming)
{
	size_t count = naming->raw_count;

	naming->order = calloc(count, sizeof(*naming->order));
	naming->named = calloc(count, sizeof(*naming->named));
	naming->addresses = calloc(count, sizeof(*naming->addresses));
	naming->firsts = calloc(count, sizeof(*naming->firsts));
	naming->answers = calloc(count, sizeof(*naming->answers));
	return naming->order && naming->named && naming->addresses &&
			       naming->firsts && naming->answers
		       ? 0
		       : -ENOMEM;
}

static void free_room(struct naming *naming)
{
	free(naming->order);
	free(naming->named);
	free(naming->addresses);
	free(naming->firsts);
	free(naming->answers);
	free(naming->frame_ids);
}

int clinic_naming_run(const struct clinic_naming_options *options,
		      const struct clinic_modules *modules,
		      const struct clinic_address_stacks *raw,
		      struct clinic_session *session, uint32_t **stack_ids,
		      struct clinic_naming_facts *facts)
{
	struct clinic_symbols_options symbols_options = {
		.use_debuginfod = options->use_debuginfod};
	struct naming naming = {
		.session = session, .modules = modules, .facts = facts};
	int err;

	naming.raw = clinic_address_stacks_rows(raw, &naming.raw_count);
	*stack_ids = calloc(naming.raw_count, sizeof(**stack_ids));
	err = *stack_ids ? make_room(&naming) : -ENOMEM;
	if (!err)
		err = clinic_symbols_new(&symbols_options, &naming.symbols);
	if (!err)
		err = name_all(&naming);
	if (!err)
		err = build_stacks(&naming, *stack_ids);
	if (naming.symbols)
		clinic_symbols_counts_get(naming.symbols, &facts->symbols);
	clinic_symbols_free(naming.symbols);
	free_room(&naming);
	return err;
}
