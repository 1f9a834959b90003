/* Reads in a program's file which loader and which libraries it needs. */
#include "shared_memory/preloadable.h"

#include <elf.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SCRIPTS_MAX  4 /* how many #! lines the kernel follows */
#define SEGMENTS_MAX 64
#define ENTRIES_MAX  512
#define PIECE_BYTES  1024u
#define STRINGS_MAX  ((uint64_t)4 << 20)
#define MARK_BYTES   32u /* longer than each mark */
#define HEAD_BYTES   256u

#if defined(__x86_64__)
#define OUR_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OUR_MACHINE EM_AARCH64
#endif

struct mark {
	const char *text;
	const char *why;
};

#define WITH_ASAN                                                              \
	"it is built with AddressSanitizer, whose runtime has to be the "      \
	"first library"
#define WITH_TSAN                                                              \
	"it is built with ThreadSanitizer, which takes what the library "      \
	"does for races of the program"
#define WITH_MSAN                                                              \
	"it is built with MemorySanitizer, which has not seen what the "       \
	"library writes"

/* These begin names of libraries and symbols of programs with a sanitizer. */
static const struct mark sanitizers[] = {
	{"libasan.so", WITH_ASAN},       {"libhwasan.so", WITH_ASAN},
	{"libclang_rt.asan", WITH_ASAN}, {"libclang_rt.hwasan", WITH_ASAN},
	{"__hwasan_init", WITH_ASAN},    {"libtsan.so", WITH_TSAN},
	{"libclang_rt.tsan", WITH_TSAN}, {"__tsan_init", WITH_TSAN},
	{"libclang_rt.msan", WITH_MSAN}, {"__msan_init", WITH_MSAN},
};

static const struct mark loaders[] = {
	{"musl", "it is linked with musl, and this library with glibc"},
	{"uClibc", "it is linked with uClibc, and this library with glibc"},
	{"/system/bin/", "it is linked with bionic, and this library with "
			 "glibc"},
};

static const char *find_mark(const struct mark *marks, size_t count,
			     const char *bytes, size_t length)
{
	for (size_t i = 0; i < count; i++)
		if (memmem(bytes, length, marks[i].text, strlen(marks[i].text)))
			return marks[i].why;
	return NULL;
}

#define FIND(marks, bytes, length)                                             \
	find_mark(marks, sizeof(marks) / sizeof(*(marks)), bytes, length)

const char *clinic_unfit_beside(const char *preloads)
{
	return preloads ? FIND(sanitizers, preloads, strlen(preloads)) : NULL;
}

static bool read_segment(int fd, const Elf64_Ehdr *elf, int at,
			 Elf64_Phdr *segment)
{
	uint64_t offset = elf->e_phoff + (uint64_t)at * elf->e_phentsize;

	return at < elf->e_phnum && at < SEGMENTS_MAX &&
	       pread(fd, segment, sizeof(*segment), (off_t)offset) ==
		       sizeof(*segment);
}

static bool find_segment(int fd, const Elf64_Ehdr *elf, uint32_t type,
			 Elf64_Phdr *segment)
{
	for (int at = 0; read_segment(fd, elf, at, segment); at++)
		if (segment->p_type == type)
			return true;
	return false;
}

/* Finds the offset in the file of an address; false: it is not in the file. */
static bool find_offset(int fd, const Elf64_Ehdr *elf, uint64_t address,
			uint64_t *offset)
{
	Elf64_Phdr segment;

	for (int at = 0; read_segment(fd, elf, at, &segment); at++)
		if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
		    address - segment.p_vaddr < segment.p_filesz) {
			*offset = address - segment.p_vaddr + segment.p_offset;
			return true;
		}
	return false;
}

/* Searches the names of all dynamic libraries and symbols. */
struct strings {
	uint64_t address, bytes;
};

static struct strings find_strings(int fd, const Elf64_Phdr *dynamic)
{
	struct strings strings = {0};
	Elf64_Dyn entry;

	for (uint64_t at = 0; at < ENTRIES_MAX; at++) {
		off_t offset = (off_t)(dynamic->p_offset + at * sizeof(entry));

		if (pread(fd, &entry, sizeof(entry), offset) != sizeof(entry) ||
		    entry.d_tag == DT_NULL)
			break;
		if (entry.d_tag == DT_STRTAB)
			strings.address = entry.d_un.d_ptr;
		if (entry.d_tag == DT_STRSZ)
			strings.bytes = entry.d_un.d_val;
	}
	return strings;
}

static const char *judge_strings(int fd, uint64_t offset, uint64_t bytes)
{
	char piece[PIECE_BYTES];
	const char *why = NULL;

	if (bytes > STRINGS_MAX)
		bytes = STRINGS_MAX;
	/*
	 * Pieces overlap, because a name may begin in one and end in the next.
	 */
	for (uint64_t at = 0; !why && at < bytes;
	     at += PIECE_BYTES - MARK_BYTES) {
		uint64_t most = bytes - at < PIECE_BYTES ? bytes - at
							 : PIECE_BYTES;
		ssize_t got = pread(fd, piece, most, (off_t)(offset + at));

		if (got <= 0)
			break;
		why = FIND(sanitizers, piece, (size_t)got);
	}
	return why;
}

