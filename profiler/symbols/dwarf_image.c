/* Makes an image of chosen debug sections, maps it, and opens it by libdw. */
#include "symbols/dwarf_image.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "symbols/section_file.h"
#include "symbols/skeleton_name.h"

/* The sections that hold function names, inlined calls and lines. */
static const struct {
	const char *name;
	uint64_t room_bytes;
} wanted[] = {
	{".debug_info", 0},
	{".debug_abbrev", 0},
	{".debug_line", 0},
	{".debug_ranges", 0},
	{".debug_rnglists", 0},
	{".debug_addr", 0},
	{".debug_str_offsets", 0},
	{".debug_types", 0},
	/*
	 * The new names of split units are written at the end of this section.
	 */
	{".debug_str", CLINIC_SKELETON_NAME_BYTES},
	{".debug_line_str", CLINIC_SKELETON_NAME_BYTES},
};

static int map_file(const struct clinic_elf *elf, uint64_t bytes_max,
		    struct clinic_dwarf_image *image)
{
	struct clinic_section_choices choices = {0};
	void *bytes;
	int fd;

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		clinic_section_choices_add(&choices, elf, wanted[i].name,
					   wanted[i].room_bytes);
	fd = clinic_section_file_write(&choices, &elf->header, bytes_max,
				       &image->size_bytes);
	if (fd < 0)
		return fd;
	/*
	 * The mapping is private: names of split units change in our copy
	 * alone.
	 */
	bytes = mmap(NULL, image->size_bytes, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE, fd, 0);
	close(fd);
	if (bytes == MAP_FAILED)
		return -ENOMEM;
	image->bytes = bytes;
	return 0;
}

int clinic_dwarf_image_open(const struct clinic_elf *elf, uint64_t bytes_max,
			    struct clinic_dwarf_image *image)
{
	int error;

	*image = (struct clinic_dwarf_image){0};
	error = map_file(elf, bytes_max, image);
	if (error)
		return error;
	elf_version(EV_CURRENT);
	image->elf = elf_memory(image->bytes, image->size_bytes);
	if (image->elf)
		image->dwarf = dwarf_begin_elf(image->elf, DWARF_C_READ, NULL);
	if (!image->dwarf) {
		clinic_dwarf_image_close(image);
		return -EBADMSG;
	}
	return 0;
}

int clinic_dwarf_image_link_split(const struct clinic_dwarf_image *image,
				  Dwarf_Die *skeleton, int fd, Dwarf_Die *split)
{
	int error = clinic_skeleton_name_set(image->elf, image->bytes,
					     image->size_bytes, skeleton, fd);

	if (error)
		return error;
	*split = (Dwarf_Die){0};
	if (dwarf_cu_info(skeleton->cu, NULL, NULL, NULL, split, NULL, NULL,
			  NULL) ||
	    !split->addr)
		return -ENOENT;
	return 0;
}

void clinic_dwarf_image_release(const struct clinic_dwarf_image *image)
{
	if (image->bytes)
		madvise(image->bytes, image->size_bytes, MADV_DONTNEED);
}

void clinic_dwarf_image_close(struct clinic_dwarf_image *image)
{
	dwarf_end(image->dwarf);
	elf_end(image->elf);
	if (image->bytes)
		munmap(image->bytes, image->size_bytes);
	*image = (struct clinic_dwarf_image){0};
}
