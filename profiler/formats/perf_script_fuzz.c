/* Reads any bytes as the text of perf script, for libFuzzer. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "formats/format.h"
#include "formats/perf_script.h"
#include "session/session.h"
#include "session/session_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void import(const char *path, const char *event)
{
	const struct clinic_format_options options = {.event = event};
	struct clinic_session *session;
	struct clinic_why why;

	if (clinic_session_new(&session))
		return;
	(void)clinic_perf_script_read(path, &options, session, &why);
	clinic_session_free(session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("perf script", MFD_CLOEXEC);
	char path[32];

	if (fd < 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (write(fd, data, size) == (ssize_t)size) {
		import(path, NULL);
		import(path, "cycles");
	}
	close(fd);
	return 0;
}
