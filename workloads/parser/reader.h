/*
 * reader.h - one line of a log to the digest of its values.
 *
 * Errors     new returns NULL without memory. A line that is refused has the
 *            digest DIGEST_REFUSED.
 * Threads    one at a time per reader.
 */
#ifndef PARSER_READER_H
#define PARSER_READER_H

#include <stddef.h>
#include <stdint.h>

struct reader;

struct reader *reader_new(void);
void reader_free(struct reader *reader);

uint64_t reader_digest(struct reader *reader, const char *line,
		       size_t bytes_count);

#endif
