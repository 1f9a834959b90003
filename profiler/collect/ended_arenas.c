/* Adds up the rows of ended programs that have equal key columns. */
#include "collect/ended_arenas.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/arena_rows.h"
#include "collect/resident_rows.h"
#include "foundation/growing_array.h"
#include "foundation/row_index.h"
#include "session/schema.h"
#include "session/session.h"

/* Some 13 MiB each; above this, new stacks are counted as unknown. */
#define SUMS_MAX ((size_t)1 << 17)

/* An address says nothing once its process has gone. */
#define ENDED_LOCKS "[locks of ended processes]"

struct sums {
	enum clinic_table table;
	char *rows;
	size_t count, room;
	struct clinic_row_index index;
	bool is_renumbered; /* since it was indexed */
};

enum { ALLOCATIONS, SIZES, LOCKS, RESIDENT_PEAKS, KINDS };

struct clinic_ended_arenas {
	struct clinic_session *session;
	struct clinic_counted_numbers *numbers;
	struct sums sums[KINDS];
	struct clinic_ended_counts counts;
};

int clinic_ended_arenas_new(struct clinic_session *session,
			    struct clinic_counted_numbers *numbers,
			    struct clinic_ended_arenas **ended)
{
	*ended = calloc(1, sizeof(**ended));
	if (!*ended)
		return -ENOMEM;
	(*ended)->session = session;
	(*ended)->numbers = numbers;
	(*ended)->sums[ALLOCATIONS].table = CLINIC_ALLOCATIONS;
	(*ended)->sums[SIZES].table = CLINIC_ALLOCATION_SIZES;
	(*ended)->sums[LOCKS].table = CLINIC_LOCKS;
	(*ended)->sums[RESIDENT_PEAKS].table = CLINIC_RESIDENT_PEAKS;
	return 0;
}

void clinic_ended_arenas_free(struct clinic_ended_arenas *ended)
{
	if (!ended)
		return;
	for (size_t i = 0; i < KINDS; i++) {
		free(ended->sums[i].rows);
		clinic_row_index_clear(&ended->sums[i].index);
	}
	free(ended);
}

static const struct clinic_columns *columns_of(const struct sums *sums)
{
	return &clinic_schema_tables[sums->table];
}

static void *row_at(const struct sums *sums, size_t at)
{
	return sums->rows + at * columns_of(sums)->row_bytes;
}

/* A key column distinguishes rows; the other columns are added up. */
static bool is_key(const struct clinic_column *column)
{
	return column->kind != CLINIC_COLUMN_NUMBER ||
	       !strcmp(column->name, "up_to_bytes");
}

static uint32_t hash_of(const struct sums *sums, const void *row)
{
	const struct clinic_columns *columns = columns_of(sums);
	uint64_t key[16] = {0};

	for (uint32_t i = 0; i < columns->columns_count; i++)
		if (is_key(&columns->column[i]))
			key[i] = clinic_column_get(&columns->column[i], row);
	return clinic_row_hash(key, sizeof(key));
}

static bool is_alike(const struct sums *sums, const void *a, const void *b)
{
	const struct clinic_columns *columns = columns_of(sums);

	for (uint32_t i = 0; i < columns->columns_count; i++) {
		const struct clinic_column *column = &columns->column[i];

		if (is_key(column) && clinic_column_get(column, a) !=
					      clinic_column_get(column, b))
			return false;
	}
	return true;
}

static void add_up(const struct sums *sums, void *sum, const void *row)
{
	const struct clinic_columns *columns = columns_of(sums);

	for (uint32_t i = 0; i < columns->columns_count; i++) {
		const struct clinic_column *column = &columns->column[i];
		uint64_t before = clinic_column_get(column, sum);
		uint64_t more = clinic_column_get(column, row);

		if (is_key(column))
			continue;
		if (strcmp(column->name, "longest_wait_ns") != 0)
			more += before;
		clinic_column_set(column, sum, more > before ? more : before);
	}
}

