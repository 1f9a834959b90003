/* Converts rows of 32-bit ELF files to 64-bit rows, field by field. */
#include "symbols/elf_shapes.h"

#include <elf.h>
#include <string.h>

/* The header's row sizes become 64-bit ones, where they are valid. */
static void widen_header(const void *narrow, void *wide)
{
	const Elf32_Ehdr *from = narrow;
	Elf64_Ehdr *to = wide;

	*to = (Elf64_Ehdr){
		.e_type = from->e_type,
		.e_machine = from->e_machine,
		.e_version = from->e_version,
		.e_entry = from->e_entry,
		.e_phoff = from->e_phoff,
		.e_shoff = from->e_shoff,
		.e_flags = from->e_flags,
		.e_ehsize = sizeof(*to),
		.e_phnum = from->e_phnum,
		.e_shnum = from->e_shnum,
		.e_shstrndx = from->e_shstrndx,
	};
	if (from->e_phentsize == sizeof(Elf32_Phdr))
		to->e_phentsize = sizeof(Elf64_Phdr);
	if (from->e_shentsize == sizeof(Elf32_Shdr))
		to->e_shentsize = sizeof(Elf64_Shdr);
	memcpy(to->e_ident, from->e_ident, sizeof(to->e_ident));
	to->e_ident[EI_CLASS] = ELFCLASS64;
}

static void widen_segment(const void *narrow, void *wide)
{
	const Elf32_Phdr *from = narrow;

	*(Elf64_Phdr *)wide = (Elf64_Phdr){
		.p_type = from->p_type,
		.p_flags = from->p_flags,
		.p_offset = from->p_offset,
		.p_vaddr = from->p_vaddr,
		.p_paddr = from->p_paddr,
		.p_filesz = from->p_filesz,
		.p_memsz = from->p_memsz,
		.p_align = from->p_align,
	};
}

static void widen_section(const void *narrow, void *wide)
{
	const Elf32_Shdr *from = narrow;

	*(Elf64_Shdr *)wide = (Elf64_Shdr){
		.sh_name = from->sh_name,
		.sh_type = from->sh_type,
		.sh_flags = from->sh_flags,
		.sh_addr = from->sh_addr,
		.sh_offset = from->sh_offset,
		.sh_size = from->sh_size,
		.sh_link = from->sh_link,
		.sh_info = from->sh_info,
		.sh_addralign = from->sh_addralign,
		.sh_entsize = from->sh_entsize,
	};
}

static void widen_packing(const void *narrow, void *wide)
{
	const Elf32_Chdr *from = narrow;

	*(Elf64_Chdr *)wide = (Elf64_Chdr){
		.ch_type = from->ch_type,
		.ch_size = from->ch_size,
		.ch_addralign = from->ch_addralign,
	};
}

static void widen_symbol(const void *narrow, void *wide)
{
	const Elf32_Sym *from = narrow;

	*(Elf64_Sym *)wide = (Elf64_Sym){
		.st_name = from->st_name,
		.st_info = from->st_info,
		.st_other = from->st_other,
		.st_shndx = from->st_shndx,
		.st_value = from->st_value,
		.st_size = from->st_size,
	};
}

#define SHAPE(row, widen_row)                                                  \
	{                                                                      \
		sizeof(Elf32_##row), sizeof(Elf64_##row), widen_row            \
	}

const struct clinic_elf_shape clinic_elf_header_shape =
	SHAPE(Ehdr, widen_header);
const struct clinic_elf_shape clinic_elf_segment_shape =
	SHAPE(Phdr, widen_segment);
const struct clinic_elf_shape clinic_elf_section_shape =
	SHAPE(Shdr, widen_section);
const struct clinic_elf_shape clinic_elf_packing_shape =
	SHAPE(Chdr, widen_packing);
const struct clinic_elf_shape clinic_elf_symbol_shape =
	SHAPE(Sym, widen_symbol);
