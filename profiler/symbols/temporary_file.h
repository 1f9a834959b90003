/*
 * symbols/temporary_file.h - a file without a name, gone when it is closed.
 *
 * The file is on a disk and not in memory, so that the kernel can write its
 * pages out and use the memory. It is deleted at once and so hardly ever
 * reaches the disk. Where no folder is writable, or the disk is full, a file in
 * memory takes its place.
 *
 * Errors     a descriptor, or -errno.
 */
#ifndef CLINIC_SYMBOLS_TEMPORARY_FILE_H
#define CLINIC_SYMBOLS_TEMPORARY_FILE_H

/* Makes one in the first folder that allows it: $TMPDIR, /var/tmp or /tmp. */
int clinic_temporary_file_on_disk(void);
int clinic_temporary_file_in_memory(void);

#endif
