/*
 * leak.c - runs one shift of a page service: opens it, answers all requests,
 * and closes it.
 */
#include "cache.h"
#include "requests.h"
#include "service.h"

#include <clinic/workload.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct subject {
	struct requests requests;
	/* By page: the number of the request that last asked for it, or 0. */
	uint32_t asked[PAGES_MAX];
	size_t broken_count; /* how often the promise of cache.h was broken */
};

static uint64_t answer_one(struct subject *subject, struct service *service,
			   size_t index)
{
	uint32_t page = request_page(&subject->requests, index);
	uint32_t asked = subject->asked[page];
	uint32_t now = (uint32_t)index + 1;
	bool was_kept = false;
	uint64_t digest = service_answer(service, page, &was_kept);

	if (asked && now - asked <= RECENT_REQUESTS && !was_kept)
		subject->broken_count++;
	subject->asked[page] = now;
	return digest;
}

/*
 * The answer covers every reply and every broken promise, so a cache that is
 * small because it drops pages too early gives another answer.
 */
static uint64_t run(void *state)
{
	struct subject *subject = state;
	struct service *service = service_open();
	uint64_t digest = subject->requests.count;

	memset(subject->asked, 0, sizeof(subject->asked));
	subject->broken_count = 0;
	for (size_t i = 0; service && i < subject->requests.count; i++) {
		digest = (digest ^ answer_one(subject, service, i)) *
			 0x9e3779b97f4a7c15ull;
		digest ^= digest >> 29;
	}
	service_close(service);
	return service ? digest + subject->broken_count : 0;
}

static void teardown(void *state)
{
	free(state);
}

static int setup(const struct clinic_input *input, void **state)
{
	struct subject *subject = calloc(1, sizeof(*subject));
	int err;

	if (!subject)
		return -ENOMEM;
	err = requests_read(&subject->requests, input->fixture,
			    input->fixture_bytes);
	if (err)
		teardown(subject);
	else
		*state = subject;
	return err;
}

static size_t ops(const void *state)
{
	return ((const struct subject *)state)->requests.count;
}

const struct clinic_workload clinic_workload = {
	.name = "leak",
	.op = "request",
	.setup = setup,
	.teardown = teardown,
	.ops = ops,
	.run = run,
};
