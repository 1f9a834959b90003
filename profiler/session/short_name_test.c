/* Tests which template arguments of a name are left out, and which are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* cmocka needs the first four. */
#include <cmocka.h>

#include "session/short_name.h"

static void assert_short(const char *name, const char *expected)
{
	char room[256];

	assert_string_equal(clinic_short_name(name, room, sizeof(room)),
			    expected);
}

static void long_arguments_are_left_out(void **state)
{
	(void)state;
	assert_short("std::vector<app::point, std::allocator<app::point> >"
		     "::push_back(app::point const&)",
		     "std::vector<...>::push_back(app::point const&)");
	assert_short("void f<std::map<int, std::less<int> >, 3>(std::map<int, "
		     "std::less<int> >)",
		     "void f<...>(std::map<...>)");
}

static void short_ones_stay(void **state)
{
	(void)state;
	assert_short("ring<int>::push(int)", "ring<int>::push(int)");
	assert_short("main", "main");
	assert_short("", "");
}

static void signs_are_no_brackets(void **state)
{
	(void)state;
	assert_short("app::operator<<(std::ostream&, app::a_long_name const&)",
		     "app::operator<<(std::ostream&, app::a_long_name const&)");
	assert_short("box<a_very_long_name_of_a_type>::operator->() const",
		     "box<...>::operator->() const");
	assert_short("bool operator< <a_very_long_name_of_a_type>(int)",
		     "bool operator< <...>(int)");
	assert_short("int my_operator<a_very_long_name_of_a_type>(int)",
		     "int my_operator<...>(int)");
}

static void what_does_not_match_stays(void **state)
{
	(void)state;
	assert_short("odd<and_never_closed_again_anywhere",
		     "odd<and_never_closed_again_anywhere");
	assert_short("<app::Grid<u8, 13> as app::Step<u8>>::step_with_all",
		     "<app::Grid<u8, 13> as app::Step<u8>>::step_with_all");
}

static void what_does_not_fit_stays(void **state)
{
	const char *name = "f<a_very_long_name_of_a_type>(int)";
	char room[8];

	(void)state;
	assert_ptr_equal(clinic_short_name(name, room, sizeof(room)), name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_arguments_are_left_out),
		cmocka_unit_test(short_ones_stay),
		cmocka_unit_test(signs_are_no_brackets),
		cmocka_unit_test(what_does_not_match_stays),
		cmocka_unit_test(what_does_not_fit_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
