/*
 * service.c - finds or renders a page, writes the reply and sends it.
 */
#include "service.h"

#include "cache.h"
#include "page.h"
#include "scratch.h"

#include <clinic/stage.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_BYTES 64

struct service {
	struct cache *cache;
	struct scratch *scratch;
};

struct service *service_open(void)
{
	struct service *service = calloc(1, sizeof(*service));

	if (!service)
		return NULL;
	service->cache = cache_open();
	service->scratch = scratch_open();
	if (service->cache && service->scratch)
		return service;
	service_close(service);
	return NULL;
}

void service_close(struct service *service)
{
	if (!service)
		return;
	cache_close(service->cache);
	scratch_close(service->scratch);
	free(service);
}

/* Sending is simulated by reading every byte once. */
static uint64_t send_reply(const char *reply)
{
	uint64_t digest = 0;

	for (size_t i = 0; i < REPLY_BYTES; i += sizeof(digest)) {
		uint64_t word;

		memcpy(&word, reply + i, sizeof(word));
		digest = (digest ^ word) * 0x9e3779b97f4a7c15ull;
		digest ^= digest >> 29;
	}
	return digest;
}

/* A reply is a head and the beginning of the page. */
__attribute__((noinline)) static uint64_t
write_reply(struct service *service, uint32_t page_number, const char *page)
{
	char *reply = scratch_take(service->scratch);
	uint64_t digest;

	if (!reply)
		return 0;
	memset(reply, 0, HEAD_BYTES);
	snprintf(reply, HEAD_BYTES, "200 page %u, %u of %u bytes", page_number,
		 (unsigned)(REPLY_BYTES - HEAD_BYTES), (unsigned)PAGE_BYTES);
	memcpy(reply + HEAD_BYTES, page, REPLY_BYTES - HEAD_BYTES);
	digest = send_reply(reply);
	scratch_sent(service->scratch);
	return digest;
}

static const char *find(struct service *service, uint32_t page_number)
{
	const char *page;

	clinic_stage_begin("find");
	page = cache_find(service->cache, page_number);
	clinic_stage_end("find");
	return page;
}

static const char *render(struct service *service, uint32_t page_number)
{
	char *page;
	int err;

	clinic_stage_begin("render");
	page = page_render(page_number);
	clinic_stage_end("render");
	if (!page)
		return NULL;
	clinic_stage_begin("keep");
	err = cache_keep(service->cache, page_number, page);
	clinic_stage_end("keep");
	return err ? NULL : page;
}

uint64_t service_answer(struct service *service, uint32_t page_number,
			bool *was_kept)
{
	const char *page = find(service, page_number);
	uint64_t digest;

	*was_kept = page != NULL;
	if (!page)
		page = render(service, page_number);
	if (!page)
		return 0;
	clinic_stage_begin("reply");
	digest = write_reply(service, page_number, page);
	clinic_stage_end("reply");
	return digest;
}
