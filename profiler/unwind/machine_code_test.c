/* Tests which bytes are calls, returns from handlers, and .init or .fini. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "unwind/machine_code.h"

struct code {
	const char *what;
	uint8_t bytes[16];
	size_t size;
};

#if defined(__x86_64__)

/* As the GNU assembler encodes them. */
static const struct code calls[] = {
	{"call 0", {0xe8, 0, 0, 0, 0}, 5},
	{"call *%rax", {0xff, 0xd0}, 2},
	{"call *%r15", {0x41, 0xff, 0xd7}, 3},
	{"call *(%rax)", {0xff, 0x10}, 2},
	{"call *8(%rax)", {0xff, 0x50, 8}, 3},
	{"call *0x1000(%rax)", {0xff, 0x90, 0, 0x10, 0, 0}, 6},
	{"call *(%rsp)", {0xff, 0x14, 0x24}, 3},
	{"call *8(%rsp)", {0xff, 0x54, 0x24, 8}, 4},
	{"call *0x1000(%rsp)", {0xff, 0x94, 0x24, 0, 0x10, 0, 0}, 7},
	{"call *0x1000(%rip)", {0xff, 0x15, 0, 0x10, 0, 0}, 6},
	{"call *0x1000(,%rax,8)", {0xff, 0x14, 0xc5, 0, 0x10, 0, 0}, 7},
	{"call *(%rax,%rbx,8)", {0xff, 0x14, 0xd8}, 3},
	{"call *8(%rbp,%rax,8)", {0xff, 0x54, 0xc5, 8}, 4},
};

static const struct code others[] = {
	{"nothing", {0}, 0},
	{"ret", {0xc3}, 1},
	{"jmp 0", {0xe9, 0, 0, 0, 0}, 5},
	{"jmp *%rax", {0xff, 0xe0}, 2},
	{"push (%rax)", {0xff, 0x30}, 2},
	{"inc %eax", {0xff, 0xc0}, 2},
	{"mov %edx, %eax", {0x89, 0xd0}, 2},
	{"call 0, cut", {0xe8, 0, 0, 0}, 4},
	{"call 0; nop", {0xe8, 0, 0, 0, 0, 0x90}, 6},
	{"call *8(%rax); nop", {0xff, 0x50, 8, 0x90}, 4},
	{"call *(%rsp), without its SIB byte", {0xff, 0x14}, 2},
	{"call *0x1000(%rip), cut", {0xff, 0x15, 0, 0x10}, 4},
};

static const uint8_t sigreturn[] = {0x48, 0xc7, 0xc0, 0x0f, 0,
				    0,    0,    0x0f, 0x05};

#else

static const struct code calls[] = {
	{"bl .", {0x00, 0x00, 0x00, 0x94}, 4},
	{"blr x1", {0x20, 0x00, 0x3f, 0xd6}, 4},
};

static const struct code others[] = {
	{"nothing", {0}, 0},
	{"b .", {0x00, 0x00, 0x00, 0x14}, 4},
	{"br x1", {0x20, 0x00, 0x1f, 0xd6}, 4},
	{"bl ., cut", {0x00, 0x00, 0x94}, 3},
};

static const uint8_t sigreturn[] = {0x68, 0x11, 0x80, 0xd2,
				    0x01, 0x00, 0x00, 0xd4};

#endif

static void every_form_of_a_call_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (!clinic_code_ends_in_call(calls[i].bytes, calls[i].size))
			fail_msg("%s is a call", calls[i].what);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (clinic_code_ends_in_call(others[i].bytes, others[i].size))
			fail_msg("%s does not end in a call", others[i].what);
}

static void a_return_from_a_handler_is_exact(void **state)
{
	uint8_t code[sizeof(sigreturn)];

	(void)state;
	assert_int_equal(sizeof(sigreturn), CLINIC_SIGRETURN_BYTES);
	assert_true(clinic_code_is_sigreturn(sigreturn, sizeof(sigreturn)));
	assert_false(
		clinic_code_is_sigreturn(sigreturn, sizeof(sigreturn) - 1));
	for (size_t i = 0; i < sizeof(code); i++) {
		memcpy(code, sigreturn, sizeof(code));
		code[i] ^= 0x80;
		assert_false(clinic_code_is_sigreturn(code, sizeof(code)));
	}
}

#if defined(__x86_64__)

static void the_stack_is_lower_between_two_offsets_of_init(void **state)
{
	static const uint8_t init[] = {
		0xf3, 0x0f, 0x1e, 0xfa,       /* endbr64 */
		0x48, 0x83, 0xec, 8,          /* sub $8, %rsp */
		0x90,                         /* whatever it does */
		0x48, 0x83, 0xc4, 8,    0xc3, /* add $8, %rsp; ret */
	};
	size_t from = 0, to = 0;

	(void)state;
	assert_true(clinic_code_is_padded(init, sizeof(init), &from, &to));
	assert_int_equal(from, 8);
	assert_int_equal(to, sizeof(init) - 1);
	/* Without a landing pad it begins with the subtraction. */
	assert_true(
		clinic_code_is_padded(init + 4, sizeof(init) - 4, &from, &to));
	assert_int_equal(from, 4);
	assert_int_equal(to, sizeof(init) - 5);
	assert_false(clinic_code_is_padded(init, sizeof(init) - 1, &from, &to));
	assert_false(
		clinic_code_is_padded(init + 5, sizeof(init) - 5, &from, &to));
	/* The subtraction and the addition may not overlap. */
	assert_false(clinic_code_is_padded(init, 8, &from, &to));
	assert_false(clinic_code_is_padded(init, 3, &from, &to));
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_of_a_call_is_known),
		cmocka_unit_test(a_return_from_a_handler_is_exact),
#if defined(__x86_64__)
		cmocka_unit_test(
			the_stack_is_lower_between_two_offsets_of_init),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
