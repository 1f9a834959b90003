/*
 * formats/content_head.h - reads how a file begins, plain or gzipped, so that a
 * later reader still gets all of it.
 *
 * Files are read at an offset; of a pipe its content is duplicated with
 * tee(2). What is neither, such as a terminal, cannot be looked at: -ESPIPE.
 *
 *	clinic_content_head_open(&head, path)
 *	do clinic_content_head_look(&head) while (more is needed &&
 *						  !head.is_whole);
 *	clinic_content_head_close(&head)
 *
 * Errors     0 or -errno.
 */
#ifndef CLINIC_FORMATS_CONTENT_HEAD_H
#define CLINIC_FORMATS_CONTENT_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#define CLINIC_CONTENT_HEAD_BYTES 16384

struct clinic_content_head {
	unsigned char text[CLINIC_CONTENT_HEAD_BYTES];
	size_t text_bytes;
	size_t packed_bytes; /* as they stand in the file */
	bool is_whole;       /* a further look would find nothing more */
	bool is_pipe;
	int fd;
};

/* "-" is the standard input. */
int clinic_content_head_open(struct clinic_content_head *head,
			     const char *path);
/* Waits until there is more than at the last look, or nothing more comes. */
int clinic_content_head_look(struct clinic_content_head *head);
void clinic_content_head_close(struct clinic_content_head *head);

#endif
