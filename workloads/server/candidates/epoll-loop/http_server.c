/*
 * http_server.c - serves all connections in the event loop of one thread.
 *
 *	accept -> read ready -> cached? -> respond
 *	                           | no
 *	                           v
 *	         question -> 10 ms later: respond to all that wait for the item
 *
 * Nothing blocks and nothing is shared, so there is no lock.
 */
#include "http_server.h"

#include "price_cache.h"
#include "listener.h"
#include "request.h"
#include "response.h"
#include "wholesaler.h"

#include <clinic/stage.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_MAX 64

struct connection {
	int fd;
	size_t have_bytes;
	struct connection *next; /* waits for the same item */
	char head[REQUEST_BYTES_MAX];
};

/* Questions to the wholesaler, oldest first; each takes equally long. */
struct question {
	uint32_t item;
	struct timespec due;
	struct connection *waiting;
	struct question *next;
};

struct http_server {
	int listener_fd;
	int epoll_fd;
	int timer_fd; /* fires when the oldest question is answered */
	int wake_fd;
	uint16_t port;
	bool has_thread;
	pthread_t thread;
	atomic_bool is_closing;
	atomic_bool has_to_forget;
	struct cache cache;
	struct question *oldest;
	struct question **end;
	struct question *spare; /* answered questions, for reuse */
};

/* The addresses of these identify the descriptors that are not connections. */
static char listener_name, timer_name, wake_name;

static void end_connection(struct connection *connection)
{
	close(connection->fd);
	free(connection);
}

static void respond(struct connection *connection, uint32_t item,
		    uint32_t price)
{
	clinic_stage_begin("respond");
	(void)response_send(connection->fd, item, price);
	clinic_stage_end("respond");
	end_connection(connection);
}

static void set_timer(const struct http_server *server)
{
	struct itimerspec when = {0};

	if (server->oldest)
		when.it_value = server->oldest->due;
	timerfd_settime(server->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static struct question *ask(struct http_server *server, uint32_t item)
{
	struct question *question = server->spare;

	if (question)
		server->spare = question->next;
	else
		question = malloc(sizeof(*question));
	if (!question)
		return NULL;
	*question = (struct question){.item = item};
	clock_gettime(CLOCK_MONOTONIC, &question->due);
	question->due.tv_nsec += WHOLESALER_TAKES_NS;
	if (question->due.tv_nsec >= 1000000000) {
		question->due.tv_sec++;
		question->due.tv_nsec -= 1000000000;
	}
	*server->end = question;
	server->end = &question->next;
	if (server->oldest == question)
		set_timer(server);
	return question;
}

static struct question *question_about(struct http_server *server,
				       uint32_t item)
{
	struct question *question = server->oldest;

	while (question && question->item != item)
		question = question->next;
	return question ? question : ask(server, item);
}

static void find_price(struct http_server *server,
		       struct connection *connection, uint32_t item)
{
	struct question *question;
	uint32_t price;

	clinic_stage_begin("price");
	if (cache_find(&server->cache, item, &price)) {
		clinic_stage_end("price");
		respond(connection, item, price);
		return;
	}
	question = question_about(server, item);
	if (question) {
		connection->next = question->waiting;
		question->waiting = connection;
	}
	clinic_stage_end("price");
	if (!question)
		end_connection(connection);
}

static int read_some(struct connection *connection, uint32_t *item)
{
	ssize_t count = recv(connection->fd,
			     connection->head + connection->have_bytes,
			     REQUEST_BYTES_MAX - connection->have_bytes, 0);
	int err;

	if (count < 0)
		return -errno;
	if (count == 0)
		return connection->have_bytes ? -EPROTO : -ENODATA;
	connection->have_bytes += (size_t)count;
	err = request_parse(connection->head, connection->have_bytes, item);
	if (err == -EAGAIN && connection->have_bytes == REQUEST_BYTES_MAX)
		return -EMSGSIZE;
	return err;
}

/* After the request is complete, the loop ignores the connection. */
static void read_ready(struct http_server *server,
		       struct connection *connection)
{
	uint32_t item;
	int err;

	clinic_stage_begin("read");
	err = read_some(connection, &item);
	clinic_stage_end("read");
	if (err == -EAGAIN || err == -EINTR)
		return;
	epoll_ctl(server->epoll_fd, EPOLL_CTL_DEL, connection->fd, NULL);
	if (!err) {
		find_price(server, connection, item);
		return;
	}
	if (err == -EPROTO || err == -EMSGSIZE)
		(void)response_refuse(connection->fd);
	end_connection(connection);
}

static int watch(const struct http_server *server, int fd, void *name)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = name};

	return epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno
								      : 0;
}

