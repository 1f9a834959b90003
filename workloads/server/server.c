/*
 * server.c - the workload: after a change of prices, a generator in the same
 * process offers the server a burst of requests.
 */
#include "load_generator.h"
#include "http_server.h"

#include <clinic/workload.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define REQUESTS_MAGIC 0x51455248u /* "HREQ" */
#define HEADER_BYTES   8
#define REQUEST_BYTES  9 /* microseconds from the start, item, is_first */

struct subject {
	struct http_server *server;
	struct generator *generator;
	struct arrival *arrivals;
	struct response *responses;
	size_t arrivals_count;
};

static uint32_t get_u32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

static int read_arrivals(struct subject *subject,
			 const struct clinic_input *input)
{
	const uint8_t *at = input->fixture;
	size_t count;

	if (input->fixture_bytes < HEADER_BYTES ||
	    get_u32(at) != REQUESTS_MAGIC)
		return -EPROTO;
	count = get_u32(at + 4);
	if (input->fixture_bytes != HEADER_BYTES + count * REQUEST_BYTES)
		return -EPROTO;
	subject->arrivals = calloc(count, sizeof(*subject->arrivals));
	subject->responses = calloc(count, sizeof(*subject->responses));
	if (!subject->arrivals || !subject->responses)
		return -ENOMEM;
	subject->arrivals_count = count;
	at += HEADER_BYTES;
	for (size_t i = 0; i < count; i++, at += REQUEST_BYTES)
		subject->arrivals[i] = (struct arrival){
			.due_ns = (uint64_t)get_u32(at) * 1000,
			.item = get_u32(at + 4),
			.is_first = at[8],
		};
	return 0;
}

static void teardown(void *state)
{
	struct subject *subject = state;

	if (subject->generator)
		generator_close(subject->generator);
	if (subject->server)
		http_server_close(subject->server);
	free(subject->arrivals);
	free(subject->responses);
	free(subject);
}

static int setup(const struct clinic_input *input, void **state)
{
	struct subject *subject = calloc(1, sizeof(*subject));
	int err;

	if (!subject)
		return -ENOMEM;
	err = read_arrivals(subject, input);
	if (!err)
		err = http_server_open(&subject->server, 0);
	if (!err)
		err = generator_open(&subject->generator,
				     http_server_port(subject->server));
	if (err)
		teardown(subject);
	else
		*state = subject;
	return err;
}

static size_t ops(const void *state)
{
	return ((const struct subject *)state)->arrivals_count;
}

/* A failed request gives the answer 0, which no correct one gives. */
static uint64_t digest_of(const struct subject *subject)
{
	uint64_t digest = subject->arrivals_count;

	for (size_t i = 0; i < subject->arrivals_count; i++) {
		const struct response *response = &subject->responses[i];

		digest ^= (uint64_t)response->status << 32 | response->price;
		digest *= 0x9e3779b97f4a7c15ull;
		digest ^= digest >> 29;
	}
	return digest;
}

static uint64_t run(void *state)
{
	struct subject *subject = state;

	http_server_forget(subject->server);
	if (generator_run(subject->generator, subject->arrivals,
			  subject->arrivals_count, subject->responses))
		return 0;
	return digest_of(subject);
}

const struct clinic_workload clinic_workload = {
	.name = "server",
	.op = "request",
	.setup = setup,
	.teardown = teardown,
	.ops = ops,
	.run = run,
};
