/*
 * batch_file.h - a batch of frames in a file, for the programs of load/.
 *
 * Units      _bytes, _count.
 * Ownership  batch_file_free() frees the bytes, also after an error.
 * Errors     0 or -errno; -EPROTO: it is no batch with frames.
 * Threads    any.
 * Read next  wire.h, the bytes.
 */
#ifndef TELEMETRY_BATCH_FILE_H
#define TELEMETRY_BATCH_FILE_H

#include <stddef.h>
#include <stdint.h>

struct batch_file {
	uint8_t *bytes;
	size_t bytes_count;
	uint32_t frames_count;
};

int batch_file_read(struct batch_file *batch, const char *path);
void batch_file_free(struct batch_file *batch);

#endif
