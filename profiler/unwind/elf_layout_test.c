/* Tests what is found in the headers of small, hand-made ELF files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "unwind/elf_layout.h"

enum { SEGMENTS = 5, SECTIONS = 5 };

static const char names[] = "\0.eh_frame\0.debug_frame\0.init\0.fini";

/* A note of another kind, and the build-id behind it. */
struct notes {
	Elf64_Nhdr other;
	char other_name[4];
	uint8_t other_value[4];
	Elf64_Nhdr build_id;
	char build_id_name[4];
	uint8_t build_id_value[24];
};

struct file {
	Elf64_Ehdr elf;
	Elf64_Phdr segment[SEGMENTS];
	struct notes notes;
	Elf64_Shdr section[SECTIONS + 1];
	char names[sizeof(names)];
};

static void describe_segments(struct file *f)
{
	f->segment[0] = (Elf64_Phdr){.p_type = PT_LOAD,
				     .p_flags = PF_R,
				     .p_vaddr = 0x1000,
				     .p_filesz = 0x100};
	f->segment[1] = (Elf64_Phdr){.p_type = PT_LOAD,
				     .p_flags = PF_R | PF_X,
				     .p_offset = 0x2000,
				     .p_vaddr = 0x3000,
				     .p_filesz = 0x400,
				     .p_memsz = 0x500};
	f->segment[2] = (Elf64_Phdr){.p_type = PT_GNU_EH_FRAME,
				     .p_offset = 0x2300,
				     .p_vaddr = 0x3300,
				     .p_filesz = 0x44};
	f->segment[3] = (Elf64_Phdr){.p_type = PT_NOTE,
				     .p_offset = offsetof(struct file, notes),
				     .p_filesz = sizeof(f->notes) - 4,
				     .p_memsz = sizeof(f->notes) - 4};
	f->segment[4] = (Elf64_Phdr){.p_type = PT_GNU_STACK, .p_vaddr = 1};
}

static void describe_notes(struct notes *notes)
{
	notes->other = (Elf64_Nhdr){4, 3, NT_GNU_ABI_TAG};
	notes->build_id = (Elf64_Nhdr){4, 20, NT_GNU_BUILD_ID};
	memcpy(notes->other_name, "GNU", 4);
	memcpy(notes->build_id_name, "GNU", 4);
	for (uint8_t i = 0; i < sizeof(notes->build_id_value); i++)
		notes->build_id_value[i] = (uint8_t)(i + 1);
}

static void describe_sections(struct file *f)
{
	memcpy(f->names, names, sizeof(names));
	for (uint32_t i = 1; i < SECTIONS; i++)
		f->section[i] = (Elf64_Shdr){.sh_type = SHT_PROGBITS,
					     .sh_offset = i * 16,
					     .sh_size = i,
					     .sh_addr = i * 256};
	f->section[1].sh_name = 1;
	f->section[2].sh_name = 11;
	f->section[3].sh_name = 24;
	f->section[4].sh_name = 30;
	f->section[SECTIONS] =
		(Elf64_Shdr){.sh_type = SHT_STRTAB,
			     .sh_offset = offsetof(struct file, names),
			     .sh_size = sizeof(names)};
}

static struct file usual_file(void)
{
	struct file f = {0};

	memcpy(f.elf.e_ident, ELFMAG, SELFMAG);
	f.elf.e_ident[EI_CLASS] = ELFCLASS64;
	f.elf.e_ident[EI_DATA] = ELFDATA2LSB;
	f.elf.e_type = ET_DYN;
#if defined(__x86_64__)
	f.elf.e_machine = EM_X86_64;
#else
	f.elf.e_machine = EM_AARCH64;
#endif
	f.elf.e_entry = 0x3010;
	f.elf.e_phoff = offsetof(struct file, segment);
	f.elf.e_phentsize = sizeof(Elf64_Phdr);
	f.elf.e_phnum = SEGMENTS;
	f.elf.e_shoff = offsetof(struct file, section);
	f.elf.e_shentsize = sizeof(Elf64_Shdr);
	f.elf.e_shnum = SECTIONS + 1;
	f.elf.e_shstrndx = SECTIONS;
	describe_segments(&f);
	describe_notes(&f.notes);
	describe_sections(&f);
	return f;
}