static const char *judge_loader(int fd, const Elf64_Phdr *segment)
{
	char path[HEAD_BYTES];
	ssize_t got = pread(fd, path,
			    segment->p_filesz < HEAD_BYTES ? segment->p_filesz
							   : HEAD_BYTES,
			    (off_t)segment->p_offset);

	return got > 0 ? FIND(loaders, path, (size_t)got) : NULL;
}

static const char *judge_fitness(int fd, const Elf64_Ehdr *elf)
{
	Elf64_Phdr segment;
	struct strings strings;
	const char *why;
	uint64_t offset;

	if (elf->e_ident[EI_CLASS] != ELFCLASS64)
		return "it is a 32-bit program, and this library is not";
	if (elf->e_machine != OUR_MACHINE)
		return "it is a program for another kind of processor";
	/* Without a loader, no library can be loaded. */
	if (!find_segment(fd, elf, PT_INTERP, &segment))
		return NULL;
	why = judge_loader(fd, &segment);
	if (why || !find_segment(fd, elf, PT_DYNAMIC, &segment))
		return why;
	strings = find_strings(fd, &segment);
	return find_offset(fd, elf, strings.address, &offset)
		       ? judge_strings(fd, offset, strings.bytes)
		       : NULL;
}

static bool gains_privileges(int fd)
{
	struct stat status;

	if (fstat(fd, &status))
		return false;
	if ((status.st_mode & S_ISUID && status.st_uid != geteuid()) ||
	    (status.st_mode & S_ISGID && status.st_gid != getegid()))
		return true;
	return geteuid() && fgetxattr(fd, "security.capability", NULL, 0) > 0;
}

static const char *judge_obedience(int fd, const Elf64_Ehdr *elf)
{
	Elf64_Phdr segment;

	if (!find_segment(fd, elf, PT_INTERP, &segment))
		return "it is statically linked: there is no loader to load "
		       "a library, and no call to interpose";
	if (gains_privileges(fd))
		return "it runs with other privileges than yours (setuid, "
		       "setgid or capabilities): the loader ignores "
		       "LD_PRELOAD there";
	return NULL;
}

typedef const char *judge_elf(int fd, const Elf64_Ehdr *elf);

/* The interpreter that a script names in its first line. */
static bool read_interpreter(const char *head, char path[HEAD_BYTES])
{
	const char *name = head + 2 + strspn(head + 2, " \t");
	size_t length = strcspn(name, " \t\n");

	if (strncmp(head, "#!", 2) || !length)
		return false;
	memcpy(path, name, length);
	path[length] = '\0';
	return true;
}

/*
 * Returns true if the program is a script; `path` is then its interpreter,
 * which is examined instead.
 */
static bool judge_file(char path[HEAD_BYTES], const char *name,
		       judge_elf *judge, const char **why)
{
	union {
		Elf64_Ehdr elf;
		char text[HEAD_BYTES];
	} head;
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool is_elf;

	*why = NULL;
	if (fd < 0)
		return false;
	memset(&head, 0, sizeof(head));
	(void)!pread(fd, &head, sizeof(head) - 1, 0);
	is_elf = !memcmp(head.elf.e_ident, ELFMAG, SELFMAG);
	if (is_elf)
		*why = judge(fd, &head.elf);
	close(fd);
	return !is_elf && read_interpreter(head.text, path);
}

static const char *judge_path(const char *path, judge_elf *judge)
{
	char interpreter[HEAD_BYTES];
	const char *why, *at = path;

	for (int i = 0; i < SCRIPTS_MAX; i++, at = interpreter)
		if (!judge_file(interpreter, at, judge, &why))
			return why;
	return NULL;
}

const char *clinic_unfit_for_preload(const char *path)
{
	return judge_path(path, judge_fitness);
}

const char *clinic_ignores_preload(const char *path)
{
	return judge_path(path, judge_obedience);
}

static bool join(char path[PATH_MAX], const char *folder, size_t length,
		 const char *name)
{
	size_t rest = strlen(name) + 1;

	if (length + 1 + rest > PATH_MAX)
		return false;
	memcpy(path, folder, length);
	path[length] = '/';
	memcpy(path + length + 1, name, rest);
	return true;
}

bool clinic_find_program(const char *name, char path[PATH_MAX])
{
	const char *folders = getenv("PATH");

	if (!folders)
		folders = "/bin:/usr/bin";
	if (strchr(name, '/')) {
		if (strlen(name) >= PATH_MAX)
			return false;
		strcpy(path, name);
		return true;
	}
	while (*folders) {
		size_t length = strcspn(folders, ":");

		/* An empty folder is the working folder. */
		if (join(path, length ? folders : ".", length ? length : 1,
			 name) &&
		    access(path, X_OK) == 0)
			return true;
		folders += length + (folders[length] == ':');
	}
	return false;
}
