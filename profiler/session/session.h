/*
 * session/session.h - everything one run of the instruments has seen.
 *
 * A session holds interned strings, libraries, frames, stacks (a trie),
 * threads and stages, and the tables that refer to them: CPU samples,
 * waits, allocations, locks, process metrics. Adding is O(1) amortised.
 *
 *	clinic_session_text_id(s, "main", &frame.function_id);
 *	clinic_session_frame_id(s, &frame, &id);
 *	clinic_session_stack_id(s, CLINIC_STACK_ROOT, id, &stack);
 *	clinic_session_add(s, CLINIC_SAMPLES, &(struct clinic_sample){ ... });
 *
 * Units      see rows.h.
 * Ownership  the session copies whatever is added; pointers it returns
 *            belong to it. Texts are valid as long as the session, rows until
 *            the next addition to the same table.
 * Errors     0 or -errno: -ENOMEM; -ERANGE for a row that refers to a row
 *            that does not exist (an instrument's bug, or a hostile file);
 *            -EFBIG above CLINIC_ROWS_MAX or CLINIC_BYTES_MAX. After an error
 *            the session is as before, and can still be written.
 * Threads    one at a time per session; sessions share nothing.
 * Read next  rows.h for the tables; session_json.h to write and read one;
 *            tally.h for self and total; window.h for a part of the time.
 */
#ifndef CLINIC_SESSION_H
#define CLINIC_SESSION_H

#include <stddef.h>
#include <stdint.h>

#include "foundation/row_index.h"
#include "session/rows.h"

#define CLINIC_STACK_ROOT 0u
#define CLINIC_NOTE_BYTES 4608 /* a path, and a sentence around it */

struct clinic_session;

int clinic_session_new(struct clinic_session **session);
void clinic_session_free(struct clinic_session *session); /* NULL is allowed */

/*
 * Each of these tables has one row. It is zero at first; callers fill it in
 * place.
 */
struct clinic_session_metadata *
clinic_session_metadata(struct clinic_session *session);
struct clinic_quality *clinic_session_quality(struct clinic_session *session);
/* The same rows, for reading. */
const struct clinic_session_metadata *
clinic_session_get_metadata(const struct clinic_session *session);
const struct clinic_quality *
clinic_session_get_quality(const struct clinic_session *session);

/* The time from start to end, of merged runs the sum of these times; 0 where
 * it is unknown. */
uint64_t clinic_session_duration_ns(const struct clinic_session *session);

/*
 * Interning: the same content gives the same id. Text is any bytes up to
 * the NUL; bytes that are not UTF-8 become U+FFFD.
 */
int clinic_session_text_id(struct clinic_session *session, const char *text,
			   uint32_t *id);
int clinic_session_text_n_id(struct clinic_session *session, const char *text,
			     size_t length, uint32_t *id);
int clinic_session_library_id(struct clinic_session *session, const char *path,
			      const char *build_id, uint32_t *id);
int clinic_session_frame_id(struct clinic_session *session,
			    const struct clinic_frame *frame, uint32_t *id);
int clinic_session_stack_id(struct clinic_session *session, uint32_t parent_id,
			    uint32_t frame_id, uint32_t *id);
int clinic_session_thread_id(struct clinic_session *session, uint32_t pid,
			     uint32_t tid, const char *name, uint32_t *id);
int clinic_session_stage_id(struct clinic_session *session, const char *name,
			    uint32_t *id);

/* Appends a copy of `row`, which is of the table's struct. */
int clinic_session_add(struct clinic_session *session, enum clinic_table table,
		       const void *row);
/* The same for rows that consist of texts; the texts are interned. */
int clinic_session_add_refusal(struct clinic_session *session,
			       const char *backend, int errno_number,
			       const char *text);
/* A note that the session already has is counted, but not added again. */
int clinic_session_add_note(struct clinic_session *session, int is_warning,
			    const char *text);

/* The same, formatted like printf and cut at CLINIC_NOTE_BYTES. */
__attribute__((format(printf, 3, 4))) int
clinic_session_format_note(struct clinic_session *session, int is_warning,
			   const char *format, ...);

/* Reading. A table's rows as an array of its struct:
 *	const struct clinic_sample *sample =
 *		clinic_session_rows(s, CLINIC_SAMPLES, &count);
 */
const void *clinic_session_rows(const struct clinic_session *session,
				enum clinic_table table, uint32_t *count);
const char *clinic_session_text(const struct clinic_session *session,
				uint32_t id); /* "" when there is none */
const char *clinic_session_library_path(const struct clinic_session *session,
					uint32_t library_id);

/*
 * Copies all of `from` into a new session, in which all rows have the same
 * numbers.
 */
int clinic_session_copy(struct clinic_session *into,
			const struct clinic_session *from);

/*
 * Forgets all frames and stacks. No row may refer to one; a caller that keeps
 * their row numbers must drop them. Recordings that last for days need this.
 */
int clinic_session_forget_stacks(struct clinic_session *session);
/*
 * Forgets all threads but those with kept[id] != 0. Thread `into` must be one
 * of these; it stands for the forgotten ones. On return kept[id] is the new
 * number of each thread. The lifetimes of each thread are added up; no other
 * table of the session may refer to a thread.
 */
int clinic_session_forget_threads(struct clinic_session *session,
				  uint32_t *kept, uint32_t into);
/* The same for texts. Those that rows refer to are kept in any case; on return
 * kept[id] is 0 for a forgotten one. After an error, nothing has changed. */
int clinic_session_forget_texts(struct clinic_session *session, uint32_t *kept);
uint32_t clinic_session_texts_count(const struct clinic_session *session);

/*
 * Adds all of `from` to `into`: two instruments of one run, or many runs.
 * The section "Merged sessions" of FORMAT.md says what the head then contains.
 */
int clinic_session_merge(struct clinic_session *into,
			 const struct clinic_session *from);

#endif
