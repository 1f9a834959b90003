/*
 * load_generator.h - sends requests when they are due, whether or not the
 * server keeps up.
 *
 * The load is open-loop: no request waits for the response to another, and the
 * response time counts from the time at which the request was due. So a stall
 * of the server counts for all requests that were due meanwhile (there is no
 * coordinated omission).
 *
 * Units      nanoseconds from the start of generator_run().
 * Ownership  generator_open() makes a generator, and generator_close() frees
 *            it; the caller owns arrivals and responses.
 * Errors     0 or -errno. A request that failed has status 0.
 * Threads    one caller at a time.
 * Read next  server.c, which offers a burst of requests.
 */
#ifndef SERVER_LOAD_GENERATOR_H
#define SERVER_LOAD_GENERATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Further requests wait for a free connection; their response time says so. */
#define GENERATOR_CONNECTIONS_MAX 256

struct arrival {
	uint64_t due_ns; /* not before that of the arrival before it */
	uint32_t item;
	bool is_first; /* the first request for its item */
};

struct response {
	uint64_t sent_ns;
	uint64_t done_ns;
	uint32_t status; /* of HTTP */
	uint32_t price;
	/* When the request was due, the server occupied all connections. */
	bool waited_for_connection;
};

struct generator;

int generator_open(struct generator **generator, uint16_t port);
void generator_close(struct generator *generator);

/* Returns after each request was answered or has failed. */
int generator_run(struct generator *generator, const struct arrival *arrivals,
		  size_t arrivals_count, struct response *responses);

#endif