static void accept_all(const struct http_server *server)
{
	int fd;

	while ((fd = accept4(server->listener_fd, NULL, NULL,
			     SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		struct connection *connection = malloc(sizeof(*connection));

		if (!connection) {
			close(fd);
			continue;
		}
		connection->fd = fd;
		connection->have_bytes = 0;
		if (watch(server, fd, connection))
			end_connection(connection);
	}
}

static void answer_oldest(struct http_server *server)
{
	struct question *question = server->oldest;
	uint32_t price = wholesaler_price(question->item);

	cache_keep(&server->cache, question->item, price);
	while (question->waiting) {
		struct connection *connection = question->waiting;

		question->waiting = connection->next;
		respond(connection, question->item, price);
	}
	server->oldest = question->next;
	if (!server->oldest)
		server->end = &server->oldest;
	question->next = server->spare;
	server->spare = question;
}

static bool is_due(const struct question *question)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > question->due.tv_sec ||
	       (now.tv_sec == question->due.tv_sec &&
		now.tv_nsec >= question->due.tv_nsec);
}

static void answer_due(struct http_server *server)
{
	while (server->oldest && is_due(server->oldest))
		answer_oldest(server);
	set_timer(server);
}

static void handle(struct http_server *server, void *name)
{
	if (name == &listener_name)
		accept_all(server);
	else if (name == &timer_name)
		answer_due(server);
	else if (name != &wake_name)
		read_ready(server, name);
}

/* After http_server_forget(), no later request may get an old price. */
static void *loop_main(void *argument)
{
	struct http_server *server = argument;
	struct epoll_event events[EVENTS_MAX];

	while (!atomic_load(&server->is_closing) || server->oldest) {
		int count =
			epoll_wait(server->epoll_fd, events, EVENTS_MAX, -1);

		if (atomic_exchange(&server->has_to_forget, false))
			cache_clear(&server->cache);
		for (int i = 0; i < count; i++)
			handle(server, events[i].data.ptr);
	}
	return NULL;
}

static int open_descriptors(struct http_server *server)
{
	int err;

	server->listener_fd = listener_open(&server->port);
	if (server->listener_fd < 0)
		return server->listener_fd;
	server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	server->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	server->wake_fd = eventfd(0, EFD_CLOEXEC);
	if (server->epoll_fd < 0 || server->timer_fd < 0 ||
	    server->wake_fd < 0 ||
	    fcntl(server->listener_fd, F_SETFL, O_NONBLOCK))
		return -errno;
	err = watch(server, server->listener_fd, &listener_name);
	if (!err)
		err = watch(server, server->timer_fd, &timer_name);
	return err ? err : watch(server, server->wake_fd, &wake_name);
}

int http_server_open(struct http_server **made, uint16_t port)
{
	struct http_server *server = calloc(1, sizeof(*server));
	int err;

	if (!server)
		return -ENOMEM;
	server->listener_fd = server->epoll_fd = -1;
	server->timer_fd = server->wake_fd = -1;
	server->port = port;
	server->end = &server->oldest;
	err = open_descriptors(server);
	if (!err)
		err = -pthread_create(&server->thread, NULL, loop_main, server);
	server->has_thread = !err;
	if (err)
		http_server_close(server);
	else
		*made = server;
	return err;
}

static void close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void free_spare_questions(struct http_server *server)
{
	while (server->spare) {
		struct question *question = server->spare;

		server->spare = question->next;
		free(question);
	}
}

void http_server_close(struct http_server *server)
{
	atomic_store(&server->is_closing, true);
	if (server->has_thread) {
		(void)eventfd_write(server->wake_fd, 1);
		pthread_join(server->thread, NULL);
	}
	close_if_open(server->listener_fd);
	close_if_open(server->epoll_fd);
	close_if_open(server->timer_fd);
	close_if_open(server->wake_fd);
	cache_clear(&server->cache);
	free_spare_questions(server);
	free(server);
}

uint16_t http_server_port(const struct http_server *server)
{
	return server->port;
}

void http_server_forget(struct http_server *server)
{
	atomic_store(&server->has_to_forget, true);
}
