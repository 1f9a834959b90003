/*
 * foundation/stale_drafts.h - drafts of output files whose writers were killed.
 *
 * A writer locks its draft, and the kernel releases the lock however the writer
 * ends. So a draft that is ours, not locked and older than a minute is removed
 * when the next file is written to the same folder.
 *
 * Errors     none: what cannot be removed stays.
 * Read next  output_place.h, which makes the drafts.
 */
#ifndef CLINIC_FOUNDATION_STALE_DRAFTS_H
#define CLINIC_FOUNDATION_STALE_DRAFTS_H

/* Of a draft's name; between them stand 16 hexadecimal digits. */
#define CLINIC_DRAFT_PREFIX ".clinic-"
#define CLINIC_DRAFT_SUFFIX ".part"

/* The descriptor of a new draft. */
void clinic_draft_lock(int fd);
void clinic_stale_drafts_remove(int folder_fd);

#endif
