/* Reads the lists of folders and files of line tables, versions 2 to 5. */
#include "symbols/line_names.h"

#include <dwarf.h>
#include <errno.h>

#include "foundation/growing_array.h"

/* The next string; "" at the end. */
static const char *next_text(struct byte_reader *reader)
{
	const char *text = reader->failed ? NULL : read_text(reader);

	return text ? text : "";
}

static const char *text_at(const struct clinic_dwarf_section *section,
			   uint64_t offset)
{
	struct byte_reader reader = {0};

	if (offset >= section->size)
		return "";
	reader.at = section->bytes + offset;
	reader.end = section->bytes + section->size;
	return next_text(&reader);
}

/* One value of version 5's lists of folders and files. */
struct value {
	const char *text;
	uint64_t number;
};

static struct value read_value(struct byte_reader *reader,
			       const struct clinic_line_sections *sections,
			       bool is_64bit, uint64_t form)
{
	size_t offset_bytes = is_64bit ? 8 : 4;

	switch (form) {
	case DW_FORM_string:
		return (struct value){next_text(reader), 0};
	case DW_FORM_line_strp:
		return (struct value){
			text_at(&sections->line_str,
				read_unsigned(reader, offset_bytes)),
			0};
	case DW_FORM_strp:
		return (struct value){
			text_at(&sections->str,
				read_unsigned(reader, offset_bytes)),
			0};
	case DW_FORM_udata:
		return (struct value){"", read_uleb(reader)};
	case DW_FORM_data1:
		return (struct value){"", read_u8(reader)};
	case DW_FORM_data2:
		return (struct value){"", read_unsigned(reader, 2)};
	case DW_FORM_data16: /* a digest */
		skip_bytes(reader, 16);
		break;
	case DW_FORM_block:
		skip_bytes(reader, read_uleb(reader));
		break;
	default:
		reader->failed = true;
	}
	return (struct value){"", 0};
}

/* A list of version 5: its layout, then its length, then its entries. */
struct list {
	uint8_t forms_count;
	struct {
		uint64_t content, form;
	} forms[255];
	uint64_t count;
};

static void read_list_head(struct byte_reader *reader, struct list *list)
{
	list->forms_count = read_u8(reader);
	for (unsigned int i = 0; i < list->forms_count; i++) {
		list->forms[i].content = read_uleb(reader);
		list->forms[i].form = read_uleb(reader);
	}
	list->count = read_uleb(reader);
	/*
	 * Every entry must take bytes; otherwise a false count could keep us
	 * busy forever.
	 */
	if (list->count > bytes_left(reader) ||
	    (list->count && !list->forms_count))
		reader->failed = true;
}

static void read_entry(struct byte_reader *reader,
		       const struct clinic_line_sections *sections,
		       bool is_64bit, const struct list *list,
		       struct clinic_line_file *file)
{
	*file = (struct clinic_line_file){.name = ""};
	for (unsigned int i = 0; i < list->forms_count; i++) {
		struct value value = read_value(reader, sections, is_64bit,
						list->forms[i].form);

		if (list->forms[i].content == DW_LNCT_path)
			file->name = value.text;
		else if (list->forms[i].content == DW_LNCT_directory_index)
			file->folder = value.number;
	}
}

static int add_file(struct clinic_line_names *names, size_t *capacity,
		    const char *name, uint64_t folder)
{
	struct clinic_line_file *grown = clinic_grow(
		names->files, names->files_count, capacity, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	names->files = grown;
	grown[names->files_count++] =
		(struct clinic_line_file){.name = name, .folder = folder};
	return 0;
}

static int add_folder(struct clinic_line_names *names, size_t *capacity,
		      const char *name)
{
	const char **grown = clinic_grow(names->folders, names->folders_count,
					 capacity, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	names->folders = grown;
	grown[names->folders_count++] = name;
	return 0;
}

static int read_names_5(struct clinic_line_names *names,
			struct byte_reader *reader,
			const struct clinic_line_sections *sections,
			bool is_64bit)
{
	size_t folders_capacity = 0, files_capacity = 0;
	struct clinic_line_file file;
	struct list list;
	int error = 0;

	read_list_head(reader, &list);
	while (!error && !reader->failed && list.count--) {
		read_entry(reader, sections, is_64bit, &list, &file);
		error = add_folder(names, &folders_capacity, file.name);
	}
	if (error || reader->failed)
		return error;
	read_list_head(reader, &list);
	while (!error && !reader->failed && list.count--) {
		read_entry(reader, sections, is_64bit, &list, &file);
		error = add_file(names, &files_capacity, file.name,
				 file.folder);
	}
	return error;
}

/*
 * Before version 5, both lists are numbered from 1; number 0 means the folder
 * and file of the unit.
 */
static int read_names_2(struct clinic_line_names *names,
			struct byte_reader *reader)
{
	size_t folders_capacity = 0, files_capacity = 0;
	const char *name;
	int error = add_folder(names, &folders_capacity, "");

	while (!error && *(name = next_text(reader)))
		error = add_folder(names, &folders_capacity, name);
	if (!error)
		error = add_file(names, &files_capacity, "", 0);
	while (!error && *(name = next_text(reader))) {
		uint64_t folder = read_uleb(reader);

		read_uleb(reader); /* time, size: never filled in */
		read_uleb(reader);
		error = add_file(names, &files_capacity, name, folder);
	}
	return error;
}

int clinic_line_names_read(struct clinic_line_names *names,
			   const struct clinic_line_sections *sections,
			   bool is_64bit, struct byte_reader *reader)
{
	int error = names->version == 5
			    ? read_names_5(names, reader, sections, is_64bit)
			    : read_names_2(names, reader);

	return !error && reader->failed ? -EBADMSG : error;
}
