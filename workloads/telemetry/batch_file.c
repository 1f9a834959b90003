/*
 * batch_file.c - reads the whole file, and looks at its header.
 */
#include "batch_file.h"

#include "wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define BATCH_BYTES_MAX (1 << 30)

static int read_whole(struct batch_file *batch, FILE *file)
{
	struct stat status;

	if (fstat(fileno(file), &status))
		return -errno;
	if (status.st_size < BATCH_HEADER_BYTES ||
	    status.st_size > BATCH_BYTES_MAX)
		return -EPROTO;
	batch->bytes_count = (size_t)status.st_size;
	batch->bytes = malloc(batch->bytes_count);
	if (!batch->bytes)
		return -ENOMEM;
	return fread(batch->bytes, 1, batch->bytes_count, file) ==
			       batch->bytes_count
		       ? 0
		       : -EIO;
}

int batch_file_read(struct batch_file *batch, const char *path)
{
	FILE *file = fopen(path, "rb");
	int err;

	*batch = (struct batch_file){0};
	err = file ? read_whole(batch, file) : -errno;
	if (file)
		fclose(file);
	if (err)
		return err;
	batch->frames_count = get_u32(batch->bytes + 4);
	return get_u32(batch->bytes) == BATCH_MAGIC && batch->frames_count > 0
		       ? 0
		       : -EPROTO;
}

void batch_file_free(struct batch_file *batch)
{
	free(batch->bytes);
	*batch = (struct batch_file){0};
}
