/*
 * sources/guarded_mapping.h - map a file that another process writes.
 *
 * The target shares its files with us and may do anything to them. If a file is
 * cut short, a process that reads its mapping gets SIGBUS and ends. Here, a
 * page of zeroes takes the place of what is missing, and is_cut is set.
 *
 *	clinic_guarded_map(&mapping, fd, bytes, PROT_READ);
 *	... mapping.at ...
 *	clinic_guarded_unmap(&mapping);
 *
 * Ownership  the mapping must not move while it is mapped.
 * Errors     0 or -errno.
 * Threads    one.
 * Signals    SIGBUS has a handler from the first mapping on; a SIGBUS from
 *            outside these mappings ends the process as usual.
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
/* Maps so many bytes from now on; mapping->at may change. */
int clinic_guarded_resize(struct clinic_guarded_mapping *mapping, size_t bytes);
void clinic_guarded_unmap(struct clinic_guarded_mapping *mapping);

#endif
