/*
 * load_generator.h - sends requests when they are due, whatever the server
 * does.
 *
 * Arrivals are open-loop: none waits for the answer to another, and the
 * response time of a request counts from the time it was due, so a server
 * that stalls is charged for all who came meanwhile (no coordinated omission).
 *
 * Units      nanoseconds from the start of generator_run(), but for port.
 * Ownership  generator_open() makes, generator_close() frees; arrivals and
 *            responses are the caller's.
 * Errors     0 or -errno. A request that failed has status 0.
 * Threads    one caller at a time.
 * Read next  server.c, which has it offer a burst.
 */
#ifndef SERVER_LOAD_GENERATOR_H
#define SERVER_LOAD_GENERATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More at once wait for a connection to become free, and are charged for it. */
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
	/* No connection was free when it was due, because of the server. */
	bool waited_for_connection;
};

struct generator;

int generator_open(struct generator **generator, uint16_t port);
void generator_close(struct generator *generator);

/* Returns after each request was answered or has failed. */
int generator_run(struct generator *generator, const struct arrival *arrivals,
		  size_t arrivals_count, struct response *responses);

#endif
