/*
 * preload/stack/loaded_image.h - find the program or library at an address.
 *
 * None of this takes the loader's lock, as dl_iterate_phdr, dladdr and dlsym
 * do. A hook must not wait for that lock, because the thread that holds it may
 * wait for a lock that the hook's caller holds. _dl_find_object, which is
 * called here, is made for unwinders and takes no lock.
 *
 * Threads    any. The address must be in code to which a stack of the calling
 *            thread returns, so that its library cannot be unloaded meanwhile.
 *            Only loaded_image_is_at may be asked about any address.
 * Signals    safe in signal handlers.
 * Read next  preload/stack/stack_tables.h, which makes tables of the images.
 */
#ifndef PRELOAD_STACK_LOADED_IMAGE_H
#define PRELOAD_STACK_LOADED_IMAGE_H

#include "unwind/address_space.h"
#include <stdbool.h>
#include <stdint.h>

bool loaded_image_is_at(uint64_t address);

/*
 * The path of the program itself is "". Returns false if no image is there, or
 * if its program headers cannot be found.
 */
bool loaded_image_find(uint64_t address, struct clinic_image *image);

/*
 * The path of the image, which the loader owns; *bias is what the loader added
 * to the addresses in the file. NULL: no image is there.
 */
const char *loaded_image_path(uint64_t address, uintptr_t *bias);

#endif
