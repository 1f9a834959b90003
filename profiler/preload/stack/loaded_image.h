/*
 * preload/stack/loaded_image.h - the program or library at an address.
 *
 * The loader's lock is not taken: a hook must not wait for it, because the
 * thread that has it may wait for what ours has. dl_iterate_phdr, dladdr and
 * dlsym take it; what is used here is made for unwinders, which must not.
 *
 * Threads    any. What is found stays loaded as long as a stack leads through
 *            it; of anything else only loaded_image_is_at may be asked.
 * Signals    all of it is safe in handlers.
 * Read next  preload/stack/stack_tables.h, who asks.
 */
#ifndef PRELOAD_STACK_LOADED_IMAGE_H
#define PRELOAD_STACK_LOADED_IMAGE_H

#include "unwind/address_space.h"
#include <stdbool.h>
#include <stdint.h>

bool loaded_image_is_at(uint64_t address);

/* The path of the program itself is "". false: none, or without headers. */
bool loaded_image_find(uint64_t address, struct clinic_image *image);

/*
 * Where the loader has the path of what is at the address, and what it added
 * to the addresses there; NULL: nothing is.
 */
const char *loaded_image_path(uint64_t address, uintptr_t *bias);

#endif
