/*
 * server_test.c - tests what the headers of the server, of its parts and of the
 * load generator promise.
 */
#include "price_cache.h"
#include "load_generator.h"
#include "http_server.h"
#include "listener.h"
#include "request.h"
#include "response.h"
#include "wholesaler.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define REQUESTS_COUNT 40
#define ITEMS_COUNT    3

static int parse(const char *head, uint32_t *item)
{
	return request_parse(head, strlen(head), item);
}

static void a_request_names_an_item(void **unused)
{
	uint32_t item = 0;

	(void)unused;
	assert_int_equal(
		parse("GET /item/17 HTTP/1.1\r\nHost: a\r\n\r\n", &item), 0);
	assert_int_equal(item, 17);
	assert_int_equal(
		parse("GET /item/4294967295?first HTTP/1.1\r\n\r\n", &item), 0);
	assert_int_equal(item, 4294967295u);
}

static void a_head_without_an_end_is_no_request_yet(void **unused)
{
	uint32_t item;

	(void)unused;
	assert_int_equal(parse("", &item), -EAGAIN);
	assert_int_equal(parse("GET /item/17 HTTP/1.1\r\n", &item), -EAGAIN);
}

static void other_requests_are_refused(void **unused)
{
	static const char *const heads[] = {
		"PUT /item/17 HTTP/1.1\r\n\r\n",
		"GET /item/ HTTP/1.1\r\n\r\n",
		"GET /item/17\r\n\r\n",
		"GET /item/4294967296 HTTP/1.1\r\n\r\n",
		"GET /item/-1 HTTP/1.1\r\n\r\n",
		"GET / HTTP/1.1\r\n\r\n",
		"\r\n\r\n",
	};
	uint32_t item;

	(void)unused;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		assert_int_equal(parse(heads[i], &item), -EPROTO);
}

static void a_request_may_come_in_pieces(void **unused)
{
	int ends[2];
	uint32_t item = 0;

	(void)unused;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	assert_int_equal(send(ends[0], "GET /it", 7, 0), 7);
	assert_int_equal(send(ends[0], "em/5 HTTP/1.1\r\n\r\n", 18, 0), 18);
	assert_int_equal(request_read(ends[1], &item), 0);
	assert_int_equal(item, 5);
	assert_int_equal(send(ends[0], "GET /it", 7, 0), 7);
	close(ends[0]);
	assert_int_equal(request_read(ends[1], &item), -EPROTO);
	assert_int_equal(request_read(ends[1], &item), -ENODATA);
	close(ends[1]);
}

static void a_head_that_is_too_long_is_refused(void **unused)
{
	char *head = malloc(REQUEST_BYTES_MAX + 1);
	int ends[2];
	uint32_t item;

	(void)unused;
	assert_non_null(head);
	memset(head, 'a', REQUEST_BYTES_MAX + 1);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(send(ends[0], head, REQUEST_BYTES_MAX + 1, 0),
			 REQUEST_BYTES_MAX + 1);
	assert_int_equal(request_read(ends[1], &item), -EMSGSIZE);
	close(ends[0]);
	close(ends[1]);
	free(head);
}

static void a_cache_gives_back_what_was_kept(void **unused)
{
	struct cache *cache = calloc(1, sizeof(*cache));
	uint32_t price = 0;

	(void)unused;
	assert_non_null(cache);
	assert_false(cache_find(cache, 7, &price));
	cache_keep(cache, 7, 700);
	assert_true(cache_find(cache, 7, &price));
	assert_int_equal(price, 700);
	/* The next price of the same slot replaces it. */
	cache_keep(cache, 7 + CACHE_SLOTS_COUNT, 800);
	assert_false(cache_find(cache, 7, &price));
	cache_clear(cache);
	assert_false(cache_find(cache, 7 + CACHE_SLOTS_COUNT, &price));
	free(cache);
}

