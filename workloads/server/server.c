/*
 * server.c - the workload: after a change of prices, a generator in the same
 * process offers the server a burst of requests.
 */
#include "load_generator.h"
#include "http_server.h"

#include <clinic/workload.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define REQUESTS_MAGIC 0x51455248u /* "HREQ" */
#define HEADER_BYTES   8
#define STALLED_ONE_IN 10 /* requests; more, and the runs are invalid */
#define REQUEST_BYTES  9  /* microseconds from the start, item, is_first */

struct subject {
	struct http_server *server;
	struct generator *generator;
	struct arrival *arrivals;
	struct response *responses;
	size_t arrivals_count;
	size_t requests_count; /* of all runs so far */
	size_t stalled_count;  /* of these */
	char objection[160];
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

static uint64_t run(void *state)
{
	struct subject *subject = state;

	http_server_forget(subject->server);
	if (generator_run(subject->generator, subject->arrivals,
			  subject->arrivals_count, subject->responses))
		return 0;
	subject->requests_count += subject->arrivals_count;
	subject->stalled_count += generator_stalled_count(
		subject->responses, subject->arrivals_count);
	return generator_digest(subject->responses, subject->arrivals_count);
}

/*
 * The burst would have been another one. What the server itself does to the
 * generator, with which it shares the processor, is no reason: it is charged
 * to the server.
 */
static const char *invalid(void *state)
{
	struct subject *subject = state;

	if (subject->stalled_count * STALLED_ONE_IN <= subject->requests_count)
		return NULL;
	snprintf(subject->objection, sizeof(subject->objection),
		 "the generator did not keep its schedule: %zu of %zu requests "
		 "were sent late, while no thread of the process ran",
		 subject->stalled_count, subject->requests_count);
	return subject->objection;
}

const struct clinic_workload clinic_workload = {
	.name = "server",
	.op = "request",
	.setup = setup,
	.teardown = teardown,
	.ops = ops,
	.run = run,
	.invalid = invalid,
};
