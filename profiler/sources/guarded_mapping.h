/*
 * sources/guarded_mapping.h - a file that somebody else writes, mapped.
 *
 * The target shares its files with us and may do anything to them. A file cut
 * short under a mapping kills whoever touches it (SIGBUS): here, a page of
 * zeroes takes the place of what is gone, and is_cut says so.
 *
 *	clinic_guarded_map(&mapping, fd, bytes, PROT_READ);
 *	... mapping.at ...
 *	clinic_guarded_unmap(&mapping);
 *
 * Ownership  the mapping must not move while it is mapped.
 * Errors     0 or -errno.
 * Threads    one.
 * Signals    SIGBUS has a handler from the first mapping on; one that is not
 *            about a mapping of these ends the process as ever.
 */
#ifndef CLINIC_SOURCES_GUARDED_MAPPING_H
#define CLINIC_SOURCES_GUARDED_MAPPING_H

#include <signal.h>
#include <stddef.h>

struct clinic_guarded_mapping {
	void *at; /* NULL: nothing is mapped */
	size_t bytes;
	volatile sig_atomic_t is_cut;
	struct clinic_guarded_mapping *next;
};

int clinic_guarded_map(struct clinic_guarded_mapping *mapping, int fd,
		       size_t bytes, int protection);
/* As many bytes from now on; mapping->at may be another. */
int clinic_guarded_resize(struct clinic_guarded_mapping *mapping, size_t bytes);
void clinic_guarded_unmap(struct clinic_guarded_mapping *mapping);

#endif
