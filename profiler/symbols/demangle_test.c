/* Tests names of C++ and Rust, also hostile ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the first four. */
#include <cmocka.h>

#include "symbols/demangle.h"

static void assert_demangled(const char *name, const char *expected)
{
	char *demangled = clinic_demangle(name);

	assert_non_null(demangled);
	assert_string_equal(demangled, expected);
	free(demangled);
}

static void cxx_names(void **state)
{
	(void)state;
	assert_demangled("_ZN4ring4pushEi", "ring::push(int)");
	assert_demangled("_ZN4ring4pushEi.cold",
			 "ring::push(int) [clone .cold]");
	assert_demangled("_ZN4ring4pushEi@plt", "ring::push(int)@plt");
	assert_demangled("_ZN4ring4pushEi@@RING_1.0",
			 "ring::push(int)@@RING_1.0");
	assert_demangled("_ZNSt6vectorIiSaIiEE9push_backERKi",
			 "std::vector<int, std::allocator<int> >::push_back("
			 "int const&)");
	assert_demangled("_ZZ4mainENKUliE_clEi",
			 "main::{lambda(int)#1}::operator()(int) const");
}

/* Made by rustc; the hash at the end of a legacy name is not shown. */
static void rust_legacy_names(void **state)
{
	(void)state;
	assert_demangled("_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE",
			 "core::fmt::Write::write_fmt");
	assert_demangled("_ZN60_$LT$alloc..vec..Vec$LT$T$GT$$u20$as$u20$core.."
			 "ops..Drop$GT$4drop17h93c9a3da7a5d5e1cE",
			 "<alloc::vec::Vec<T> as core::ops::Drop>::drop");
}

/* rustc writes characters beyond ASCII, at which libiberty gives up. */
static void rust_legacy_names_with_escapes(void **state)
{
	(void)state;
	assert_demangled(
		"_ZN13gr$uf6$$udf$e14$u6771$$u4eac$17h0123456789abcdefE",
		"gr\xc3\xb6\xc3\x9f"
		"e::\xe6\x9d\xb1\xe4\xba\xac");
	assert_demangled("_ZN3app8$u1f600$17h0123456789abcdefE.llvm.123",
			 "app::\xf0\x9f\x98\x80");
	assert_demangled("_ZN3app28_$u7b$$u7b$closure$u7d$$u7d$17h"
			 "0123456789abcdefE.cold",
			 "app::{{closure}}");
	/* An escape that would move the cursor stays as it is. */
	assert_demangled("_ZN3app5$u1b$17h0123456789abcdefE", "app::$u1b$");
	assert_demangled("_ZN3app9$unknown$17h0123456789abcdefE",
			 "app::$unknown$");
}

/* C++ may name a class like a hash. */
static void cxx_names_that_look_like_rust(void **state)
{
	(void)state;
	assert_demangled("_ZN3app17h0123456789abcdegE",
			 "app::h0123456789abcdeg");
	assert_demangled("_ZN3app17h0123456789abcdefEv",
			 "app::h0123456789abcdef()");
}

static void rust_v0_names(void **state)
{
	(void)state;
	assert_demangled("_RNvNtCs6Pnqdyz1Ssg_4core3fmt5write",
			 "core::fmt::write");
	assert_demangled("_RINvNtC3std3mem8align_ofjE",
			 "std::mem::align_of::<usize>");
}

static void names_that_are_not_mangled(void **state)
{
	static const char *const names[] = {"main",   "_start",  "",
					    "_Z",     "_R",      "_Zebra",
					    "Z3foov", "_RustNot"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_null(clinic_demangle(names[i]));
}

/*
 * Each template argument is a pair of the one before: the thirtieth would
 * print a thousand million ints.
 */
static void a_name_that_describes_too_much_is_given_up(void **state)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	char name[1024] = "_Z1fI1PIiiE";

	(void)state;
	for (int i = 1; i <= 30; i++) {
		char pair[] = "S0_IS?_S?_E";

		pair[5] = pair[8] = digits[i];
		strcat(name, pair);
	}
	strcat(name, "Evv");
	assert_null(clinic_demangle(name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cxx_names),
		cmocka_unit_test(rust_legacy_names),
		cmocka_unit_test(rust_legacy_names_with_escapes),
		cmocka_unit_test(cxx_names_that_look_like_rust),
		cmocka_unit_test(rust_v0_names),
		cmocka_unit_test(names_that_are_not_mangled),
		cmocka_unit_test(a_name_that_describes_too_much_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
