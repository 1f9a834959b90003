/*
 * cli/annotate.h - the parts of `clinic annotate`: which addresses were hit,
 * their source lines, and the instructions.
 */
#ifndef CLINIC_CLI_ANNOTATE_H
#define CLINIC_CLI_ANNOTATE_H

#include <stdbool.h>
#include <stdint.h>

#include "session/share.h"

struct clinic_session;

/* The CPU time at one address of the function, and the line there. */
struct clinic_hit {
	uint32_t library_id;
	uint32_t file_id;
	uint32_t line; /* for an inlined call, the line in that function */
	uint32_t reserved;
	uint64_t address;
	uint64_t value;
	uint64_t samples_count;
};

struct clinic_annotation {
	const struct clinic_session *session;
	const char *function;
	const char *source_folder; /* where else sources are, or NULL */
	bool is_whole;             /* with instructions far from hits */
	bool has_short_names;      /* without long template arguments */
	struct clinic_hit *hit;    /* by library, address and line */
	uint32_t hits_count;
	uint64_t value; /* of all hits */
	uint64_t whole; /* of the session */
	double samples; /* effective number in the session */
};

/* Returns 0 or -errno; -ENOENT: no sample was in that function. */
int clinic_annotation_find(struct clinic_annotation *annotation);
void clinic_annotation_free(struct clinic_annotation *annotation);

/* The share of the CPU time of the function, not of the session. */
struct clinic_share
clinic_annotation_share(const struct clinic_annotation *annotation,
			uint64_t value);

void clinic_annotation_print_lines(const struct clinic_annotation *annotation);
void clinic_annotation_print_code(const struct clinic_annotation *annotation);

#endif
