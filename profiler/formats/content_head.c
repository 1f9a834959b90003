/* Looks at the first bytes of a file or a pipe, and leaves them there. */
#include "formats/content_head.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

enum {
	PACKED_BYTES = CLINIC_CONTENT_HEAD_BYTES,
	GZIP_WINDOW = 15 + 16,
	NAP_NS = 10 * 1000 * 1000,
};

static int check_kind(struct clinic_content_head *head)
{
	struct stat status;

	if (fstat(head->fd, &status))
		return -errno;
	if (S_ISDIR(status.st_mode))
		return -EISDIR;
	head->is_pipe = S_ISFIFO(status.st_mode);
	return head->is_pipe || S_ISREG(status.st_mode) ? 0 : -ESPIPE;
}

int clinic_content_head_open(struct clinic_content_head *head, const char *path)
{
	int error;

	head->text_bytes = head->packed_bytes = 0;
	head->is_whole = false;
	head->fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC)
				     : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	if (head->fd < 0)
		return -errno;
	error = check_kind(head);
	if (error)
		clinic_content_head_close(head);
	return error;
}

void clinic_content_head_close(struct clinic_content_head *head)
{
	close(head->fd);
}

static ssize_t look_at_file(struct clinic_content_head *head, void *packed)
{
	off_t at = lseek(head->fd, 0, SEEK_CUR);

	head->is_whole = true;
	return at < 0 ? -1 : pread(head->fd, packed, PACKED_BYTES, at);
}

/* Duplicates the content of the pipe into another pipe, and reads it there. */
static ssize_t duplicate(int fd, void *packed)
{
	int copy[2];
	ssize_t got;

	if (pipe2(copy, O_CLOEXEC))
		return -1;
	got = tee(fd, copy[1], PACKED_BYTES, 0);
	if (got > 0)
		got = read(copy[0], packed, (size_t)got);
	close(copy[0]);
	close(copy[1]);
	return got;
}

/*
 * poll() cannot wait for further bytes while the first ones stay in the pipe.
 */
static ssize_t look_at_pipe(struct clinic_content_head *head, void *packed)
{
	static const struct timespec nap = {.tv_nsec = NAP_NS};

	for (;;) {
		struct pollfd end = {.fd = head->fd, .events = POLLIN};
		bool has_ended = poll(&end, 1, 0) > 0 && end.revents & POLLHUP;
		ssize_t got = duplicate(head->fd, packed);

		head->is_whole = got <= 0 || has_ended || got == PACKED_BYTES;
		if (head->is_whole || (size_t)got > head->packed_bytes)
			return got;
		nanosleep(&nap, NULL);
	}
}

/* Unpacks as much as there is of a gzip file that may be cut short. */
static size_t unpack(unsigned char *packed, size_t packed_bytes,
		     unsigned char *text)
{
	z_stream stream = {.next_in = packed,
			   .avail_in = (unsigned int)packed_bytes,
			   .next_out = text,
			   .avail_out = CLINIC_CONTENT_HEAD_BYTES};

	if (inflateInit2(&stream, GZIP_WINDOW) != Z_OK)
		return 0;
	(void)inflate(&stream, Z_SYNC_FLUSH);
	inflateEnd(&stream);
	return CLINIC_CONTENT_HEAD_BYTES - stream.avail_out;
}

int clinic_content_head_look(struct clinic_content_head *head)
{
	unsigned char packed[PACKED_BYTES];
	ssize_t got = head->is_pipe ? look_at_pipe(head, packed)
				    : look_at_file(head, packed);

	if (got < 0)
		return -errno;
	head->packed_bytes = (size_t)got;
	if (got > 1 && packed[0] == 0x1f && packed[1] == 0x8b) {
		head->text_bytes = unpack(packed, (size_t)got, head->text);
	} else {
		memcpy(head->text, packed, (size_t)got);
		head->text_bytes = (size_t)got;
	}
	return 0;
}
