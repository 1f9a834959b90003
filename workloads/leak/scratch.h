/*
 * scratch.h - memory for one reply while it is written and sent.
 *
 * Ownership  the scratch owns the memory, which is valid until scratch_sent.
 * Errors     NULL without memory.
 * Threads    one.
 */
#ifndef LEAK_SCRATCH_H
#define LEAK_SCRATCH_H

#define REPLY_BYTES 1024

struct scratch;

struct scratch *scratch_open(void);
void scratch_close(struct scratch *scratch);

/* Returns REPLY_BYTES of memory; to be called once for each reply. */
char *scratch_take(struct scratch *scratch);
/* To be called when the reply was sent: its memory is not needed any more. */
void scratch_sent(struct scratch *scratch);

#endif
