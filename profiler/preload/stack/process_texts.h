/*
 * preload/stack/process_texts.h - what a reader of the arena must know of us.
 *
 * Each goes into a block of its own, read from /proc without any allocator.
 *
 * Errors     none: what cannot be read is left out.
 * Threads    one call at a time.
 * Read next  sources/arena_image.h, the reader.
 */
#ifndef PRELOAD_STACK_PROCESS_TEXTS_H
#define PRELOAD_STACK_PROCESS_TEXTS_H

#include <stdint.h>

void process_save_command(void);

struct clinic_space;

/*
 * What is mapped where now. Addresses found later are of this listing. The
 * build-ids are of the libraries that the space has; NULL: none.
 */
void process_save_maps(const struct clinic_space *space);
uint32_t process_maps_newest(void); /* its number, from 0 */

/* Most that was resident since this program began; 0: not known. */
uint64_t process_resident_peak_bytes(void);

/*
 * In a forked child, before the arena is emptied: one without /proc, as after
 * a chroot, has mapped what its parent had.
 */
void process_inherit_maps(void);
void process_restart_texts(void); /* and after that */

#endif
