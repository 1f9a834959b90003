/* Names addresses, and finds lines again, with much memory and little. */
#include <errno.h>
#include <string.h>

#include "symbols/known_function.h"

static void our_own_function_has_its_line(void **state)
{
	struct clinic_symbols_module *self =
		open_path(*state, "/proc/self/exe");
	struct seen seen = resolve_one(self, known_address());

	assert_int_equal(seen.tier, CLINIC_TIER_DWARF);
	assert_int_equal(seen.frames_count, 1);
	assert_string_equal(seen.function, "known_function");
	assert_non_null(strstr(seen.defined_file, "known_function.h"));
	assert_int_equal(seen.defined_line, KNOWN_LINE);
	assert_in_range(seen.line, KNOWN_LINE, KNOWN_LINE + 4);
	assert_int_equal(seen.start, known_address());
	assert_int_equal(known_function(1), 2);
}

static void a_module_tells_what_it_knows(void **state)
{
	struct clinic_build_id build_id = build_id_of("/proc/self/exe");
	struct clinic_symbols_module_facts facts;

	clinic_symbols_module_describe(open_path(*state, "/proc/self/exe"),
				       &facts);
	assert_string_equal(facts.path, "/proc/self/exe");
	assert_int_equal(facts.best_tier, CLINIC_TIER_DWARF);
	assert_null(facts.debug_path);
	assert_true(clinic_build_id_equal(&facts.build_id, &build_id));
}

static void batches_answer_every_address_once(void **state)
{
	struct clinic_symbols_module *self =
		open_path(*state, "/proc/self/exe");
	uint64_t known = known_address();
	const uint64_t addresses[] = {known + 1, 0, known, known + 1};
	struct clinic_symbols_counts counts;
	struct seen seen[4] = {0};

	assert_int_equal(clinic_symbols_resolve(self, addresses, 4, see, seen),
			 0);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(seen[i].calls_count, 1);
		if (addresses[i])
			assert_string_equal(seen[i].function, "known_function");
	}
	assert_int_equal(seen[1].tier, CLINIC_TIER_NONE);
	clinic_symbols_counts_get(*state, &counts);
	assert_int_equal(counts.tier_count[CLINIC_TIER_DWARF], 3);
	assert_int_equal(counts.tier_count[CLINIC_TIER_NONE], 1);
}

static void file_offsets_become_addresses(void **state)
{
	struct clinic_symbols_module *self =
		open_path(*state, "/proc/self/exe");
	struct clinic_elf *elf;
	uint64_t address;
	int fd = clinic_symbols_module_fd(self);

	assert_true(fd >= 0);
	assert_int_equal(clinic_elf_open(fd, &elf), 0);
	for (size_t i = 0; i < elf->segments_count; i++) {
		const Elf64_Phdr *p = &elf->segments[i];

		if (p->p_type != PT_LOAD || !p->p_filesz)
			continue;
		assert_int_equal(
			clinic_symbols_address(self, p->p_offset, &address), 0);
		assert_int_equal(address, p->p_vaddr);
	}
	clinic_elf_close(elf);
	assert_int_equal(
		clinic_symbols_address(self, UINT64_C(1) << 60, &address),
		-ERANGE);
}

/* The least memory, within 5 %, into which our debug information fits. */
static uint64_t least_memory(void)
{
	struct clinic_symbols_options options = {.memory_bytes_max = 65536};
	struct clinic_symbols_counts counts = {.too_large_count = 1};
	uint64_t known = known_address();

	while (counts.too_large_count) {
		struct clinic_symbols *symbols;

		options.memory_bytes_max += options.memory_bytes_max / 20;
		assert_int_equal(clinic_symbols_new(&options, &symbols), 0);
		resolve_one(open_path(symbols, "/proc/self/exe"), known);
		clinic_symbols_counts_get(symbols, &counts);
		clinic_symbols_free(symbols);
	}
	return options.memory_bytes_max;
}

/*
 * Far and near addresses alternate, with other modules in between, so that
 * units and modules are dropped and read again.
 */
