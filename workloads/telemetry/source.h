/*
 * source.h - where batches come from: memory, loopback TCP on request, or a
 * connection on which they come by themselves.
 *
 * All give the same bytes; what reads from them cannot tell which it has.
 *
 * Ownership  source_*_open() makes, source_close() frees; the bytes and the
 *            connection stay the caller's and must outlive the source.
 * Errors     0 or -errno.
 * Threads    one reader. The TCP source has a thread of its own that sends.
 * Read next  ingress.h, the reader.
 */
#ifndef TELEMETRY_SOURCE_H
#define TELEMETRY_SOURCE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct source;

struct source_kind {
	int (*request)(struct source *source);
	ssize_t (*read)(struct source *source, uint8_t *into, size_t size);
	void (*close)(struct source *source);
};

/* Embedded at the start of each kind's own structure. */
struct source {
	const struct source_kind *kind;
};

int source_memory_open(struct source **source, const uint8_t *batch,
		       size_t batch_bytes);
int source_tcp_open(struct source **source, const uint8_t *batch,
		    size_t batch_bytes);

/* fd: connected. Batches come when their sender likes: nobody asks for one. */
int source_connection_open(struct source **source, int fd);

/* Asks for the next batch; the source starts sending it. */
static inline int source_request(struct source *source)
{
	return source->kind->request(source);
}

/* Like read(): what is there, at most size bytes; 0 at the end. */
static inline ssize_t source_read(struct source *source, uint8_t *into,
				  size_t size)
{
	return source->kind->read(source, into, size);
}

static inline void source_close(struct source *source)
{
	if (source)
		source->kind->close(source);
}

#endif
