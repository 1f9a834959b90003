/*
 * collect/resident_rows.h - what each process of the arenas had resident.
 *
 * Errors     0 or -errno.
 * Read next  session/rows.h, the row; preload/stack/process_texts.h, who asks
 *            the kernel.
 */
#ifndef CLINIC_COLLECT_RESIDENT_ROWS_H
#define CLINIC_COLLECT_RESIDENT_ROWS_H

#include "sources/arena_source.h"

struct clinic_resident_peak;
struct clinic_session;

/* While they run, again and again: what is killed says nothing at its end. */
void clinic_resident_look(const struct clinic_arena_facts *facts);

/* The row of one; bytes 0: it is not known. */
int clinic_resident_row(struct clinic_session *session,
			const struct arena_image *image,
			struct clinic_resident_peak *row);

int clinic_resident_rows_save(struct clinic_session *session,
			      const struct clinic_arena_facts *facts);

#endif
