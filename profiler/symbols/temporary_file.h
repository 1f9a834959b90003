/*
 * symbols/temporary_file.h - a file without a name, gone when it is closed.
 *
 * On a disk, where the kernel may write its pages out and take the memory
 * back; that is why it is not in memory. Deleted at once, it hardly ever
 * reaches the disk. Where no folder can be written to, or the disk is full,
 * one in memory does the same.
 *
 * Errors     a descriptor, or -errno.
 */
#ifndef CLINIC_SYMBOLS_TEMPORARY_FILE_H
#define CLINIC_SYMBOLS_TEMPORARY_FILE_H

/* In $TMPDIR, /var/tmp or /tmp: the first that allows it. */
int clinic_temporary_file_on_disk(void);
int clinic_temporary_file_in_memory(void);

#endif
