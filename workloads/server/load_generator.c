/*
 * load_generator.c - sends requests and receives responses in one thread, with
 * a timer for the next arrival.
 *
 *	due -> free exchange -> begin -> epoll -> receive -> free exchange
 */
#include "load_generator.h"

#include "exchange.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_MAX 64
/* Both ends of every connection, and some more. */
#define DESCRIPTORS_EXPECTED (2 * GENERATOR_CONNECTIONS_MAX + 64)

struct generator {
	int epoll_fd;
	int timer_fd; /* it has no exchange in the epoll set */
	uint16_t port;
	struct exchange exchanges[GENERATOR_CONNECTIONS_MAX];
	struct exchange *free[GENERATOR_CONNECTIONS_MAX];
	size_t free_count;
};

/* The state of one generator_run(). */
struct offer {
	struct generator *generator;
	const struct arrival *arrivals;
	struct response *responses;
	size_t arrivals_count;
	size_t begun_count;
	size_t ended_count;
	uint64_t started_ns;
	/* Both clocks before the last wait: what the process did since. */
	uint64_t waited_from_ns;
	uint64_t process_from_ns;
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t elapsed_ns(const struct offer *offer)
{
	return clock_ns(CLOCK_MONOTONIC) - offer->started_ns;
}

/*
 * At least so much of the time since due, or since the last wait began: CPU
 * time that the process used before due is counted against it, for nobody
 * knows when it was.
 */
static uint64_t stalled_ns(const struct offer *offer, uint64_t due_ns,
			   uint64_t sent_ns)
{
	uint64_t from_ns =
		due_ns > offer->waited_from_ns ? due_ns : offer->waited_from_ns;
	uint64_t used_ns;

	if (sent_ns <= from_ns + GENERATOR_LATE_NS)
		return 0;
	used_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - offer->process_from_ns;
	return sent_ns - from_ns > used_ns ? sent_ns - from_ns - used_ns : 0;
}

static int watch(const struct generator *generator, struct exchange *exchange)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = exchange};
	int fd = exchange ? exchange->fd : generator->timer_fd;

	return epoll_ctl(generator->epoll_fd, EPOLL_CTL_ADD, fd, &event)
		       ? -errno
		       : 0;
}

static void end_request(struct offer *offer, struct exchange *exchange)
{
	struct generator *generator = offer->generator;

	offer->responses[exchange->request].done_ns = elapsed_ns(offer);
	offer->ended_count++;
	generator->free[generator->free_count++] = exchange;
}

static void fail_request(struct offer *offer, struct exchange *exchange)
{
	offer->responses[exchange->request].status = 0;
	exchange_close(exchange);
	end_request(offer, exchange);
}

static void send_request(struct offer *offer, struct exchange *exchange)
{
	const struct arrival *arrival = &offer->arrivals[exchange->request];
	int err = exchange_begin(exchange, offer->generator->port,
				 arrival->item, arrival->is_first);

	/* The server may have closed a connection that stayed open. */
	if (err && exchange->is_reused) {
		exchange_close(exchange);
		err = exchange_begin(exchange, offer->generator->port,
				     arrival->item, arrival->is_first);
	}
	if (!err && !exchange->is_reused)
		err = watch(offer->generator, exchange);
	if (err)
		fail_request(offer, exchange);
}

static void begin_request(struct offer *offer)
{
	struct generator *generator = offer->generator;
	struct exchange *exchange = generator->free[--generator->free_count];
	size_t request = offer->begun_count++;
	struct response *response = &offer->responses[request];

	exchange->request = request;
	response->sent_ns = elapsed_ns(offer);
	if (!response->waited_for_connection)
		response->stalled_ns =
			stalled_ns(offer, offer->arrivals[request].due_ns,
				   response->sent_ns);
	send_request(offer, exchange);
}

static void begin_all_due(struct offer *offer)
{
	while (offer->begun_count < offer->arrivals_count &&
	       offer->arrivals[offer->begun_count].due_ns <=
		       elapsed_ns(offer)) {
		if (offer->generator->free_count == 0) {
			offer->responses[offer->begun_count]
				.waited_for_connection = true;
			return;
		}
		begin_request(offer);
	}
}

static void receive(struct offer *offer, struct exchange *exchange)
{
	struct response *response = &offer->responses[exchange->request];
	int err = exchange_receive(exchange);

	if (err == -EAGAIN)
		return;
	if (err && exchange->is_reused && exchange->have_bytes == 0) {
		exchange_close(exchange);
		send_request(offer, exchange);
		return;
	}
	if (err) {
		fail_request(offer, exchange);
		return;
	}
	response->status = exchange->status;
	response->price = exchange->price;
	if (!exchange->stays_open)
		exchange_close(exchange);
	end_request(offer, exchange);
}

