/*
 * paced_station.c - sleeps until a batch is due, and sends it.
 */
#include "paced_station.h"

#include "loopback.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S UINT64_C(1000000000)

struct paced_station {
	const uint8_t *batch;
	size_t batch_bytes;
	struct sent_batch *sent;
	size_t batches_count;
	uint64_t started_ns;
	uint64_t had_no_room_until_ns;
	uint64_t cpu_ns;
	int fd;
	int err;
	pthread_t thread;
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t station_elapsed_ns(const struct paced_station *station)
{
	return clock_ns(CLOCK_MONOTONIC) - station->started_ns;
}

static void sleep_until(const struct paced_station *station, uint64_t due_ns)
{
	uint64_t when_ns = station->started_ns + due_ns;
	struct timespec when = {
		.tv_sec = (time_t)(when_ns / NS_PER_S),
		.tv_nsec = (long)(when_ns % NS_PER_S),
	};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL) ==
	       EINTR)
		;
}

static int wait_for_room(struct paced_station *station)
{
	struct pollfd room = {.fd = station->fd, .events = POLLOUT};

	if (poll(&room, 1, -1) < 0 && errno != EINTR)
		return -errno;
	station->had_no_room_until_ns = station_elapsed_ns(station);
	return 0;
}

static int send_batch(struct paced_station *station)
{
	size_t sent_bytes = 0;
	int err = 0;

	while (!err && sent_bytes < station->batch_bytes) {
		ssize_t count = send(station->fd, station->batch + sent_bytes,
				     station->batch_bytes - sent_bytes,
				     MSG_NOSIGNAL | MSG_DONTWAIT);

		if (count >= 0)
			sent_bytes += (size_t)count;
		else if (errno == EAGAIN)
			err = wait_for_room(station);
		else if (errno != EINTR)
			err = -errno;
	}
	return err;
}

static void *station_thread(void *argument)
{
	struct paced_station *station = argument;

	for (size_t i = 0; !station->err && i < station->batches_count; i++) {
		struct sent_batch *sent = &station->sent[i];

		sleep_until(station, sent->due_ns);
		sent->sent_ns = station_elapsed_ns(station);
		sent->waited_for_room = station->had_no_room_until_ns >
					sent->due_ns;
		station->err = send_batch(station);
	}
	/* The reader sees the end, if it waits for more than there was. */
	shutdown(station->fd, SHUT_WR);
	station->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	return NULL;
}

int station_start(struct paced_station **made, uint16_t port,
		  const uint8_t *batch, size_t batch_bytes,
		  struct sent_batch *sent, size_t batches_count)
{
	struct paced_station *station = calloc(1, sizeof(*station));
	int err;

	if (!station)
		return -ENOMEM;
	station->batch = batch;
	station->batch_bytes = batch_bytes;
	station->sent = sent;
	station->batches_count = batches_count;
	station->fd = loopback_connect(port);
	err = station->fd < 0 ? station->fd : 0;
	station->started_ns = clock_ns(CLOCK_MONOTONIC);
	if (!err)
		err = -pthread_create(&station->thread, NULL, station_thread,
				      station);
	if (err) {
		if (station->fd >= 0)
			close(station->fd);
		free(station);
		return err;
	}
	*made = station;
	return 0;
}

int station_end(struct paced_station *station, uint64_t *cpu_ns)
{
	int err;

	pthread_join(station->thread, NULL);
	close(station->fd);
	*cpu_ns = station->cpu_ns;
	err = station->err;
	free(station);
	return err;
}

static bool is_late(const struct sent_batch *sent)
{
	return !sent->waited_for_room &&
	       sent->sent_ns > sent->due_ns + STATION_LATE_NS;
}

size_t station_late_count(const struct sent_batch *sent, size_t batches_count)
{
	size_t late_count = 0;

	for (size_t i = 0; i < batches_count; i++)
		late_count += is_late(&sent[i]);
	return late_count;
}
