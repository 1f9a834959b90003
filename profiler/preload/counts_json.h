/*
 * preload/counts_json.h - the counter's output file.
 *
 * Errors     0 or -errno.
 * Threads    one call at a time; other threads may go on counting.
 * Read next  profiler/README.md, the format
 */
#ifndef PRELOAD_COUNTS_JSON_H
#define PRELOAD_COUNTS_JSON_H

/* unobservable: why nothing can be counted, or NULL. */
int counts_json_write(int fd, const char *unobservable);

#endif
