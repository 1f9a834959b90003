/*
 * scratch.h - memory for one reply, while it is made.
 *
 * Ownership  the scratch's; it is valid until scratch_sent.
 * Errors     NULL without memory.
 * Threads    one.
 */
#ifndef LEAK_SCRATCH_H
#define LEAK_SCRATCH_H

#define REPLY_BYTES 1024

struct scratch;

struct scratch *scratch_open(void);
void scratch_close(struct scratch *scratch);

/* REPLY_BYTES; once for each reply. */
char *scratch_take(struct scratch *scratch);
/* The reply was sent, so its memory is not needed any more. */
void scratch_sent(struct scratch *scratch);

#endif