static int layout_of(const struct file *f, size_t size,
		     struct clinic_elf_layout *layout)
{
	int fd = memfd_create("elf_layout_test", MFD_CLOEXEC);
	int error;

	assert_int_equal(write(fd, f, size), size);
	error = clinic_elf_layout_read(fd, layout);
	close(fd);
	return error;
}

static struct clinic_elf_layout layout(const struct file *f)
{
	struct clinic_elf_layout found;

	assert_int_equal(layout_of(f, sizeof(*f), &found), 0);
	return found;
}

static void refuse(const struct file *f)
{
	struct clinic_elf_layout found;

	assert_int_equal(layout_of(f, sizeof(*f), &found), -ENOEXEC);
}

static void assert_range(const struct clinic_elf_range *range, uint64_t offset,
			 uint64_t size, uint64_t address)
{
	assert_int_equal(range->file_offset, offset);
	assert_int_equal(range->size, size);
	assert_int_equal(range->address, address);
}

static void everything_is_found(void **state)
{
	struct file f = usual_file();
	struct clinic_elf_layout found = layout(&f);

	(void)state;
	assert_int_equal(found.base, 0x1000);
	assert_int_equal(found.entry, 0x3010);
	assert_int_equal(found.code_count, 1);
	assert_int_equal(found.code[0].file_offset, 0x2000);
	assert_int_equal(found.code[0].file_size, 0x400);
	assert_int_equal(found.code[0].address, 0x3000);
	assert_int_equal(found.code[0].memory_size, 0x500);
	assert_range(&found.eh_frame_index, 0x2300, 0x44, 0x3300);
	assert_range(&found.eh_frame_segment, 0x2000, 0x400, 0x3000);
	assert_range(&found.eh_frame, 16, 1, 256);
	assert_range(&found.debug_frame, 32, 2, 512);
	assert_range(&found.init, 48, 3, 768);
	assert_range(&found.fini, 64, 4, 1024);
	assert_int_equal(found.build_id_size, 20);
	assert_memory_equal(found.build_id, f.notes.build_id_value, 20);
}

static void other_files_are_refused(void **state)
{
	struct clinic_elf_layout found;
	struct file f = usual_file();

	(void)state;
	for (size_t size = 0; size < sizeof(f.elf); size++)
		assert_int_equal(layout_of(&f, size, &found), -ENOEXEC);
	f.elf.e_type = ET_EXEC;
	(void)layout(&f);
	f.elf.e_type = ET_REL;
	refuse(&f);
	f = usual_file();
	f.elf.e_ident[0] = 0;
	refuse(&f);
	f = usual_file();
	f.elf.e_ident[EI_CLASS] = ELFCLASS32;
	refuse(&f);
	f = usual_file();
	f.elf.e_ident[EI_DATA] = ELFDATA2MSB;
	refuse(&f);
	f = usual_file();
	f.elf.e_machine = EM_386;
	refuse(&f);
	f = usual_file();
	f.elf.e_phentsize++;
	refuse(&f);
	f = usual_file();
	f.segment[1].p_flags = PF_R; /* no code */
	refuse(&f);
	f = usual_file();
	f.elf.e_shentsize++;
	refuse(&f);
	f = usual_file();
	f.elf.e_shstrndx = SECTIONS + 1; /* names that are no section */
	refuse(&f);
	f = usual_file();
	f.section[SECTIONS].sh_size = 0;
	refuse(&f);
}

static void what_lies_behind_the_end_is_an_error(void **state)
{
	struct clinic_elf_layout found;
	struct file f = usual_file();

	(void)state;
	assert_int_equal(layout_of(&f, offsetof(struct file, notes), &found),
			 -EIO);
	assert_int_equal(layout_of(&f, offsetof(struct file, names), &found),
			 -EIO);
	f.elf.e_phoff = UINT64_MAX;
	refuse(&f);
}

/* A file with 65 280 sections or more keeps the numbers in the first one. */
static void large_numbers_of_sections_are_in_the_first(void **state)
{
	struct file f = usual_file();

	(void)state;
	f.elf.e_shnum = 0;
	f.elf.e_shstrndx = SHN_XINDEX;
	f.section[0].sh_size = SECTIONS + 1;
	f.section[0].sh_link = SECTIONS;
	assert_int_equal(layout(&f).fini.size, 4);
	f.section[0].sh_size = (1 << 16) + 1;
	refuse(&f);
}

