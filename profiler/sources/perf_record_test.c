/* Decodes records as perf_event_open(2) lays them out, and damaged ones. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sources/perf_record.h"

/* A record that is built from front to back, 8 bytes at a time. */
struct builder {
	uint64_t words[512];
	size_t count;
};

static void begin(struct builder *builder)
{
	builder->count = 1; /* room for the header */
}

static void add(struct builder *builder, uint64_t word)
{
	builder->words[builder->count++] = word;
}

static void add_text(struct builder *builder, const char *text)
{
	size_t words = strlen(text) / 8 + 1;

	memset(&builder->words[builder->count], 0, words * 8);
	memcpy(&builder->words[builder->count], text, strlen(text));
	builder->count += words;
}

static uint64_t pair(uint32_t low, uint32_t high)
{
	return (uint64_t)high << 32 | low;
}

static void add_sample_id(struct builder *builder)
{
	add(builder, pair(100, 101));
	add(builder, 5555); /* time */
	add(builder, pair(3, 0));
}

static const struct perf_event_header *finish(struct builder *builder,
					      uint32_t type, uint16_t misc)
{
	struct perf_event_header header = {
		.type = type,
		.misc = misc,
		.size = (uint16_t)(builder->count * 8)};

	memcpy(builder->words, &header, sizeof(header));
	return (const void *)builder->words;
}

static int decode(const struct perf_event_header *record,
		  struct clinic_event *event)
{
	static struct clinic_perf_decoder decoder = {.ns_per_period = 1};

	return clinic_perf_decode(&decoder, record, event);
}

static const struct perf_event_header *build_sample(struct builder *builder)
{
	begin(builder);
	add(builder, 0x401000);
	add(builder, pair(100, 101));
	add(builder, 7777);       /* time */
	add(builder, pair(3, 0)); /* cpu */
	add(builder, 1001001);    /* period */
	add(builder, 5);
	add(builder, (uint64_t)PERF_CONTEXT_KERNEL);
	add(builder, 0xffffffff81000000);
	add(builder, (uint64_t)PERF_CONTEXT_USER);
	add(builder, 0x401000);
	add(builder, 0x402000);
	add(builder, PERF_SAMPLE_REGS_ABI_64);
	for (int i = 0; i < __builtin_popcountll(CLINIC_PERF_REGISTERS); i++)
		add(builder, 0x1000 + (uint64_t)i);
	add(builder, 16); /* stack asked for */
	add(builder, 0x11);
	add(builder, 0x22);
	add(builder, 8); /* stack got */
	return finish(builder, PERF_RECORD_SAMPLE, PERF_RECORD_MISC_KERNEL);
}

static void a_sample_has_all_its_parts(void **state)
{
	struct builder builder;
	struct clinic_event event;

	(void)state;
	assert_int_equal(decode(build_sample(&builder), &event), 1);
	assert_int_equal(event.kind, CLINIC_EVENT_SAMPLE);
	assert_int_equal(event.pid, 100);
	assert_int_equal(event.tid, 101);
	assert_int_equal(event.time_ns, 7777);
	assert_int_equal(event.sample.cpu, 3);
	assert_int_equal(event.sample.weight_ns, 1001001);
	assert_true(event.sample.in_kernel);
	assert_int_equal(event.sample.kernel_count, 1);
	assert_int_equal(event.sample.kernel_chain[0], 0xffffffff81000000);
	assert_int_equal(event.sample.user_count, 2);
	assert_int_equal(event.sample.user_chain[1], 0x402000);
	assert_non_null(event.sample.registers);
	assert_int_equal(event.sample.stack_bytes, 8);
	assert_int_equal(event.sample.stack[0], 0x11);
}

/* A bug of the kernel, or a race with us, could do such damage. */
static void a_sample_cut_anywhere_is_refused(void **state)
{
	struct builder whole;
	struct clinic_event event;
	size_t words;

	(void)state;
	build_sample(&whole);
	words = whole.count;
	for (size_t kept = 1; kept < words; kept++) {
		struct perf_event_header *cut = malloc(kept * sizeof(uint64_t));

		/*
		 * The record is in memory of its own, so that a read past its
		 * end is found.
		 */
		memcpy(cut, whole.words, kept * sizeof(uint64_t));
		cut->size = (uint16_t)(kept * sizeof(uint64_t));
		assert_int_equal(decode(cut, &event), -EBADMSG);
		free(cut);
	}
}

static void a_huge_chain_is_refused(void **state)
{
	struct builder builder;
	struct clinic_event event;

	(void)state;
	build_sample(&builder);
	builder.words[6] = UINT64_MAX / 8 + 2; /* times 8 is small again */
	assert_int_equal(decode((const void *)builder.words, &event), -EBADMSG);
}

