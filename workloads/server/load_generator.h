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
 * Read next  server.c, which offers a burst of requests, and
 *            load/offered_load.c, which offers a rate.
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
	/*
	 * Of the time from due to sent, in which no thread of this process
	 * ran: whatever kept it waiting, it was not the server.
	 */
	uint64_t stalled_ns;
	uint64_t done_ns;
	uint32_t status; /* of HTTP */
	uint32_t price;
	/* When the request was due, the server occupied all connections. */
	bool waited_for_connection;
};

/* A request that is sent so much later than due was not sent on schedule. */
#define GENERATOR_LATE_NS UINT64_C(10000000)

struct generator;

int generator_open(struct generator **generator, uint16_t port);
void generator_close(struct generator *generator);

/* Returns after each request was answered or has failed. */
int generator_run(struct generator *generator, const struct arrival *arrivals,
		  size_t arrivals_count, struct response *responses);

/* How many were sent late although a connection was free. */
size_t generator_late_count(const struct arrival *arrivals,
			    const struct response *responses, size_t count);

/* How many were sent late because this process was kept from running. */
size_t generator_stalled_count(const struct response *responses, size_t count);

/* Equal only if every status and every price is. */
uint64_t generator_digest(const struct response *responses, size_t count);

#endif
