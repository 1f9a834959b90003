/*
 * offered_load.c - offers a server a rate of requests for a while, and prints
 * each response time.
 *
 *	offered_load RATE_PER_S SECONDS [PORT [SEED]]
 *	offered_load --to RATE_PER_S SECONDS PORT [SEED]
 *
 * Without --to, the program starts a server of its own at PORT. It prints one
 * line of JSON with the response times, each from the moment when the request
 * was due, in order, and a digest of all answers. Arrivals are a Poisson
 * stream, which does not wait for the server. One request in five is the first
 * one for its item, as in the fixture. If a request was sent late although a
 * connection was free, the generator was too slow: such requests are counted,
 * and with too many of them the response times say nothing about the server.
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
#define REQUESTS_MAX    1000000
#define NS_PER_S        1e9
#define EXIT_USAGE      2
#define EXIT_IMPOSSIBLE 4

struct wish {
	bool is_elsewhere; /* the server runs already */
	double rate_per_s;
	double seconds;
	long port;
	long seed;
};

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

static int make_load(struct load *load, const struct wish *wish)
{
	/* A different stream for each seed, and never the state 0. */
	uint64_t random =
		88172645463325252u + (uint64_t)wish->seed * 0x9e3779b97f4a7c15u;
	double due_ns = 0;
	uint32_t items_count = 0;

	load->count = (size_t)(wish->rate_per_s * wish->seconds);
	load->arrivals = calloc(load->count, sizeof(*load->arrivals));
	load->responses = calloc(load->count, sizeof(*load->responses));
	if (!load->arrivals || !load->responses)
		return -ENOMEM;
	for (size_t i = 0; i < load->count; i++) {
		struct arrival *arrival = &load->arrivals[i];

		due_ns += gap_ns(&random, wish->rate_per_s);
		arrival->due_ns = (uint64_t)due_ns;
		arrival->is_first = i % FIRST_EVERY == 0;
		if (arrival->is_first)
			items_count++;
		arrival->item = items_count;
	}
	return 0;
}

static void print_load(const struct load *load)
{
	size_t failed_count = 0;
	uint64_t ended_ns = 0;

	printf("{\"response_times_ns\":[");
	for (size_t i = 0; i < load->count; i++) {
		const struct response *response = &load->responses[i];

		fputs(i ? "," : "", stdout);
		printf("%llu", (unsigned long long)(response->done_ns -
						    load->arrivals[i].due_ns));
		failed_count += response->status != 200;
		if (response->done_ns > ended_ns)
			ended_ns = response->done_ns;
	}
	printf("],\"late_count\":%zu,\"failed_count\":%zu,\"ended_ns\":%" PRIu64
	       ",\"answers\":\"0x%016" PRIx64 "\"}\n",
	       generator_late_count(load->arrivals, load->responses,
				    load->count),
	       failed_count, ended_ns,
	       generator_digest(load->responses, load->count));
}

static int offer_to(struct load *load, uint16_t port)
{
	struct generator *generator;
	int err = generator_open(&generator, port);

	if (err)
		return err;
	err = generator_run(generator, load->arrivals, load->count,
			    load->responses);
	generator_close(generator);
	return err;
}

static int offer(struct load *load, const struct wish *wish)
{
	struct http_server *server;
	int err;

	if (wish->is_elsewhere)
		return offer_to(load, (uint16_t)wish->port);
	err = http_server_open(&server, (uint16_t)wish->port);
	if (err)
		return err;
	err = offer_to(load, http_server_port(server));
	http_server_close(server);
	return err;
}

static bool read_number(const char *text, double *number)
{
	char *end;

	*number = strtod(text, &end);
	return end != text && !*end;
}

/* A missing number is 0. */
static bool read_whole(const char *text, long *number)
{
	char *end;

	*number = text ? strtol(text, &end, 10) : 0;
	return !text || (end != text && !*end);
}

static bool read_wish(struct wish *wish, int argc, char **argv)
{
	double requests;

	wish->is_elsewhere = argc > 1 && strcmp(argv[1], "--to") == 0;
	if (wish->is_elsewhere) {
		argc--;
		argv++;
	}
	if (argc < (wish->is_elsewhere ? 4 : 3) || argc > 5)
		return false;
	if (!read_number(argv[1], &wish->rate_per_s) ||
	    !read_number(argv[2], &wish->seconds) ||
	    !read_whole(argv[3], &wish->port) ||
	    !read_whole(argc > 4 ? argv[4] : NULL, &wish->seed))
		return false;
	requests = wish->rate_per_s * wish->seconds;
	return requests >= 1 && requests <= REQUESTS_MAX &&
	       wish->port >= wish->is_elsewhere && wish->port <= 65535 &&
	       wish->seed >= 0;
}

static int explain_usage(void)
{
	fprintf(stderr,
		"usage: offered_load [--to] RATE_PER_S SECONDS [PORT [SEED]]; "
		"1 to %d requests; --to needs the PORT of a server\n",
		REQUESTS_MAX);
	return EXIT_USAGE;
}

static int explain_failure(const struct wish *wish, int err)
{
	fprintf(stderr, "offered_load: nothing was offered on port %ld: %s%s\n",
		wish->port, strerror(-err),
		err == -EADDRINUSE ? "; choose another, or 0 for any" : "");
	return EXIT_IMPOSSIBLE;
}

int main(int argc, char **argv)
{
	struct wish wish = {0};
	struct load load = {0};
	int err;

	if (!read_wish(&wish, argc, argv))
		return explain_usage();
	err = make_load(&load, &wish);
	if (!err)
		err = offer(&load, &wish);
	if (!err)
		print_load(&load);
	free(load.arrivals);
	free(load.responses);
	return err ? explain_failure(&wish, err) : 0;
}
