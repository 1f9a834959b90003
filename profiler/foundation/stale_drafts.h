/*
 * foundation/stale_drafts.h - removes drafts of output files whose writers were
 * killed.
 *
 * A writer locks its draft, and the kernel releases the lock in whatever way
 * the writer ends. A draft that belongs to us, is not locked and is older than
 * a minute is removed when the next file is written to the same folder.
 *
 * Errors     none: what cannot be removed stays.
 * Read next  output_place.h, which makes the drafts.
 */
#ifndef CLINIC_FOUNDATION_STALE_DRAFTS_H
#define CLINIC_FOUNDATION_STALE_DRAFTS_H

/* The name of a draft has 16 hexadecimal digits between these. */
#define CLINIC_DRAFT_PREFIX ".clinic-"
#define CLINIC_DRAFT_SUFFIX ".part"

/* To be called for each new draft. The lock is held until fd is closed. */
void clinic_draft_lock(int fd);
void clinic_stale_drafts_remove(int folder_fd);

#endif
