/*
 * searched_model.hpp - what the searches have in common: orders and steps that gate 10 reads from the sources, and the search itself.
 *
 * The gate gives each order and each step as an environment variable, so that one program searches with those of the sources and with
 * weaker ones: READER_LOADS_KIND=acquire, TAKE_OVER_IS_EXCLUSIVE=1.
 */
#ifndef HARDENING_SEARCHED_MODEL_HPP
#define HARDENING_SEARCHED_MODEL_HPP

#include <relacy/relacy.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>

static inline std::string given(const char *name)
{
	const char *value = std::getenv(name);

	if (!value) {
		std::fprintf(stderr, "%s is not given; gate 10 reads it from the sources\n", name);
		std::exit(2);
	}
	return value;
}

static inline rl::memory_order given_order(const char *name)
{
	std::string order = given(name);

	return order == "relaxed" ? rl::mo_relaxed
	       : order == "acquire" ? rl::mo_acquire
	       : order == "release" ? rl::mo_release
	       : order == "acq_rel" ? rl::mo_acq_rel
				    : rl::mo_seq_cst;
}

/* Whether the sources take this step. */
static inline bool given_step(const char *name)
{
	return given(name) == "1";
}

/* How many executions there are; all of them are right, or the program ends here. */
template <typename suite> static unsigned long long search()
{
	rl::test_params params;

	params.search_type = rl::fair_full_search_scheduler_type;
	params.iteration_count = 100000000;
	if (rl::simulate<suite>(params))
		return params.stop_iteration;
	std::printf("WRONG after %llu executions\n", (unsigned long long)params.stop_iteration);
	std::exit(1);
}

#endif