static int index_again(struct sums *sums)
{
	int err = 0;

	clinic_row_index_clear(&sums->index);
	for (size_t at = 0; !err && at < sums->count; at++)
		err = clinic_row_index_add(&sums->index,
					   hash_of(sums, row_at(sums, at)),
					   (uint32_t)at);
	sums->is_renumbered = err != 0;
	return err;
}

static void *find(const struct sums *sums, const void *row)
{
	struct clinic_row_cursor at;
	uint32_t id =
		clinic_row_index_first(&sums->index, hash_of(sums, row), &at);

	while (id != CLINIC_NO_ROW && !is_alike(sums, row_at(sums, id), row))
		id = clinic_row_index_next(&sums->index, &at);
	return id == CLINIC_NO_ROW ? NULL : row_at(sums, id);
}

static int append(struct sums *sums, const void *row)
{
	size_t bytes = columns_of(sums)->row_bytes;
	char *grown = clinic_grow(sums->rows, sums->count, &sums->room, bytes);

	if (!grown)
		return -ENOMEM;
	sums->rows = grown;
	memcpy(row_at(sums, sums->count), row, bytes);
	return clinic_row_index_add(&sums->index, hash_of(sums, row),
				    (uint32_t)sums->count++);
}

/* Of the processes of one program, the one with the largest peak is kept. */
static void keep_larger(struct clinic_resident_peak *most,
			const struct clinic_resident_peak *row)
{
	if (row->bytes > most->bytes)
		*most = *row;
}

static int add_row(struct sums *sums, const void *row)
{
	void *sum = find(sums, row);

	if (!sum)
		return append(sums, row);
	if (sums->table == CLINIC_RESIDENT_PEAKS)
		keep_larger(sum, row);
	else
		add_up(sums, sum, row);
	return 0;
}

/* Of a row for which there is no room, only stage, lock and size are kept. */
static void forget_details(const struct sums *sums, void *row)
{
	const struct clinic_columns *columns = columns_of(sums);

	for (uint32_t i = 0; i < columns->columns_count; i++)
		if (columns->column[i].kind == CLINIC_STACKS ||
		    (columns->column[i].kind == CLINIC_COLUMN_TEXT &&
		     sums->table == CLINIC_RESIDENT_PEAKS))
			clinic_column_set(&columns->column[i], row, 0);
}

static int rename_lock(struct clinic_session *session, struct clinic_lock *lock)
{
	const char *name = clinic_session_text(session, lock->name_id);

	return strncmp(name, "0x", 2) != 0
		       ? 0
		       : clinic_session_text_id(session, ENDED_LOCKS,
						&lock->name_id);
}

/* A clinic_on_sum: a row of a program that has ended. */
static int handle_row(void *context, enum clinic_table table, const void *row)
{
	struct clinic_ended_arenas *ended = context;
	struct sums *sums = ended->sums;
	union {
		struct clinic_allocation allocation;
		struct clinic_allocation_size size;
		struct clinic_lock lock;
		struct clinic_resident_peak peak;
	} copy;
	int err = 0;

	while (sums->table != table)
		sums++;
	memcpy(&copy, row, columns_of(sums)->row_bytes);
	if (table == CLINIC_LOCKS)
		err = rename_lock(ended->session, &copy.lock);
	if (!err && sums->is_renumbered)
		err = index_again(sums);
	if (!err && sums->count >= SUMS_MAX && !find(sums, &copy))
		forget_details(sums, &copy);
	return err ? err : add_row(sums, &copy);
}

static void count_findings(struct clinic_ended_counts *counts,
			   const struct arena_image *image)
{
	const struct arena_head *head = image->file.head;

	counts->programs_count++;
	counts->unobservable_count += head->is_unobservable != 0;
	counts->new_unobservable_count += head->is_new_unobservable != 0;
	counts->deadlocked_count += head->deadlocks_count != 0;
	counts->unfinished_count += !head->ended_ticks && !head->has_left &&
				    !image->is_replaced;
	counts->confined_count += head->is_confined != 0;
	counts->clockless_count += head->is_clockless != 0;
	counts->unlisted_count += clinic_arena_image_is_unlisted(image);
}

