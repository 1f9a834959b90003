/* Converts registers from the order of the kernel to the order of DWARF. */
#include "unwind/registers.h"

#include <errno.h>
#include <string.h>
#include <ucontext.h>

/* <linux/perf_event.h> and <asm/perf_regs.h>. */
enum { PERF_ABI_32 = 1, PERF_ABI_64 = 2, PERF_REGISTERS = 64 };

#if defined(__x86_64__)
enum { NONE = 0xff };

/* perf's number to DWARF's; flags and segments have none. */
static const uint8_t from_perf[PERF_REGISTERS] = {
	0,    3,    2,    1,    4,    5,    6,    7, CLINIC_REGISTER_PC,
	NONE, NONE, NONE, NONE, NONE, NONE, NONE, 8, 9,
	10,   11,   12,   13,   14,   15,
};

enum { PERF_COUNT = 24 };

/* gregset_t's order to DWARF's. */
static const uint8_t from_saved[CLINIC_REGISTERS] = {
	8,
	9,
	10,
	11,
	12,
	13,
	14,
	15,
	5,
	4,
	6,
	3,
	1,
	0,
	2,
	7,
	CLINIC_REGISTER_PC,
};
#endif

static unsigned int number_of_perf(unsigned int bit)
{
#if defined(__x86_64__)
	return bit < PERF_COUNT ? from_perf[bit] : NONE;
#else
	return bit; /* the same order */
#endif
}

static unsigned int number_of_saved(unsigned int index)
{
#if defined(__x86_64__)
	return from_saved[index];
#else
	return index;
#endif
}

int clinic_registers_from_perf(struct clinic_registers *registers, uint64_t abi,
			       uint64_t mask, const uint64_t *values)
{
	registers->known = 0;
	if (abi != PERF_ABI_64 && abi != PERF_ABI_32)
		return -ENOTSUP;
	for (unsigned int bit = 0; bit < PERF_REGISTERS; bit++) {
		unsigned int number = number_of_perf(bit);

		if (!(mask >> bit & 1))
			continue;
		if (number < CLINIC_REGISTERS)
			clinic_registers_set(registers, number, *values);
		values++;
	}
	/*
	 * The position of a 32-bit program is known, but not the registers that
	 * rules need.
	 */
	if (abi == PERF_ABI_32)
		registers->known &= UINT64_C(1) << CLINIC_REGISTER_PC |
				    UINT64_C(1) << CLINIC_REGISTER_SP;
	return 0;
}

void clinic_registers_from_signal(struct clinic_registers *registers,
				  const uint64_t words[CLINIC_REGISTERS])
{
	registers->known = 0;
	for (unsigned int i = 0; i < CLINIC_REGISTERS; i++)
		clinic_registers_set(registers, number_of_saved(i), words[i]);
}

void clinic_registers_from_context(struct clinic_registers *registers,
				   const void *ucontext)
{
	const ucontext_t *context = ucontext;
	uint64_t words[CLINIC_REGISTERS];

#if defined(__x86_64__)
	memcpy(words, context->uc_mcontext.gregs, sizeof(words));
#else
	memcpy(words, context->uc_mcontext.regs,
	       sizeof(context->uc_mcontext.regs));
	words[CLINIC_REGISTER_SP] = context->uc_mcontext.sp;
	words[CLINIC_REGISTER_PC] = context->uc_mcontext.pc;
#endif
	clinic_registers_from_signal(registers, words);
}
