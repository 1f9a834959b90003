/*
 * hotspot.c - the gate of a raffle: three questions about every ticket.
 */
#include "fibonacci.h"
#include "primality.h"
#include "raffle.h"
#include "sellers.h"

#include <clinic/stage.h>
#include <clinic/workload.h>
#include <errno.h>
#include <stdlib.h>

struct subject {
	struct raffle raffle;
	struct seller_register *reg;
	struct finding *findings; /* one for each ticket */
};

/*
 * One stage for one question, over the whole stack: not inlined, the profile
 * knows them by these names.
 */
__attribute__((noinline)) static void find_prizes(struct subject *subject)
{
	for (size_t i = 0; i < subject->raffle.tickets_count; i++)
		subject->findings[i].prize_code =
			fibonacci(subject->raffle.tickets[i].draw);
}

__attribute__((noinline)) static void check_serials(struct subject *subject)
{
	for (size_t i = 0; i < subject->raffle.tickets_count; i++)
		subject->findings[i].genuine =
			is_prime(subject->raffle.tickets[i].serial);
}

/* Without memory a district stays 0, and the answer is another. */
__attribute__((noinline)) static void find_districts(struct subject *subject)
{
	for (size_t i = 0; i < subject->raffle.tickets_count; i++) {
		struct finding *finding = &subject->findings[i];

		finding->district = 0;
		(void)seller_district(subject->reg,
				      subject->raffle.tickets[i].seller,
				      &finding->district);
	}
}

static uint64_t digest_of(const struct subject *subject)
{
	uint64_t digest = subject->raffle.tickets_count;

	for (size_t i = 0; i < subject->raffle.tickets_count; i++) {
		const struct finding *finding = &subject->findings[i];
		uint64_t whole = finding->prize_code << 16 ^
				 (uint64_t)finding->district << 1 ^
				 finding->genuine;

		digest = (digest ^ whole) * 0x9e3779b97f4a7c15ull;
		digest ^= digest >> 29;
	}
	return digest;
}

static uint64_t run(void *state)
{
	clinic_stage_begin("prizes");
	find_prizes(state);
	clinic_stage_end("prizes");
	clinic_stage_begin("serials");
	check_serials(state);
	clinic_stage_end("serials");
	clinic_stage_begin("districts");
	find_districts(state);
	clinic_stage_end("districts");
	return digest_of(state);
}

static void teardown(void *state)
{
	struct subject *subject = state;

	seller_register_close(subject->reg);
	free(subject->findings);
	raffle_free(&subject->raffle);
	free(subject);
}

static int fill_subject(struct subject *subject,
			const struct clinic_input *input)
{
	struct raffle *raffle = &subject->raffle;
	int err = raffle_read(raffle, input->fixture, input->fixture_bytes);

	if (err)
		return err;
	subject->reg =
		seller_register_open(raffle->sellers, raffle->sellers_count);
	subject->findings =
		calloc(raffle->tickets_count, sizeof(*subject->findings));
	return subject->reg && subject->findings ? 0 : -ENOMEM;
}

static int setup(const struct clinic_input *input, void **state)
{
	struct subject *subject = calloc(1, sizeof(*subject));
	int err;

	if (!subject)
		return -ENOMEM;
	err = fill_subject(subject, input);
	if (err)
		teardown(subject);
	else
		*state = subject;
	return err;
}

static size_t ops(const void *state)
{
	return ((const struct subject *)state)->raffle.tickets_count;
}

const struct clinic_workload clinic_workload = {
	.name = "hotspot",
	.op = "ticket",
	.setup = setup,
	.teardown = teardown,
	.ops = ops,
	.run = run,
};
