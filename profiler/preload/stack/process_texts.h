/*
 * preload/stack/process_texts.h - copies what a reader of the arena must know
 * about this process from /proc into the arena.
 *
 * Each text is a block of its own. Nothing is allocated by malloc.
 *
 * Errors     none: what cannot be read is left out.
 * Threads    one call at a time.
 * Read next  sources/arena_image.h, which reads the arena.
 */
#ifndef PRELOAD_STACK_PROCESS_TEXTS_H
#define PRELOAD_STACK_PROCESS_TEXTS_H

#include <stdint.h>

void process_save_command(void);

struct clinic_space;

/*
 * Saves a listing of the mapped code. Call sites that are found after it refer
 * to it. The listing contains the build-ids of the libraries that the space
 * has; space NULL: none.
 */
void process_save_maps(const struct clinic_space *space);
/* The number of the newest listing, from 0. */
uint32_t process_maps_newest(void);

/* The largest resident size since this program began; 0: it is not known. */
uint64_t process_resident_peak_bytes(void);

/*
 * Both are to be called in a forked child: the first before the arena is
 * emptied, the second after it. A child that cannot read /proc, for example
 * after a chroot, uses the listing of its parent.
 */
void process_inherit_maps(void);
void process_restart_texts(void);

#endif
