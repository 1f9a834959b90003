/* Makes a source that never emits an event. */
#include "sources/null_source.h"

/* How often the end of the target and its metrics are looked at. */
#define PERIOD_MS 50u

static void describe(const void *state, struct clinic_source_facts *facts)
{
	(void)state;
	/* No sample is expected, so none is missing. */
	*facts = (struct clinic_source_facts){
		.backend = "none", .event = "none", .kernel_visible = true};
}

static int drain(void *state, uint64_t until_ns, clinic_on_event *on_event,
		 void *context)
{
	(void)state;
	(void)until_ns;
	(void)on_event;
	(void)context;
	return 0;
}

static unsigned period_ms(const void *state)
{
	(void)state;
	return PERIOD_MS;
}

static void do_nothing(void *state)
{
	(void)state;
}

const struct clinic_source clinic_null_source = {
	.describe = describe,
	.drain = drain,
	.period_ms = period_ms,
	.stop = do_nothing,
	.close = do_nothing,
};
