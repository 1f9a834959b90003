/* Maps files that the target may cut short, so that this does not end us. */
#include "sources/guarded_mapping.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static struct clinic_guarded_mapping *mappings;
static uintptr_t page_bytes;

static struct clinic_guarded_mapping *mapping_at(uintptr_t address)
{
	for (struct clinic_guarded_mapping *mapping = mappings; mapping;
	     mapping = mapping->next)
		if (address - (uintptr_t)mapping->at < mapping->bytes)
			return mapping;
	return NULL;
}

/* The instruction that faulted is tried again, and finds zeroes. */
static void on_bus_error(int signal_number, siginfo_t *info, void *unused)
{
	uintptr_t address = (uintptr_t)info->si_addr;
	struct clinic_guarded_mapping *mapping = mapping_at(address);
	int saved_errno = errno;

	(void)unused;
	if (mapping &&
	    mmap((void *)(address & ~(page_bytes - 1)), page_bytes,
		 PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED)
		mapping->is_cut = 1;
	else
		signal(signal_number, SIG_DFL);
	errno = saved_errno;
}

/* This is done for each mapping: other code may have replaced the handler. */
static void install_handler(void)
{
	struct sigaction action = {.sa_sigaction = on_bus_error,
				   .sa_flags = SA_SIGINFO};

	page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
	sigaction(SIGBUS, &action, NULL);
}

int clinic_guarded_map(struct clinic_guarded_mapping *mapping, int fd,
		       size_t bytes, int protection)
{
	void *at = mmap(NULL, bytes, protection, MAP_SHARED, fd, 0);

	*mapping = (struct clinic_guarded_mapping){0};
	if (at == MAP_FAILED)
		return -errno;
	install_handler();
	mapping->at = at;
	mapping->bytes = bytes;
	mapping->next = mappings;
	mappings = mapping;
	return 0;
}

int clinic_guarded_resize(struct clinic_guarded_mapping *mapping, size_t bytes)
{
	void *at = mremap(mapping->at, mapping->bytes, bytes, MREMAP_MAYMOVE);

	if (at == MAP_FAILED)
		return -errno;
	mapping->at = at;
	mapping->bytes = bytes;
	return 0;
}

void clinic_guarded_unmap(struct clinic_guarded_mapping *mapping)
{
	struct clinic_guarded_mapping **link = &mappings;

	if (!mapping->at)
		return;
	while (*link != mapping)
		link = &(*link)->next;
	*link = mapping->next;
	munmap(mapping->at, mapping->bytes);
	mapping->at = NULL;
}