static int add_resident(struct clinic_ended_arenas *ended,
			const struct arena_image *image)
{
	struct clinic_resident_peak row;
	int err = clinic_resident_row(ended->session, image, &row);

	return err || !row.bytes || image->is_replaced
		       ? err
		       : handle_row(ended, CLINIC_RESIDENT_PEAKS, &row);
}

int clinic_ended_arenas_add(struct clinic_ended_arenas *ended,
			    const struct clinic_arena_plan *plan,
			    const struct arena_image *image)
{
	struct clinic_arena_sums sums = {
		.session = ended->session,
		.numbers = ended->numbers,
		.on_sum = handle_row,
		.context = ended,
	};
	int err = clinic_counted_numbers_name_locks(ended->numbers);

	if (!err)
		err = clinic_arena_rows_save(&sums, image, plan->with_alloc,
					     plan->with_lock);
	if (!err)
		err = add_resident(ended, image);
	count_findings(&ended->counts, image);
	clinic_counted_numbers_end(ended->numbers, image);
	return err;
}

int clinic_ended_arenas_save(const struct clinic_ended_arenas *ended,
			     const uint32_t *stack_ids,
			     struct clinic_session *session)
{
	const struct sums *sums = ended->sums;
	int err = 0;

	for (size_t i = 0; !err && i < sums[ALLOCATIONS].count; i++) {
		struct clinic_allocation row;

		memcpy(&row, row_at(&sums[ALLOCATIONS], i), sizeof(row));
		row.stack_id = stack_ids[row.stack_id];
		err = clinic_session_add(session, CLINIC_ALLOCATIONS, &row);
	}
	for (size_t i = 0; !err && i < sums[SIZES].count; i++)
		err = clinic_session_add(session, CLINIC_ALLOCATION_SIZES,
					 row_at(&sums[SIZES], i));
	for (size_t i = 0; !err && i < sums[RESIDENT_PEAKS].count; i++)
		err = clinic_session_add(session, CLINIC_RESIDENT_PEAKS,
					 row_at(&sums[RESIDENT_PEAKS], i));
	for (size_t i = 0; !err && i < sums[LOCKS].count; i++) {
		struct clinic_lock row;

		memcpy(&row, row_at(&sums[LOCKS], i), sizeof(row));
		row.stack_id = stack_ids[row.stack_id];
		row.owner_stack_id = stack_ids[row.owner_stack_id];
		err = clinic_session_add(session, CLINIC_LOCKS, &row);
	}
	return err;
}

static void each_of_column(const struct sums *sums,
			   const struct clinic_column *column,
			   clinic_on_number *on_number, void *context)
{
	for (size_t at = 0; at < sums->count; at++) {
		char *row = row_at(sums, at);

		on_number(context, (uint32_t *)(void *)(row + column->offset));
	}
}

static void each_number(struct sums *sums, unsigned int kind,
			clinic_on_number *on_number, void *context)
{
	const struct clinic_columns *columns = columns_of(sums);

	sums->is_renumbered = true;
	for (uint32_t i = 0; i < columns->columns_count; i++)
		if (columns->column[i].kind == kind)
			each_of_column(sums, &columns->column[i], on_number,
				       context);
}

void clinic_ended_arenas_stacks(struct clinic_ended_arenas *ended,
				clinic_on_number *on_number, void *context)
{
	for (size_t i = 0; i < KINDS; i++)
		each_number(&ended->sums[i], CLINIC_STACKS, on_number, context);
}

void clinic_ended_arenas_texts(struct clinic_ended_arenas *ended,
			       clinic_on_number *on_number, void *context)
{
	for (size_t i = 0; i < KINDS; i++)
		each_number(&ended->sums[i], CLINIC_COLUMN_TEXT, on_number,
			    context);
}

const struct clinic_ended_counts *
clinic_ended_arenas_counts(const struct clinic_ended_arenas *ended)
{
	return &ended->counts;
}
