/*
 * leak_test.c - tests what the headers of cache, scratch, service and requests
 * promise.
 */
#include "cache.h"
#include "page.h"
#include "requests.h"
#include "scratch.h"
#include "service.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void keep(struct cache *cache, uint32_t number)
{
	char *page = page_render(number);

	assert_non_null(page);
	assert_int_equal(cache_keep(cache, number, page), 0);
}

static void assert_page(const char *page, uint32_t number)
{
	char *wanted = page_render(number);

	assert_non_null(page);
	assert_non_null(wanted);
	assert_memory_equal(page, wanted, PAGE_BYTES);
	free(wanted);
}

static void a_kept_page_is_found_and_another_is_not(void **unused)
{
	struct cache *cache = cache_open();

	(void)unused;
	assert_non_null(cache);
	assert_null(cache_find(cache, 7));
	for (uint32_t i = 0; i < RECENT_REQUESTS; i++)
		keep(cache, i * 1024); /* all in one bucket */
	for (uint32_t i = 0; i < RECENT_REQUESTS; i++)
		assert_page(cache_find(cache, i * 1024), i * 1024);
	assert_null(cache_find(cache, 7));
	cache_close(cache);
}

/*
 * The promise must hold for more requests than a cache has entries. A cache
 * that ignores how often pages are requested would drop this page for the
 * others.
 */
static void what_is_asked_for_stays(void **unused)
{
	struct cache *cache = cache_open();

	(void)unused;
	assert_non_null(cache);
	keep(cache, 1);
	for (uint32_t i = 2; i < 5000; i++) {
		keep(cache, i);
		if (i % (RECENT_REQUESTS / 2) == 0)
			assert_page(cache_find(cache, 1), 1);
	}
	cache_close(cache);
}

static void a_scratch_gives_whole_replies(void **unused)
{
	struct scratch *scratch = scratch_open();

	(void)unused;
	assert_non_null(scratch);
	for (int i = 0; i < 1000; i++) {
		char *reply = scratch_take(scratch);

		assert_non_null(reply);
		memset(reply, i, REPLY_BYTES);
		scratch_sent(scratch);
	}
	assert_non_null(scratch_take(scratch)); /* closes without sending it */
	scratch_close(scratch);
}

static void a_reply_is_the_same_whether_its_page_was_kept(void **unused)
{
	struct service *service = service_open();
	bool was_kept = true;
	uint64_t first;

	(void)unused;
	assert_non_null(service);
	first = service_answer(service, 5, &was_kept);
	assert_false(was_kept);
	assert_int_equal(service_answer(service, 5, &was_kept), first);
	assert_true(was_kept);
	assert_int_not_equal(service_answer(service, 6, &was_kept), first);
	assert_false(was_kept);
	service_close(service);
}

static const uint8_t two_requests[] = "PREQ\2\0\0\0\1\2\377\377";

static void requests_are_read_as_they_were_written(void **unused)
{
	struct requests requests;

	(void)unused;
	assert_int_equal(requests_read(&requests, two_requests,
				       sizeof(two_requests) - 1),
			 0);
	assert_int_equal(requests.count, 2);
	assert_int_equal(request_page(&requests, 0), 0x0201);
	assert_int_equal(request_page(&requests, 1), PAGES_MAX - 1);
}

static void other_bytes_are_no_requests(void **unused)
{
	struct requests requests;

	(void)unused;
	for (size_t cut = 0; cut < sizeof(two_requests) - 1; cut++)
		assert_int_equal(requests_read(&requests, two_requests, cut),
				 -EPROTO);
	assert_int_equal(
		requests_read(&requests, (const uint8_t *)"PREQ\0\0\0\0", 8),
		-EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kept_page_is_found_and_another_is_not),
		cmocka_unit_test(what_is_asked_for_stays),
		cmocka_unit_test(a_scratch_gives_whole_replies),
		cmocka_unit_test(a_reply_is_the_same_whether_its_page_was_kept),
		cmocka_unit_test(requests_are_read_as_they_were_written),
		cmocka_unit_test(other_bytes_are_no_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
