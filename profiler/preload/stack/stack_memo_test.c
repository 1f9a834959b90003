/*
 * Tests that a site is recalled only if all words that its walk depended on are
 * unchanged, for any number of words, neighbouring or not. The stack is an
 * array here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "preload/stack/stack_memo.h"

/* The words of the stack. */
static uint64_t words[3 * STACK_WORDS_MAX];

static struct stack_memos *memos;

static int begin(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		words[i] = 0x1000 + i;
	memos = stack_memos_new();
	return memos ? 0 : -1;
}

static int end(void **unused)
{
	(void)unused;
	stack_memos_free(memos);
	return 0;
}

static struct stack_entry entry_at(size_t word)
{
	return (struct stack_entry){.frame = &words[word]};
}

/* The words that a walk reads: two neighbours, one alone, and so on. */
static size_t word_number(size_t i)
{
	return i / 3 * 4 + i % 3;
}

/* A walk goes outwards, but reads the second word of a pair first. */
static void note_words(struct stack *stack, size_t count)
{
	stack->words_count = count;
	for (size_t i = 0; i < count; i++) {
		size_t at = word_number(i % 3 == 0 && i + 1 < count ? i + 1
					: i % 3 == 1                ? i - 1
								    : i);

		stack->words[i] = (struct stack_word){
			.offset = at * sizeof(*words), .word = words[at]};
	}
}

static uint32_t recall(size_t at, uint16_t stage)
{
	struct stack_entry entry = entry_at(at);

	return stack_memo_recall(memos, &entry, stage);
}

static void keep(size_t at, size_t count, uint16_t stage, uint32_t site)
{
	static struct stack stack;
	struct stack_entry entry = entry_at(at);

	note_words(&stack, count);
	for (size_t i = 0; i < count; i++)
		stack.words[i].word =
			words[at + stack.words[i].offset / sizeof(*words)];
	stack_memos_refresh(memos);
	stack_memo_keep(memos, &entry, stage, &stack, site);
}

static void every_word_counts_and_no_other(void **unused)
{
	(void)unused;
	for (size_t count = 1; count <= STACK_WORDS_MAX; count++) {
		uint32_t site = (uint32_t)count;

		keep(0, count, 0, site);
		assert_int_equal(recall(0, 0), site);
		for (size_t i = 0; i < count; i++) {
			words[word_number(i)] ^= UINT64_C(1) << i % 64;
			assert_int_not_equal(recall(0, 0), site);
			words[word_number(i)] ^= UINT64_C(1) << i % 64;
		}
		words[3]++; /* between two words that a walk reads */
		words[word_number(count - 1) + 2]++;
		assert_int_equal(recall(0, 0), site);
		words[word_number(0)] += 0x100000; /* makes another stack */
	}
}

static void a_walk_without_words_is_not_kept(void **unused)
{
	(void)unused;
	keep(0, 0, 0, 1);
	assert_int_equal(recall(0, 0), 0);
}

static void stacks_of_one_place_are_distinguished(void **unused)
{
	(void)unused;
	for (uint32_t site = 1; site <= STACK_MEMO_WAYS; site++) {
		words[word_number(20)] = site;
		keep(0, 30, 0, site);
	}
	for (uint32_t site = 1; site <= STACK_MEMO_WAYS; site++) {
		words[word_number(20)] = site;
		assert_int_equal(recall(0, 0), site);
	}
}

static void stages_are_distinguished(void **unused)
{
	(void)unused;
	keep(0, 9, 1, 11);
	keep(0, 9, 2, 12);
	assert_int_equal(recall(0, 0), 0);
	assert_int_equal(recall(0, 1), 11);
	assert_int_equal(recall(0, 2), 12);
}

static void all_is_forgotten_when_a_library_is_closed(void **unused)
{
	(void)unused;
	keep(0, 9, 0, 1);
	stack_tables_note_unload();
	assert_int_equal(recall(0, 0), 0);
	stack_memos_refresh(memos);
	assert_int_equal(recall(0, 0), 0);
	keep(0, 9, 0, 2);
	assert_int_equal(recall(0, 0), 2);
}

/*
 * Twice as many walks are kept as there is room for: the newest one can be
 * recalled, and no site is recalled for another stack.
 */
static void full_memory_is_forgotten(void **unused)
{
	size_t bytes = 0;
	uint32_t site = 0;

	(void)unused;
	while (bytes < 2 * STACK_MEMO_BYTES) {
		size_t at = site++ % STACK_WORDS_MAX;

		keep(at, STACK_WORDS_MAX, 0, (uint32_t)at + 1);
		bytes += STACK_WORDS_MAX * sizeof(*words);
		assert_int_equal(recall(at, 0), at + 1);
	}
	for (size_t at = 0; at < STACK_WORDS_MAX; at++)
		assert_true(recall(at, 0) == 0 || recall(at, 0) == at + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_word_counts_and_no_other,
						begin, end),
		cmocka_unit_test_setup_teardown(
			a_walk_without_words_is_not_kept, begin, end),
		cmocka_unit_test_setup_teardown(
			stacks_of_one_place_are_distinguished, begin, end),
		cmocka_unit_test_setup_teardown(stages_are_distinguished, begin,
						end),
		cmocka_unit_test_setup_teardown(
			all_is_forgotten_when_a_library_is_closed, begin, end),
		cmocka_unit_test_setup_teardown(full_memory_is_forgotten, begin,
						end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
