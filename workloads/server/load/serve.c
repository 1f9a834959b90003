/*
 * serve.c - the server alone, for a load generator in another process.
 *
 *	serve [PORT]
 *
 * Prints its port on one line, and serves until its standard input ends, so
 * that it ends with whoever started it.
 *
 * Exit codes  0 done, 4 the environment does not allow it.
 */
#include "http_server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_IMPOSSIBLE 4

static void wait_for_end_of_input(void)
{
	char ignored[64];
	ssize_t count;

	do
		count = read(STDIN_FILENO, ignored, sizeof(ignored));
	while (count > 0 || (count < 0 && errno == EINTR));
}

int main(int argc, char **argv)
{
	struct http_server *server;
	int err = http_server_open(
		&server, (uint16_t)(argc > 1 ? strtol(argv[1], NULL, 10) : 0));

	if (err) {
		fprintf(stderr, "serve: the server cannot be opened: %s\n",
			strerror(-err));
		return EXIT_IMPOSSIBLE;
	}
	printf("%u\n", http_server_port(server));
	fflush(stdout);
	wait_for_end_of_input();
	http_server_close(server);
	return 0;
}
