/* Reads the heads of common entries (CIE) and function entries (FDE). */
#include "unwind/cfi_entry.h"

#include <errno.h>

#include "unwind/registers.h"

/* The parts of a pointer encoding (DW_EH_PE_*, by the LSB). */
enum {
	POINTER_FORMAT = 0x0f,
	POINTER_FROM_HERE = 0x10,
	POINTER_ABSOLUTE = 0x00
};

/* Compilers write 20 to 40 bytes. */
enum { CIE_BYTES_MAX = 4096 };

/* An entry of which only the length and the id have been read. */
struct raw_entry {
	struct byte_reader body; /* after the id */
	uint64_t common_offset;  /* offset of an FDE's CIE */
	bool is_common;
};

static uint64_t address_of(const struct clinic_cfi_section *section,
			   const uint8_t *byte)
{
	return section->address + (uint64_t)(byte - section->bytes);
}

static uint64_t read_pointer_format(struct byte_reader *r, uint8_t format)
{
	switch (format) {
	case 0x00: /* as large as an address */
	case 0x04:
	case 0x0c:
		return read_unsigned(r, 8);
	case 0x01:
		return read_uleb(r);
	case 0x02:
		return read_unsigned(r, 2);
	case 0x03:
		return read_unsigned(r, 4);
	case 0x09:
		return (uint64_t)read_sleb(r);
	case 0x0a:
		return (uint64_t)read_signed(r, 2);
	case 0x0b:
		return (uint64_t)read_signed(r, 4);
	default:
		r->failed = true;
		return 0;
	}
}

uint64_t clinic_cfi_read_pointer(const struct clinic_cfi_section *section,
				 struct byte_reader *r, uint8_t encoding)
{
	uint64_t here = address_of(section, r->at);
	uint64_t value = read_pointer_format(r, encoding & POINTER_FORMAT);

	switch (encoding & ~POINTER_FORMAT) {
	case POINTER_ABSOLUTE:
		return value;
	case POINTER_FROM_HERE:
		return here + value;
	default: /* relative to data or text, or indirect: not in use */
		r->failed = true;
		return 0;
	}
}

static bool id_is_common(const struct clinic_cfi_section *section, uint64_t id,
			 size_t id_size)
{
	if (!section->is_debug_frame)
		return id == 0;
	return id == (id_size == 8 ? UINT64_MAX : UINT32_MAX);
}

/* Returns 1; 0 at the end; -EILSEQ: the length leads out of the section. */
static int read_raw_entry(const struct clinic_cfi_section *section, size_t *at,
			  struct raw_entry *entry)
{
	struct byte_reader r = {.at = section->bytes + *at,
				.end = section->bytes + section->size};
	size_t id_size = 4;
	uint64_t length, id, id_offset;
	const uint8_t *body;

	if (bytes_left(&r) == 0)
		return 0;
	length = read_unsigned(&r, 4);
	if (length == UINT32_MAX) {
		id_size = 8;
		length = read_unsigned(&r, 8);
	}
	if (!r.failed && length == 0)
		return 0; /* the terminator */
	body = read_bytes(&r, length);
	if (!body)
		return -EILSEQ;
	*at = (size_t)(r.at - section->bytes);
	entry->body = (struct byte_reader){.at = body, .end = r.at};
	id_offset = (uint64_t)(body - section->bytes);
	id = read_unsigned(&entry->body, id_size);
	entry->is_common = id_is_common(section, id, id_size);
	entry->common_offset = section->is_debug_frame ? id : id_offset - id;
	return 1;
}

static void skip_personality(const struct clinic_cfi_section *section,
			     struct byte_reader *r)
{
	uint8_t encoding = read_u8(r);

	/* Only the size matters, which does not depend on "indirect". */
	(void)clinic_cfi_read_pointer(
		section, r, encoding & (POINTER_FORMAT | POINTER_FROM_HERE));
}

/*
 * Reads what the letters of the augmentation string announce, in their order.
 */
static void read_augmentation(const struct clinic_cfi_section *section,
			      struct byte_reader *r, const char *letters,
			      struct clinic_cfi_common *common)
{
	for (; *letters && !r->failed; letters++) {
		switch (*letters) {
		case 'R':
			common->pointer_encoding = read_u8(r);
			break;
		case 'P':
			skip_personality(section, r);
			break;
		case 'L':
			skip_bytes(r, 1);
			break;
		case 'S':
			common->is_signal = true;
			break;
		/* AArch64: return addresses are signed by the other key */
		case 'B':
		case 'G': /* AArch64: the stack is tagged */
			break;
		default:
			r->failed = true;
		}
	}
}

