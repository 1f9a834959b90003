/*
 * symbols/path_open.h - open a file as a process with another root sees it.
 *
 * root   /proc/PID/root or a folder; NULL: our own. Absolute symbolic links
 *        stay below it (openat2, Linux 5.6; before, they lead out of it).
 *
 * Returns a descriptor for the caller to close, or -errno. It never waits: a
 * named pipe opens at once, and reading it shows that it is no regular file.
 */
#ifndef CLINIC_SYMBOLS_PATH_OPEN_H
#define CLINIC_SYMBOLS_PATH_OPEN_H

int clinic_path_open(const char *root, const char *path);

#endif
