/*
 * collect/resident_rows.h - the peak of resident memory of each process.
 *
 * Errors     0 or -errno.
 * Read next  session/rows.h, the row; preload/stack/process_texts.h, which
 *            reads the kernel's peak.
 */
#ifndef CLINIC_COLLECT_RESIDENT_ROWS_H
#define CLINIC_COLLECT_RESIDENT_ROWS_H

#include "sources/arena_source.h"

struct clinic_resident_peak;
struct clinic_session;

/* Reads all running processes. It is called again and again, because a process
 * that is killed writes no peak. */
void clinic_resident_look(const struct clinic_arena_facts *facts);

/* Makes the row of one process; bytes 0: the peak is not known. */
int clinic_resident_row(struct clinic_session *session,
			const struct arena_image *image,
			struct clinic_resident_peak *row);

int clinic_resident_rows_save(struct clinic_session *session,
			      const struct clinic_arena_facts *facts);

#endif
