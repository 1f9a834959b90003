/* Finds the image at an address as unwinders do, without a lock. */
#include "preload/stack/loaded_image.h"
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <string.h>

/* The program headers follow the ELF header, in the first page of the file. */
#define HEADERS_BYTES_MAX 4096u

static bool find(uint64_t address, struct dl_find_object *found)
{
	return !_dl_find_object((void *)(uintptr_t)address, found);
}

bool loaded_image_is_at(uint64_t address)
{
	struct dl_find_object found;

	return find(address, &found);
}

static bool find_headers(const struct dl_find_object *found,
			 struct clinic_image *image)
{
	const char *start = found->dlfo_map_start;
	const ElfW(Ehdr) *elf = found->dlfo_map_start;

	if ((const char *)found->dlfo_map_end - start < HEADERS_BYTES_MAX ||
	    memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0 ||
	    elf->e_phentsize != sizeof(ElfW(Phdr)) ||
	    elf->e_phoff > HEADERS_BYTES_MAX ||
	    elf->e_phnum >
		    (HEADERS_BYTES_MAX - elf->e_phoff) / sizeof(ElfW(Phdr)))
		return false;
	image->headers = start + elf->e_phoff;
	image->headers_count = elf->e_phnum;
	return true;
}

bool loaded_image_find(uint64_t address, struct clinic_image *image)
{
	struct dl_find_object found;

	if (!find(address, &found))
		return false;
	image->path = found.dlfo_link_map->l_name;
	image->bias = found.dlfo_link_map->l_addr;
	return find_headers(&found, image);
}

const char *loaded_image_path(uint64_t address, uintptr_t *bias)
{
	struct dl_find_object found;

	if (!find(address, &found))
		return NULL;
	*bias = found.dlfo_link_map->l_addr;
	return found.dlfo_link_map->l_name;
}