static void check_responses(struct generator *generator)
{
	struct arrival arrivals[REQUESTS_COUNT] = {0};
	struct response responses[REQUESTS_COUNT];

	for (uint32_t i = 0; i < REQUESTS_COUNT; i++)
		arrivals[i].item = i % ITEMS_COUNT;
	assert_int_equal(
		generator_run(generator, arrivals, REQUESTS_COUNT, responses),
		0);
	for (uint32_t i = 0; i < REQUESTS_COUNT; i++) {
		assert_int_equal(responses[i].status, 200);
		assert_int_equal(responses[i].price,
				 wholesaler_price(arrivals[i].item));
		assert_true(responses[i].done_ns >= responses[i].sent_ns);
	}
}

static void every_request_has_its_own_response(void **unused)
{
	struct http_server *server;
	struct generator *generator;

	(void)unused;
	assert_int_equal(http_server_open(&server, 0), 0);
	assert_int_equal(generator_open(&generator, http_server_port(server)),
			 0);
	for (int again = 0; again < 3; again++) {
		check_responses(generator);
		http_server_forget(server);
	}
	generator_close(generator);
	http_server_close(server);
}

static void a_port_in_use_is_refused(void **unused)
{
	struct http_server *server;
	uint16_t port = 0;
	int taken = listener_open(&port);

	(void)unused;
	assert_true(taken >= 0);
	assert_int_equal(http_server_open(&server, port), -EADDRINUSE);
	close(taken);
}

static void a_server_that_is_not_there_answers_nothing(void **unused)
{
	struct arrival arrival = {.item = 1};
	struct response response;
	struct generator *generator;
	uint16_t port = 0;
	int taken = listener_open(&port);

	(void)unused;
	assert_true(taken >= 0);
	close(taken);
	assert_int_equal(generator_open(&generator, port), 0);
	assert_int_equal(generator_run(generator, &arrival, 1, &response), 0);
	assert_int_equal(response.status, 0);
	generator_close(generator);
}

static void
a_late_request_is_the_generator_s_fault_if_it_could_be_sent(void **unused)
{
	const struct arrival arrivals[3] = {{.due_ns = 0}};
	const struct response responses[3] = {
		{.sent_ns = GENERATOR_LATE_NS},
		{.sent_ns = GENERATOR_LATE_NS + 1},
		{.sent_ns = GENERATOR_LATE_NS + 1,
		 .waited_for_connection = true},
	};

	(void)unused;
	assert_int_equal(generator_late_count(arrivals, responses, 3), 1);
}

static void a_request_is_stalled_if_the_process_did_not_run(void **unused)
{
	const struct response responses[3] = {
		{.stalled_ns = 0},
		{.stalled_ns = GENERATOR_LATE_NS},
		{.stalled_ns = GENERATOR_LATE_NS + 1},
	};

	(void)unused;
	assert_int_equal(generator_stalled_count(responses, 3), 1);
}

static void a_digest_is_equal_only_for_equal_responses(void **unused)
{
	struct response responses[2] = {{.status = 200, .price = 7},
					{.status = 200, .price = 8}};
	uint64_t digest = generator_digest(responses, 2);

	(void)unused;
	assert_int_not_equal(generator_digest(responses, 1), digest);
	responses[0].sent_ns = 5;
	assert_int_equal(generator_digest(responses, 2), digest);
	responses[1].price = 7;
	assert_int_not_equal(generator_digest(responses, 2), digest);
	responses[1].price = 8;
	responses[0].status = 0;
	assert_int_not_equal(generator_digest(responses, 2), digest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_names_an_item),
		cmocka_unit_test(a_head_without_an_end_is_no_request_yet),
		cmocka_unit_test(other_requests_are_refused),
		cmocka_unit_test(a_request_may_come_in_pieces),
		cmocka_unit_test(a_head_that_is_too_long_is_refused),
		cmocka_unit_test(a_cache_gives_back_what_was_kept),
		cmocka_unit_test(every_request_has_its_own_response),
		cmocka_unit_test(a_port_in_use_is_refused),
		cmocka_unit_test(a_server_that_is_not_there_answers_nothing),
		cmocka_unit_test(
			a_late_request_is_the_generator_s_fault_if_it_could_be_sent),
		cmocka_unit_test(
			a_request_is_stalled_if_the_process_did_not_run),
		cmocka_unit_test(a_digest_is_equal_only_for_equal_responses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