static void a_mapping_has_its_build_id(void **state)
{
	struct builder builder;
	struct clinic_event event;

	(void)state;
	begin(&builder);
	add(&builder, pair(100, 101));
	add(&builder, 0x7f0000000000);
	add(&builder, 0x5000);
	add(&builder, 0x2000);
	add(&builder, 0x0403020100000014); /* size 20, then its bytes */
	add(&builder, 0x0c0b0a0908070605);
	add(&builder, 0x14131211100f0e0d);
	add(&builder, pair(5, 2)); /* protection, flags */
	add_text(&builder, "/usr/lib/libz.so.1");
	add_sample_id(&builder);
	assert_int_equal(decode(finish(&builder, PERF_RECORD_MMAP2,
				       PERF_RECORD_MISC_MMAP_BUILD_ID),
				&event),
			 1);
	assert_int_equal(event.kind, CLINIC_EVENT_MAPPING);
	assert_int_equal(event.time_ns, 5555);
	assert_int_equal(event.mapping.size_bytes, 0x5000);
	assert_int_equal(event.mapping.file_offset, 0x2000);
	assert_string_equal(event.mapping.path, "/usr/lib/libz.so.1");
	assert_int_equal(event.mapping.build_id_size, 20);
	assert_int_equal(event.mapping.build_id[0], 1);
	assert_int_equal(event.mapping.build_id[19], 20);
}

static void a_mapping_of_data_is_of_no_interest(void **state)
{
	struct builder builder;
	struct clinic_event event;

	(void)state;
	begin(&builder);
	for (int i = 0; i < 8; i++)
		add(&builder, 0);
	add_text(&builder, "/tmp/data");
	add_sample_id(&builder);
	assert_int_equal(decode(finish(&builder, PERF_RECORD_MMAP2,
				       PERF_RECORD_MISC_MMAP_DATA),
				&event),
			 0);
}

static void a_fork_tells_both_sides(void **state)
{
	struct builder builder;
	struct clinic_event event;

	(void)state;
	begin(&builder);
	add(&builder, pair(200, 100)); /* pid, parent's */
	add(&builder, pair(201, 101)); /* tid, parent's */
	add(&builder, 4444);
	add_sample_id(&builder);
	assert_int_equal(decode(finish(&builder, PERF_RECORD_FORK, 0), &event),
			 1);
	assert_int_equal(event.kind, CLINIC_EVENT_FORK);
	assert_int_equal(event.pid, 200);
	assert_int_equal(event.tid, 201);
	assert_int_equal(event.fork.parent_pid, 100);
	assert_int_equal(event.fork.parent_tid, 101);
}

static void a_switch_tells_blocked_from_moved_aside(void **state)
{
	struct builder builder;
	struct clinic_event event;

	(void)state;
	begin(&builder);
	add_sample_id(&builder);
	assert_int_equal(decode(finish(&builder, PERF_RECORD_SWITCH,
				       PERF_RECORD_MISC_SWITCH_OUT),
				&event),
			 1);
	assert_int_equal(event.kind, CLINIC_EVENT_SWITCH);
	assert_int_equal(event.tid, 101);
	assert_int_equal(event.time_ns, 5555);
	assert_int_equal(event.change.cpu, 3);
	assert_true(event.change.is_out);
	assert_false(event.change.is_preempted);
	decode(finish(&builder, PERF_RECORD_SWITCH,
		      PERF_RECORD_MISC_SWITCH_OUT |
			      PERF_RECORD_MISC_SWITCH_OUT_PREEMPT),
	       &event);
	assert_true(event.change.is_preempted);
	decode(finish(&builder, PERF_RECORD_SWITCH, 0), &event);
	assert_false(event.change.is_out);
}

static void a_switch_of_nobody_is_refused(void **state)
{
	struct builder builder;
	struct clinic_event event;

	(void)state;
	begin(&builder);
	assert_int_equal(
		decode(finish(&builder, PERF_RECORD_SWITCH, 0), &event),
		-EBADMSG);
}

static void losses_are_counted_as_told(void **state)
{
	struct builder builder;
	struct clinic_event event;

	(void)state;
	begin(&builder);
	add(&builder, 17); /* the event's id */
	add(&builder, 42);
	add_sample_id(&builder);
	assert_int_equal(decode(finish(&builder, PERF_RECORD_LOST, 0), &event),
			 1);
	assert_int_equal(event.lost_count, 42);
	begin(&builder);
	add(&builder, 43);
	add_sample_id(&builder);
	assert_int_equal(
		decode(finish(&builder, PERF_RECORD_LOST_SAMPLES, 0), &event),
		1);
	assert_int_equal(event.lost_count, 43);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sample_has_all_its_parts),
		cmocka_unit_test(a_sample_cut_anywhere_is_refused),
		cmocka_unit_test(a_huge_chain_is_refused),
		cmocka_unit_test(a_mapping_has_its_build_id),
		cmocka_unit_test(a_mapping_of_data_is_of_no_interest),
		cmocka_unit_test(a_fork_tells_both_sides),
		cmocka_unit_test(a_switch_tells_blocked_from_moved_aside),
		cmocka_unit_test(a_switch_of_nobody_is_refused),
		cmocka_unit_test(losses_are_counted_as_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