/* The time is absolute: if the arrival is due, the timer fires at once. */
static int set_timer(const struct offer *offer)
{
	uint64_t due_ns;
	struct itimerspec when = {0};

	if (offer->begun_count < offer->arrivals_count &&
	    offer->generator->free_count > 0) {
		due_ns = offer->started_ns +
			 offer->arrivals[offer->begun_count].due_ns;
		when.it_value.tv_sec = (time_t)(due_ns / 1000000000u);
		when.it_value.tv_nsec = (long)(due_ns % 1000000000u);
	}
	return timerfd_settime(offer->generator->timer_fd, TFD_TIMER_ABSTIME,
			       &when, NULL)
		       ? -errno
		       : 0;
}

static bool is_idle(const struct generator *generator,
		    const struct exchange *exchange)
{
	for (size_t i = 0; i < generator->free_count; i++)
		if (generator->free[i] == exchange)
			return true;
	return false;
}

static int wait_and_receive(struct offer *offer)
{
	struct generator *generator = offer->generator;
	struct epoll_event events[EVENTS_MAX];
	int err = set_timer(offer);
	int count;

	offer->waited_from_ns = elapsed_ns(offer);
	offer->process_from_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	count = err ? 0
		    : epoll_wait(generator->epoll_fd, events, EVENTS_MAX, -1);
	if (count < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < count; i++) {
		struct exchange *exchange = events[i].data.ptr;

		/* After a tick of the timer nothing need be done here. */
		if (!exchange)
			continue;
		if (is_idle(generator, exchange))
			exchange_close(exchange); /* the server closed it */
		else
			receive(offer, exchange);
	}
	return err;
}

int generator_run(struct generator *generator, const struct arrival *arrivals,
		  size_t arrivals_count, struct response *responses)
{
	struct offer offer = {
		.generator = generator,
		.arrivals = arrivals,
		.responses = responses,
		.arrivals_count = arrivals_count,
		.started_ns = clock_ns(CLOCK_MONOTONIC),
		.process_from_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID),
	};
	int err = 0;

	for (size_t i = 0; i < arrivals_count; i++)
		responses[i] = (struct response){0};
	while (!err && offer.ended_count < arrivals_count) {
		begin_all_due(&offer);
		if (offer.ended_count < arrivals_count)
			err = wait_and_receive(&offer);
	}
	return err;
}

static bool is_late(const struct arrival *arrival,
		    const struct response *response)
{
	return !response->waited_for_connection &&
	       response->sent_ns > arrival->due_ns + GENERATOR_LATE_NS;
}

size_t generator_late_count(const struct arrival *arrivals,
			    const struct response *responses, size_t count)
{
	size_t late_count = 0;

	for (size_t i = 0; i < count; i++)
		late_count += is_late(&arrivals[i], &responses[i]);
	return late_count;
}

size_t generator_stalled_count(const struct response *responses, size_t count)
{
	size_t stalled_count = 0;

	for (size_t i = 0; i < count; i++)
		stalled_count += responses[i].stalled_ns > GENERATOR_LATE_NS;
	return stalled_count;
}

/* A failed request gives the answer 0, which no correct one gives. */
uint64_t generator_digest(const struct response *responses, size_t count)
{
	uint64_t digest = count;

	for (size_t i = 0; i < count; i++) {
		digest ^= (uint64_t)responses[i].status << 32 |
			  responses[i].price;
		digest *= 0x9e3779b97f4a7c15ull;
		digest ^= digest >> 29;
	}
	return digest;
}

/*
 * Where a process has threads, the kernel waits for all CPUs, for some ten
 * milliseconds, when its table of descriptors grows. The table grows here,
 * and not in the middle of a burst. Where so many are not permitted, it stays.
 */
static void grow_descriptor_table(int any_fd)
{
	int fd = fcntl(any_fd, F_DUPFD_CLOEXEC, DESCRIPTORS_EXPECTED);

	if (fd >= 0)
		close(fd);
}

int generator_open(struct generator **made, uint16_t port)
{
	struct generator *generator = calloc(1, sizeof(*generator));
	int err = 0;

	if (!generator)
		return -ENOMEM;
	generator->port = port;
	for (size_t i = 0; i < GENERATOR_CONNECTIONS_MAX; i++) {
		generator->exchanges[i].fd = -1;
		generator->free[generator->free_count++] =
			&generator->exchanges[i];
	}
	generator->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	generator->timer_fd =
		timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (generator->epoll_fd < 0 || generator->timer_fd < 0)
		err = -errno;
	if (!err)
		err = watch(generator, NULL);
	if (!err)
		grow_descriptor_table(generator->epoll_fd);
	if (err)
		generator_close(generator);
	else
		*made = generator;
	return err;
}

void generator_close(struct generator *generator)
{
	for (size_t i = 0; i < GENERATOR_CONNECTIONS_MAX; i++)
		exchange_close(&generator->exchanges[i]);
	if (generator->epoll_fd >= 0)
		close(generator->epoll_fd);
	if (generator->timer_fd >= 0)
		close(generator->timer_fd);
	free(generator);
}
