/*
 * http_server.c - serves connections by 64 workers, each one at a time.
 *
 *	accept -> request_read -> shop_price -> response_send -> close
 *
 * The server's queue is the kernel's queue of connections not yet accepted.
 */
#include "http_server.h"

#include "listener.h"
#include "request.h"
#include "response.h"
#include "shop.h"

#include <clinic/stage.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define WORKERS_COUNT 64

struct http_server {
	struct shop *shop;
	int listener_fd;
	uint16_t port;
	pthread_t workers[WORKERS_COUNT];
	size_t workers_count;
};

static int read_stage(int fd, uint32_t *item)
{
	int err;

	clinic_stage_begin("read");
	err = request_read(fd, item);
	clinic_stage_end("read");
	return err;
}

static uint32_t price_stage(struct http_server *server, uint32_t item)
{
	uint32_t price;

	clinic_stage_begin("price");
	price = shop_price(server->shop, item);
	clinic_stage_end("price");
	return price;
}

static void respond_stage(int fd, uint32_t item, uint32_t price)
{
	clinic_stage_begin("respond");
	(void)response_send(fd, item, price); /* A client may have left. */
	clinic_stage_end("respond");
}

__attribute__((noinline)) static void
serve_connection(struct http_server *server, int fd)
{
	uint32_t item;
	int err = read_stage(fd, &item);

	if (!err)
		respond_stage(fd, item, price_stage(server, item));
	else if (err == -EPROTO || err == -EMSGSIZE)
		(void)response_refuse(fd);
	close(fd);
}

/* accept() fails with EINVAL once the listener is shut down. */
static void *worker_main(void *argument)
{
	struct http_server *server = argument;

	for (;;) {
		int fd = accept4(server->listener_fd, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0)
			serve_connection(server, fd);
		else if (errno == EINVAL || errno == EBADF)
			return NULL;
	}
}

static int start_workers(struct http_server *server)
{
	while (server->workers_count < WORKERS_COUNT) {
		int err =
			pthread_create(&server->workers[server->workers_count],
				       NULL, worker_main, server);

		if (err)
			return -err;
		server->workers_count++;
	}
	return 0;
}

int http_server_open(struct http_server **made, uint16_t port)
{
	struct http_server *server = calloc(1, sizeof(*server));
	int err;

	if (!server)
		return -ENOMEM;
	server->port = port;
	server->shop = shop_new();
	server->listener_fd = listener_open(&server->port);
	err = server->listener_fd < 0 ? server->listener_fd : 0;
	if (!err && !server->shop)
		err = -ENOMEM;
	if (!err)
		err = start_workers(server);
	if (err)
		http_server_close(server);
	else
		*made = server;
	return err;
}

void http_server_close(struct http_server *server)
{
	if (server->listener_fd >= 0)
		shutdown(server->listener_fd, SHUT_RDWR);
	for (size_t i = 0; i < server->workers_count; i++)
		pthread_join(server->workers[i], NULL);
	if (server->listener_fd >= 0)
		close(server->listener_fd);
	shop_free(server->shop);
	free(server);
}

uint16_t http_server_port(const struct http_server *server)
{
	return server->port;
}

void http_server_forget(struct http_server *server)
{
	shop_forget(server->shop);
}
