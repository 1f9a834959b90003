/* Finds a debug section by its name among the section headers. */
#include "symbols/dwarf_section.h"

#include <string.h>

struct clinic_dwarf_section clinic_dwarf_section_of(Elf *elf, const char *name,
						    const char *split_name)
{
	struct clinic_dwarf_section found = {0};
	Elf_Scn *section = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return found;
	while ((section = elf_nextscn(elf, section))) {
		Elf64_Shdr *header = elf64_getshdr(section);
		const char *text =
			header ? elf_strptr(elf, names, header->sh_name) : NULL;
		Elf_Data *data;

		if (!text || (strcmp(text, name) && strcmp(text, split_name)))
			continue;
		data = elf_getdata(section, NULL);
		if (data && data->d_buf)
			found = (struct clinic_dwarf_section){data->d_buf,
							      data->d_size};
	}
	return found;
}
