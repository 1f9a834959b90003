/*
 * offered_load.c - offers a server a rate of requests for a while, and prints
 * each response time.
 *
 *	offered_load RATE_PER_S SECONDS [PORT]
 *
 * It prints one line of JSON with the response times, each from the moment when
 * the request was due, in order. Arrivals are a Poisson stream, which does not
 * wait for the server. One request in five is the first one for its item, as in
 * the fixture. If a request was sent late although a connection was free, the
 * generator was too slow: such requests are counted, and with too many of them
 * the response times say nothing about the server.
 *
 * Exit codes  0 done, 2 wrong usage, 4 the environment does not allow it.
 */
#include "http_server.h"
#include "load_generator.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_EVERY     5
#define LATE_NS         UINT64_C(10000000)
#define REQUESTS_MAX    1000000
#define NS_PER_S        1e9
#define EXIT_USAGE      2
#define EXIT_IMPOSSIBLE 4

struct load {
	struct arrival *arrivals;
	struct response *responses;
	size_t count;
};

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* The gaps of a Poisson stream are exponentially distributed. */
static double gap_ns(uint64_t *random, double rate_per_s)
{
	double uniform =
		(double)((next_random(random) >> 11) + 1) / 9007199254740992.0;

	return -log(uniform) / rate_per_s * NS_PER_S;
}

static int make_load(struct load *load, double rate_per_s, double seconds)
{
	uint64_t random = 88172645463325252u;
	double due_ns = 0;
	uint32_t items_count = 0;

	load->count = (size_t)(rate_per_s * seconds);
	load->arrivals = calloc(load->count, sizeof(*load->arrivals));
	load->responses = calloc(load->count, sizeof(*load->responses));
	if (!load->arrivals || !load->responses)
		return -ENOMEM;
	for (size_t i = 0; i < load->count; i++) {
		struct arrival *arrival = &load->arrivals[i];

		due_ns += gap_ns(&random, rate_per_s);
		arrival->due_ns = (uint64_t)due_ns;
		arrival->is_first = i % FIRST_EVERY == 0;
		if (arrival->is_first)
			items_count++;
		arrival->item = items_count;
	}
	return 0;
}

static bool is_late(const struct arrival *arrival,
		    const struct response *response)
{
	return !response->waited_for_connection &&
	       response->sent_ns > arrival->due_ns + LATE_NS;
}

static void print_load(const struct load *load)
{
	size_t late_count = 0, failed_count = 0;
	uint64_t ended_ns = 0;

	printf("{\"response_times_ns\":[");
	for (size_t i = 0; i < load->count; i++) {
		const struct response *response = &load->responses[i];

		printf("%s%" PRIu64, i ? "," : "",
		       response->done_ns - load->arrivals[i].due_ns);
		late_count += is_late(&load->arrivals[i], response);
		failed_count += response->status != 200;
		if (response->done_ns > ended_ns)
			ended_ns = response->done_ns;
	}
	printf("],\"late_count\":%zu,\"failed_count\":%zu,\"ended_ns\":%" PRIu64
	       "}\n",
	       late_count, failed_count, ended_ns);
}

static int offer(struct load *load, uint16_t port)
{
	struct http_server *server = NULL;
	struct generator *generator = NULL;
	int err = http_server_open(&server, port);

	if (!err)
		err = generator_open(&generator, http_server_port(server));
	if (!err)
		err = generator_run(generator, load->arrivals, load->count,
				    load->responses);
	if (generator)
		generator_close(generator);
	if (server)
		http_server_close(server);
	return err;
}

int main(int argc, char **argv)
{
	double rate_per_s = argc > 1 ? atof(argv[1]) : 0;
	double seconds = argc > 2 ? atof(argv[2]) : 0;
	long port = argc > 3 ? atol(argv[3]) : 0;
	struct load load = {0};
	int err;

	if (argc > 4 || rate_per_s * seconds < 1 ||
	    rate_per_s * seconds > REQUESTS_MAX || port < 0 || port > 65535) {
		fprintf(stderr,
			"usage: offered_load RATE_PER_S SECONDS [PORT]; "
			"1 to %d requests\n",
			REQUESTS_MAX);
		return EXIT_USAGE;
	}
	err = make_load(&load, rate_per_s, seconds);
	if (!err)
		err = offer(&load, (uint16_t)port);
	if (err)
		fprintf(stderr,
			"offered_load: nothing was offered on port %ld: %s%s\n",
			port, strerror(-err),
			err == -EADDRINUSE ? "; choose another, or 0 for any"
					   : "");
	else
		print_load(&load);
	free(load.arrivals);
	free(load.responses);
	return err ? EXIT_IMPOSSIBLE : 0;
}