static void answers_do_not_depend_on_memory(void **state)
{
	const struct clinic_symbols_options options = {.memory_bytes_max =
							       least_memory()};
	struct clinic_symbols_module *rich, *poor;
	struct clinic_symbols *symbols;
	uint64_t known = known_address();

	assert_int_equal(clinic_symbols_new(&options, &symbols), 0);
	rich = open_path(*state, "/proc/self/exe");
	poor = open_path(symbols, "/proc/self/exe");
	for (uint64_t i = 0; i < 2000; i++) {
		uint64_t address = i % 2 ? known + i * 31 : known - i * 31;
		struct seen expected = resolve_one(rich, address);
		struct seen seen = resolve_one(poor, address);

		if (i % 100 == 0)
			resolve_one(open_path(symbols, "/bin/sh"), 0x8000);
		assert_int_equal(seen.tier, expected.tier);
		assert_int_equal(seen.frames_count, expected.frames_count);
		assert_string_equal(seen.function, expected.function);
		assert_int_equal(seen.line, expected.line);
	}
	clinic_symbols_free(symbols);
}

static void debug_information_above_the_limit_is_left_out(void **state)
{
	static const struct clinic_symbols_options options = {
		.memory_bytes_max = 4096};
	struct clinic_symbols_counts counts;
	struct clinic_symbols *symbols;
	struct seen seen;

	(void)state;
	assert_int_equal(clinic_symbols_new(&options, &symbols), 0);
	seen = resolve_one(open_path(symbols, "/proc/self/exe"),
			   known_address());
	assert_int_equal(seen.tier, CLINIC_TIER_SYMTAB);
	assert_string_equal(seen.function, "known_function");
	clinic_symbols_counts_get(symbols, &counts);
	assert_int_equal(counts.too_large_count, 1);
	clinic_symbols_free(symbols);
}

/* The header's list of tiers that count as names. */
static void groups_without_a_name_are_no_names(void **state)
{
	(void)state;
	assert_true(clinic_tier_is_name(CLINIC_TIER_DWARF));
	assert_true(clinic_tier_is_name(CLINIC_TIER_KERNEL));
	assert_false(clinic_tier_is_name(CLINIC_TIER_FDE));
	assert_false(clinic_tier_is_name(CLINIC_TIER_NONE));
	for (enum clinic_tier tier = CLINIC_TIER_DWARF; tier < CLINIC_TIERS;
	     tier++)
		assert_non_null(clinic_tier_name(tier));
}

struct lines {
	uint32_t lowest, highest;
	uint64_t next; /* rows must be contiguous */
	char file[256];
};

static void see_line(void *context, const struct clinic_symbols_line *line)
{
	struct lines *lines = context;

	assert_true(!lines->next || lines->next == line->start);
	assert_true(line->start < line->end);
	lines->next = line->end;
	if (line->line < lines->lowest)
		lines->lowest = line->line;
	if (line->line > lines->highest)
		lines->highest = line->line;
	snprintf(lines->file, sizeof(lines->file), "%s", line->file);
}

static void a_function_leads_back_to_its_lines(void **state)
{
	struct clinic_symbols_module *self =
		open_path(*state, "/proc/self/exe");
	struct lines lines = {.lowest = UINT32_MAX};
	struct clinic_symbols_range range = {0};

	assert_int_equal(clinic_symbols_function_ranges(self, "known_function",
							keep_range, &range),
			 0);
	assert_int_equal(range.start, known_address());
	assert_false(range.is_inline);
	assert_int_equal(clinic_symbols_function_lines(self, range.start,
						       range.end, see_line,
						       &lines),
			 0);
	assert_int_equal(lines.next, range.end);
	assert_non_null(strstr(lines.file, "known_function.h"));
	assert_in_range(lines.lowest, KNOWN_LINE, KNOWN_LINE + 4);
	assert_in_range(lines.highest, KNOWN_LINE, KNOWN_LINE + 4);
	assert_int_equal(clinic_symbols_function_ranges(self, "no_such_one",
							keep_range, &range),
			 -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(our_own_function_has_its_line,
						make, unmake),
		cmocka_unit_test_setup_teardown(a_module_tells_what_it_knows,
						make, unmake),
		cmocka_unit_test_setup_teardown(
			batches_answer_every_address_once, make, unmake),
		cmocka_unit_test_setup_teardown(file_offsets_become_addresses,
						make, unmake),
		cmocka_unit_test_setup_teardown(answers_do_not_depend_on_memory,
						make, unmake),
		cmocka_unit_test(debug_information_above_the_limit_is_left_out),
		cmocka_unit_test(groups_without_a_name_are_no_names),
		cmocka_unit_test_setup_teardown(
			a_function_leads_back_to_its_lines, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