static void sections_without_plain_bytes_are_not_there(void **state)
{
	struct clinic_elf_layout found;
	struct file f = usual_file();

	(void)state;
	f.section[1].sh_type = SHT_NOBITS;
	f.section[2].sh_flags = SHF_COMPRESSED;
	f.section[3].sh_name = sizeof(names);
	found = layout(&f);
	assert_int_equal(found.eh_frame.size, 0);
	assert_int_equal(found.debug_frame.size, 0);
	assert_int_equal(found.init.size, 0);
	assert_int_equal(found.fini.size, 4);
	f.elf.e_shoff = 0; /* stripped, too */
	assert_int_equal(layout(&f).fini.size, 0);
}

static void a_build_id_is_gnus_and_has_at_most_twenty_bytes(void **state)
{
	struct file f = usual_file();

	(void)state;
	f.notes.build_id.n_descsz = 16;
	assert_int_equal(layout(&f).build_id_size, 16);
	f.notes.build_id.n_descsz = 21;
	assert_int_equal(layout(&f).build_id_size, 0);
	f = usual_file();
	f.notes.build_id.n_type = NT_GNU_ABI_TAG;
	assert_int_equal(layout(&f).build_id_size, 0);
	f = usual_file();
	f.notes.build_id_name[0] = 'g';
	assert_int_equal(layout(&f).build_id_size, 0);
	f = usual_file();
	f.segment[3].p_filesz -= 4; /* the value is cut */
	assert_int_equal(layout(&f).build_id_size, 0);
	f = usual_file();
	f.segment[3].p_filesz = (1 << 16) + 1;
	assert_int_equal(layout(&f).build_id_size, 0);
}

/* In memory, addresses are those of the program headers plus the bias. */
static void an_image_in_memory_has_the_same_layout(void **state)
{
	struct file f = usual_file();
	struct clinic_elf_layout found;

	(void)state;
	f.segment[3].p_vaddr = offsetof(struct file, notes);
	assert_int_equal(clinic_elf_layout_of_image((uintptr_t)&f, f.segment,
						    SEGMENTS, &found),
			 0);
	assert_int_equal(found.base, 0x1000);
	assert_int_equal(found.code_count, 1);
	assert_range(&found.eh_frame_index, 0x2300, 0x44, 0x3300);
	assert_int_equal(found.build_id_size, 20);
	assert_int_equal(found.build_id[19], 20);
	assert_int_equal(
		clinic_elf_layout_of_image((uintptr_t)&f, f.segment, 1, &found),
		-ENOEXEC);
}

static void more_code_than_there_is_room_for_is_left_out(void **state)
{
	Elf64_Phdr segment[CLINIC_ELF_SEGMENTS_MAX + 1];
	struct clinic_elf_layout found;

	(void)state;
	for (size_t i = 0; i <= CLINIC_ELF_SEGMENTS_MAX; i++)
		segment[i] = (Elf64_Phdr){.p_type = PT_LOAD,
					  .p_flags = PF_X,
					  .p_vaddr = 0x9000 - i * 16};
	assert_int_equal(clinic_elf_layout_of_image(0, segment,
						    CLINIC_ELF_SEGMENTS_MAX + 1,
						    &found),
			 0);
	assert_int_equal(found.code_count, CLINIC_ELF_SEGMENTS_MAX);
	assert_int_equal(found.base, 0x9000 - CLINIC_ELF_SEGMENTS_MAX * 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_found),
		cmocka_unit_test(other_files_are_refused),
		cmocka_unit_test(what_lies_behind_the_end_is_an_error),
		cmocka_unit_test(large_numbers_of_sections_are_in_the_first),
		cmocka_unit_test(sections_without_plain_bytes_are_not_there),
		cmocka_unit_test(
			a_build_id_is_gnus_and_has_at_most_twenty_bytes),
		cmocka_unit_test(an_image_in_memory_has_the_same_layout),
		cmocka_unit_test(more_code_than_there_is_room_for_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
