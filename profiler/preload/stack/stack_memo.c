/* Keeps the site of each walk with the words that the walk has read. */
#include "preload/stack/stack_memo.h"
#include <string.h>
#include <sys/mman.h>

struct stack_memos *stack_memos_new(void)
{
	struct stack_memos *memos =
		mmap(NULL, sizeof(*memos), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memos == MAP_FAILED ? NULL : memos;
}

void stack_memos_free(struct stack_memos *memos)
{
	munmap(memos, sizeof(*memos));
}

static void forget(struct stack_memos *memos)
{
	memset(memos->tags, 0, sizeof(memos->tags));
	memos->used_bytes = 0;
}

void stack_memos_refresh(struct stack_memos *memos)
{
	uint64_t unloads_count = atomic_load(&stack_unloads_count);

	if (memos->unloads_count == unloads_count)
		return;
	memos->unloads_count = unloads_count;
	forget(memos);
}

/*
 * Sorts the words by address. They are nearly sorted already, because a walk
 * goes outwards, so insertion is fast.
 */
static void sort(struct stack_word *words, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct stack_word word = words[i];
		size_t at = i;

		for (; at > 0 && words[at - 1].offset > word.offset; at--)
			words[at] = words[at - 1];
		words[at] = word;
	}
}

static size_t without_doubles(struct stack_word *words, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (kept == 0 || words[kept - 1].offset != words[i].offset)
			words[kept++] = words[i];
	return kept;
}

static bool is_pair(const struct stack_word *words, size_t at, size_t count)
{
	return at + 1 < count && words[at].offset + 8 == words[at + 1].offset;
}

static size_t count_pairs(const struct stack_word *words, size_t count)
{
	size_t pairs_count = 0;

	for (size_t i = 0; i < count; i++)
		if (is_pair(words, i, count)) {
			pairs_count++;
			i++;
		}
	return pairs_count;
}

/* Fills the rest of the group too, which the next pair may overwrite. */
static void put_pair(struct memo_pairs *groups, size_t at,
		     const struct stack_word *words)
{
	struct memo_pairs *group = &groups[at / STACK_MEMO_GROUP];

	for (size_t i = at % STACK_MEMO_GROUP; i < STACK_MEMO_GROUP; i++) {
		group->words[i] = (memo_two){words[0].word, words[1].word};
		group->offset[i] = (uint32_t)words[0].offset;
	}
}

static void put_single(struct memo_singles *groups, size_t at,
		       const struct stack_word *word)
{
	struct memo_singles *group = &groups[at / STACK_MEMO_GROUP];

	for (size_t i = at % STACK_MEMO_GROUP; i < STACK_MEMO_GROUP; i++) {
		group->word[i] = word->word;
		group->offset[i] = (uint32_t)word->offset;
	}
}

static void put_words(struct stack_memo *memo, const struct stack_word *words,
		      size_t count)
{
	void *behind_pairs = memo->pairs + memo->pairs_groups;
	struct memo_singles *singles = behind_pairs;
	size_t pairs_count = 0, singles_count = 0;

	for (size_t i = 0; i < count; i++)
		if (is_pair(words, i, count))
			put_pair(memo->pairs, pairs_count++, &words[i++]);
		else
			put_single(singles, singles_count++, &words[i]);
}

static size_t groups_of(size_t count)
{
	return (count + STACK_MEMO_GROUP - 1) / STACK_MEMO_GROUP;
}

static struct stack_memo *take_memo(struct stack_memos *memos, size_t bytes)
{
	struct stack_memo *memo;

	if (memos->used_bytes + bytes > sizeof(memos->bytes))
		forget(memos);
	memo = (struct stack_memo *)(void *)(memos->bytes + memos->used_bytes);
	memos->used_bytes += bytes;
	return memo;
}

static struct stack_memo *make_memo(struct stack_memos *memos,
				    const struct stack_word *words,
				    size_t count, uint32_t site)
{
	size_t pairs_count = count_pairs(words, count);
	size_t pairs_groups = groups_of(pairs_count);
	size_t singles_groups = groups_of(count - 2 * pairs_count);
	struct stack_memo *memo = take_memo(
		memos, sizeof(*memo) +
			       pairs_groups * sizeof(struct memo_pairs) +
			       singles_groups * sizeof(struct memo_singles));

	memo->site = site;
	memo->pairs_groups = (uint16_t)pairs_groups;
	memo->singles_groups = (uint16_t)singles_groups;
	put_words(memo, words, count);
	return memo;
}

void stack_memo_keep(struct stack_memos *memos, const struct stack_entry *entry,
		     uint16_t stage, struct stack *stack, uint32_t site)
{
	size_t set = stack_memo_set(entry);
	struct stack_memo *memo;

	if (!stack->words_count ||
	    stack->words[stack->words_count - 1].offset > UINT32_MAX)
		return;
	sort(stack->words, stack->words_count);
	stack->words_count = without_doubles(stack->words, stack->words_count);
	memo = make_memo(memos, stack->words, stack->words_count, site);
	memos->tags[set][memos->next_way[set]++ % STACK_MEMO_WAYS] =
		(struct memo_tag){.key = stack_memo_key(entry, stage),
				  .memo = memo};
}
