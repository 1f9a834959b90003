/*
 * formats/content_head.h - reads the beginning of a file, plain or gzipped, so
 * that a later reader still gets all of it.
 *
 * A regular file is read at an offset; the content of a pipe is duplicated by
 * tee(2). Of anything else, such as a terminal, the beginning cannot be read
 * without taking it away: -ESPIPE.
 *
 *	clinic_content_head_open(&head, path);
 *	do
 *		error = clinic_content_head_look(&head);
 *	while (!error && more is needed && !head.is_whole);
 *	clinic_content_head_close(&head);
 *
 * Errors     0 or -errno. After an error of open there is nothing to close.
 */
#ifndef CLINIC_FORMATS_CONTENT_HEAD_H
#define CLINIC_FORMATS_CONTENT_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#define CLINIC_CONTENT_HEAD_BYTES 16384

struct clinic_content_head {
	unsigned char text[CLINIC_CONTENT_HEAD_BYTES];
	size_t text_bytes;
	size_t packed_bytes; /* before unpacking */
	bool is_whole;       /* another look would not find more */
	bool is_pipe;
	int fd;
};

/* The path "-" means the standard input. */
int clinic_content_head_open(struct clinic_content_head *head,
			     const char *path);
/*
 * Waits until there are more bytes than at the last look, or no more will come.
 */
int clinic_content_head_look(struct clinic_content_head *head);
void clinic_content_head_close(struct clinic_content_head *head);

#endif
