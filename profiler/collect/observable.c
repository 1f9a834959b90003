/* Whether the preload library can be loaded into a program. */
#include "collect/observable.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "shared_memory/preloadable.h"

#define INTERPRETERS_MAX 4 /* the kernel follows so many #! lines */

/* The interpreter that a script names in its first line. */
static bool read_interpreter(const char *head, char path[PATH_MAX])
{
	const char *name = head + 2 + strspn(head + 2, " \t");
	size_t length = strcspn(name, " \t\n");

	if (strncmp(head, "#!", 2) || !length || length >= PATH_MAX)
		return false;
	memcpy(path, name, length);
	path[length] = '\0';
	return true;
}

static bool has_loader(int fd, const Elf64_Ehdr *elf)
{
	Elf64_Phdr segment;

	for (int i = 0; i < elf->e_phnum; i++) {
		off_t at =
			(off_t)(elf->e_phoff + (uint64_t)i * elf->e_phentsize);

		if (pread(fd, &segment, sizeof(segment), at) != sizeof(segment))
			return false;
		if (segment.p_type == PT_INTERP)
			return true;
	}
	return false;
}

static bool gains_privileges(int fd)
{
	struct stat status;
	bool is_root = geteuid() == 0;

	if (fstat(fd, &status))
		return false;
	if ((status.st_mode & S_ISUID && status.st_uid != geteuid()) ||
	    (status.st_mode & S_ISGID && status.st_gid != getegid()))
		return true;
	return !is_root && fgetxattr(fd, "security.capability", NULL, 0) > 0;
}

static const char *judge_elf(int fd, const Elf64_Ehdr *elf)
{
	if (!has_loader(fd, elf))
		return "it is statically linked: there is no loader to load "
		       "a library, and no call to interpose";
	if (gains_privileges(fd))
		return "it runs with other privileges than yours (setuid, "
		       "setgid or capabilities): the loader ignores "
		       "LD_PRELOAD there";
	return NULL;
}

const char *clinic_unfit(const char *program)
{
	const char *why = clinic_unfit_beside(getenv("LD_PRELOAD"));
	char path[PATH_MAX];

	if (why || !clinic_find_program(program, path))
		return why;
	return clinic_unfit_for_preload(path);
}

const char *clinic_unobservable(const char *program)
{
	union {
		Elf64_Ehdr elf;
		char text[256];
	} head;
	char path[PATH_MAX];
	const char *unfit = clinic_unfit(program);

	if (unfit)
		return unfit;
	if (!clinic_find_program(program, path))
		return NULL; /* that it cannot be run is told elsewhere */
	for (int i = 0; i < INTERPRETERS_MAX; i++) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		const char *why = NULL;
		bool is_elf;

		if (fd < 0)
			return NULL;
		memset(&head, 0, sizeof(head));
		(void)!pread(fd, &head, sizeof(head) - 1, 0);
		is_elf = !memcmp(head.elf.e_ident, ELFMAG, SELFMAG);
		if (is_elf)
			why = judge_elf(fd, &head.elf);
		close(fd);
		if (is_elf || !read_interpreter(head.text, path))
			return why;
	}
	return NULL;
}
