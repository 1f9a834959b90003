/* Finds the variable of a file at an address. */
#include "sources/data_symbol.h"

#include <elfutils/libdwelf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "foundation/maps_line.h"
#include "symbols/demangle.h"
#include "unwind/address_space.h"

#define PAGE_BYTES 4096u

/* room for "+0x" and 16 digits */
#define OFFSET_BYTES 20u

static int name_object(Elf *elf, size_t names, const GElf_Sym *symbol,
		       uint64_t address, char *name, size_t name_bytes)
{
	const char *text = elf_strptr(elf, names, symbol->st_name);
	uint64_t inside = address - symbol->st_value;
	char offset[OFFSET_BYTES] = "";
	char *demangled;

	if (!text)
		return -ENOENT;
	demangled = clinic_demangle(text);
	if (inside)
		snprintf(offset, sizeof(offset), "+0x%" PRIx64, inside);
	/* A name that is too long is cut, but never the offset after it. */
	snprintf(name, name_bytes, "%.*s%s",
		 (int)(name_bytes - 1 - strlen(offset)),
		 demangled ? demangled : text, offset);
	free(demangled);
	return 0;
}

static int search_table(Elf *elf, Elf_Scn *section, const GElf_Shdr *header,
			uint64_t address, char *name, size_t name_bytes)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Sym symbol;

	for (int i = 0; data && gelf_getsym(data, i, &symbol); i++)
		if (GELF_ST_TYPE(symbol.st_info) == STT_OBJECT &&
		    address - symbol.st_value < symbol.st_size)
			return name_object(elf, header->sh_link, &symbol,
					   address, name, name_bytes);
	return -ENOENT;
}

static int search_tables(Elf *elf, uint64_t address, char *name,
			 size_t name_bytes)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &header) &&
		    (header.sh_type == SHT_SYMTAB ||
		     header.sh_type == SHT_DYNSYM) &&
		    !search_table(elf, section, &header, address, name,
				  name_bytes))
			return 0;
	return -ENOENT;
}

static int find_bias(Elf *elf, uint64_t code_start, uint64_t code_offset,
		     uint64_t *bias)
{
	GElf_Phdr segment;

	for (int i = 0; gelf_getphdr(elf, i, &segment); i++) {
		uint64_t inside = code_offset - segment.p_offset;

		if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_X) ||
		    code_offset / PAGE_BYTES != segment.p_offset / PAGE_BYTES)
			continue;
		*bias = code_start - (segment.p_vaddr + inside);
		return 0;
	}
	return -ENOENT;
}

static void find_ends(Elf *elf, struct clinic_loaded_range *range)
{
	GElf_Phdr segment;

	range->low = UINT64_MAX;
	range->high = 0;
	for (int i = 0; gelf_getphdr(elf, i, &segment); i++) {
		uint64_t low = range->bias + segment.p_vaddr;

		if (segment.p_type != PT_LOAD)
			continue;
		if (low < range->low)
			range->low = low;
		if (low + segment.p_memsz > range->high)
			range->high = low + segment.p_memsz;
	}
}

/*
 * The path comes from the program that was watched. To open a FIFO would wait,
 * and to read a device may never end.
 */
static int open_regular(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;

	if (fd >= 0 && (fstat(fd, &status) || !S_ISREG(status.st_mode))) {
		close(fd);
		return -1;
	}
	return fd;
}

static Elf *open_elf(const char *path, int *fd)
{
	char decoded[PATH_MAX];
	Elf *elf;

	*fd = open_regular(path);
	if (*fd < 0 && clinic_maps_path_decode(path, decoded, sizeof(decoded)))
		*fd = open_regular(decoded);
	if (*fd < 0)
		return NULL;
	elf_version(EV_CURRENT);
	elf = elf_begin(*fd, ELF_C_READ, NULL);
	if (!elf)
		close(*fd);
	return elf;
}

int clinic_data_symbol(const char *path, uint64_t address, char *name,
		       size_t name_bytes)
{
	int fd, err;
	Elf *elf = open_elf(path, &fd);

	if (!elf)
		return -ENOENT;
	err = search_tables(elf, address, name, name_bytes);
	elf_end(elf);
	close(fd);
	return err;
}

static int check_build_id(Elf *elf, const struct clinic_mapping *mapping)
{
	const void *build_id;
	ssize_t size = dwelf_elf_gnu_build_id(elf, &build_id);

	if (!mapping->build_id_size)
		return 0;
	return size == mapping->build_id_size &&
			       !memcmp(build_id, mapping->build_id,
				       mapping->build_id_size)
		       ? 0
		       : -ESTALE;
}

int clinic_loaded_range(const struct clinic_mapping *mapping,
			struct clinic_loaded_range *range)
{
	int fd, err;
	Elf *elf = open_elf(mapping->path, &fd);

	if (!elf)
		return -ENOENT;
	err = check_build_id(elf, mapping);
	if (!err)
		err = find_bias(elf, mapping->start, mapping->file_offset,
				&range->bias);
	if (!err)
		find_ends(elf, range);
	elf_end(elf);
	close(fd);
	return err;
}
