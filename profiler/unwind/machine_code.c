/* Recognises calls and the return from a signal handler by their bytes. */
#include "unwind/machine_code.h"

#include <string.h>

#if defined(__x86_64__)

enum {
	CALL_NEAR = 0xe8, /* and four bytes of displacement */
	CALL_NEAR_BYTES = 5,
	GROUP_FF = 0xff,
	GROUP_FF_CALL = 2 /* in the middle bits of the ModRM byte */
};

/* Bytes of an instruction FF /2 with this ModRM byte (and SIB). */
static size_t indirect_call_bytes(uint8_t modrm, uint8_t sib)
{
	unsigned int mode = modrm >> 6, memory = modrm & 7;
	size_t bytes = 2;

	if (mode == 3)
		return bytes;
	if (memory == 4)
		bytes++; /* a SIB byte */
	if (mode == 1)
		return bytes + 1;
	if (mode == 2)
		return bytes + 4;
	if (memory == 5 || (memory == 4 && (sib & 7) == 5))
		/* relative to the instruction pointer, or absolute */
		bytes += 4;
	return bytes;
}

static bool is_indirect_call(const uint8_t *code, size_t size)
{
	uint8_t modrm = code[1];

	return code[0] == GROUP_FF && (modrm >> 3 & 7) == GROUP_FF_CALL &&
	       indirect_call_bytes(modrm, size > 2 ? code[2] : 0) == size;
}

bool clinic_code_ends_in_call(const uint8_t *code, size_t size)
{
	const uint8_t *end = code + size;

	if (size >= CALL_NEAR_BYTES && end[-CALL_NEAR_BYTES] == CALL_NEAR)
		return true;
	for (size_t bytes = 2; bytes <= CLINIC_CALL_BYTES_MAX && bytes <= size;
	     bytes++)
		if (is_indirect_call(end - bytes, bytes))
			return true;
	return false;
}

bool clinic_code_is_sigreturn(const uint8_t *code, size_t size)
{
	/* mov $15, %rax; syscall */
	static const uint8_t sigreturn[CLINIC_SIGRETURN_BYTES] = {
		0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};

	return size >= sizeof(sigreturn) &&
	       memcmp(code, sigreturn, sizeof(sigreturn)) == 0;
}

bool clinic_code_is_padded(const uint8_t *code, size_t size, size_t *from,
			   size_t *to)
{
	static const uint8_t landing[] = {0xf3, 0x0f, 0x1e, 0xfa};
	static const uint8_t lower[] = {0x48, 0x83, 0xec, 8};
	static const uint8_t raise_and_return[] = {0x48, 0x83, 0xc4, 8, 0xc3};
	size_t at = 0;

	if (size >= sizeof(landing) &&
	    memcmp(code, landing, sizeof(landing)) == 0)
		at = sizeof(landing);
	if (size < at + sizeof(lower) + sizeof(raise_and_return) ||
	    memcmp(code + at, lower, sizeof(lower)) != 0 ||
	    memcmp(code + size - sizeof(raise_and_return), raise_and_return,
		   sizeof(raise_and_return)) != 0)
		return false;
	*from = at + sizeof(lower);
	*to = size - 1;
	return true;
}

#else

static uint32_t instruction_at(const uint8_t *code)
{
	uint32_t instruction;

	memcpy(&instruction, code, sizeof(instruction));
	return instruction;
}

bool clinic_code_ends_in_call(const uint8_t *code, size_t size)
{
	uint32_t last;

	if (size < sizeof(last))
		return false;
	last = instruction_at(code + size - sizeof(last));
	return (last & 0xfc000000) == 0x94000000 || /* BL */
	       (last & 0xfffffc1f) == 0xd63f0000 || /* BLR */
	       (last & 0xfefff800) == 0xd63f0800;   /* BLRAA and similar */
}

bool clinic_code_is_sigreturn(const uint8_t *code, size_t size)
{
	/* mov x8, #139; svc #0 */
	return size >= CLINIC_SIGRETURN_BYTES &&
	       instruction_at(code) == 0xd2801168 &&
	       instruction_at(code + 4) == 0xd4000001;
}

/*
 * AArch64 libraries keep a frame pointer there, so that a guess finds the
 * caller.
 */
bool clinic_code_is_padded(const uint8_t *code, size_t size, size_t *from,
			   size_t *to)
{
	(void)code, (void)size, (void)from, (void)to;
	return false;
}

#endif