static void read_augmentation_data(const struct clinic_cfi_section *section,
				   struct byte_reader *r, const char *letters,
				   struct clinic_cfi_common *common)
{
	struct byte_reader data = {.at = r->at, .end = r->end};
	uint64_t size;

	if (!*letters)
		return;
	if (*letters != 'z') { /* only gcc 2 wrote "eh" */
		r->failed = true;
		return;
	}
	common->has_augmentation_size = true;
	size = read_uleb(r);
	data.at = r->at;
	skip_bytes(r, size);
	data.end = r->at;
	read_augmentation(section, &data, letters + 1, common);
	r->failed |= data.failed;
}

static bool is_version_known(uint8_t version)
{
	return version == 1 || version == 3 || version == 4;
}

static void read_common_body(const struct clinic_cfi_section *section,
			     struct byte_reader *r,
			     struct clinic_cfi_common *common)
{
	uint8_t version = read_u8(r);
	const char *letters = read_text(r);
	uint64_t return_register;

	if (version == 4) {
		r->failed |= read_u8(r) != sizeof(uint64_t);
		r->failed |= read_u8(r) != 0; /* addresses with segments */
	}
	common->code_factor = read_uleb(r);
	common->data_factor = read_sleb(r);
	return_register = version == 1 ? read_u8(r) : read_uleb(r);
	r->failed |= return_register != CLINIC_REGISTER_RETURN;
	r->failed |= !is_version_known(version);
	read_augmentation_data(section, r, letters, common);
	common->instructions = *r;
}

static int read_common(const struct clinic_cfi_section *section,
		       uint64_t offset, struct clinic_cfi_common *common)
{
	struct raw_entry entry;
	size_t at = (size_t)offset;

	*common = (struct clinic_cfi_common){0};
	if (offset >= section->size ||
	    read_raw_entry(section, &at, &entry) != 1 || !entry.is_common ||
	    bytes_left(&entry.body) > CIE_BYTES_MAX)
		return -EBADMSG;
	read_common_body(section, &entry.body, common);
	return entry.body.failed ? -EBADMSG : 0;
}

static int read_function(const struct clinic_cfi_section *section,
			 struct raw_entry *raw, struct clinic_cfi_entry *entry)
{
	struct clinic_cfi_function *function = &entry->function;
	struct clinic_cfi_common *common = &entry->common;
	struct byte_reader *r = &raw->body;
	int error = read_common(section, raw->common_offset, common);

	if (error)
		return error;
	function->start =
		clinic_cfi_read_pointer(section, r, common->pointer_encoding);
	function->size = read_pointer_format(r, common->pointer_encoding &
							POINTER_FORMAT);
	if (common->has_augmentation_size)
		skip_bytes(r, read_uleb(r));
	entry->instructions = *r;
	if (function->start + function->size < function->start)
		return -EBADMSG;
	return r->failed ? -EBADMSG : 0;
}

int clinic_cfi_read_entry(const struct clinic_cfi_section *section, size_t at,
			  struct clinic_cfi_entry *entry)
{
	struct raw_entry raw;

	entry->function.entry = (uint32_t)at;
	if (at >= section->size || read_raw_entry(section, &at, &raw) != 1 ||
	    raw.is_common)
		return -EBADMSG;
	entry->function.entry_size = (uint32_t)at - entry->function.entry;
	return read_function(section, &raw, entry);
}

int clinic_cfi_at(const struct clinic_cfi_section *section, size_t at,
		  struct clinic_cfi_function *function)
{
	struct clinic_cfi_entry entry;
	int error = clinic_cfi_read_entry(section, at, &entry);

	if (!error)
		*function = entry.function;
	return error;
}

int clinic_cfi_next(const struct clinic_cfi_section *section, size_t *at,
		    struct clinic_cfi_function *function)
{
	struct raw_entry raw;
	size_t start;
	int found, error;

	do {
		start = *at;
		found = read_raw_entry(section, at, &raw);
	} while (found == 1 && raw.is_common);
	if (found != 1)
		return found;
	error = clinic_cfi_at(section, start, function);
	return error ? error : 1;
}
