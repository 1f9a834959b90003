/* Finds the bounds of a thread's stack without the C library's locks. */
#include "preload/stack/thread_stack.h"
#include "preload/confinement.h"
#include "preload/raw_calls.h"
#include <stdbool.h>
#include <sys/resource.h>

/* The buffer is small, because some threads have a stack of 16 KiB. */
#define LISTING_BYTES 512u

/* A variable of the dynamic linker: the first thread's first stack pointer. */
extern void *__libc_stack_end;

static struct thread_stack first;
static __thread struct thread_stack own;

/* The first thread's stack grows on demand, up to a limit. */
void thread_stack_open(void)
{
	struct rlimit limit;

	first.high = (uint64_t)__libc_stack_end;
	if (getrlimit(RLIMIT_STACK, &limit) || limit.rlim_cur > first.high / 2)
		limit.rlim_cur = (rlim_t)1 << 30;
	first.low = first.high - limit.rlim_cur;
}

void thread_stack_begin(struct thread_stack stack)
{
	own = stack;
}

static bool is_within(const struct thread_stack *stack, uint64_t here)
{
	return here >= stack->low && here < stack->high;
}

/* The part of a line "low-high rest of the line" that has been read so far. */
struct line {
	uint64_t numbers[2];
	unsigned fields_count; /* of complete numbers */
};

static int digit_of(char character)
{
	if (character >= '0' && character <= '9')
		return character - '0';
	return character >= 'a' && character <= 'f' ? character - 'a' + 10 : -1;
}

/* Returns true at the end of a line whose range contains the address. */
static bool take_character(struct line *line, char character, uint64_t here)
{
	struct thread_stack range = {line->numbers[0], line->numbers[1]};
	int digit = digit_of(character);

	if (character == '\n') {
		*line = (struct line){0};
		return is_within(&range, here);
	}
	if (line->fields_count < 2 && digit < 0)
		line->fields_count++;
	else if (line->fields_count < 2)
		line->numbers[line->fields_count] =
			line->numbers[line->fields_count] << 4 |
			(uint64_t)digit;
	return false;
}

static struct thread_stack search(int fd, uint64_t here)
{
	char text[LISTING_BYTES];
	struct line line = {0};
	ssize_t got;

	while ((got = raw_read(fd, text, sizeof(text))) > 0)
		for (ssize_t i = 0; i < got; i++) {
			struct thread_stack range = {line.numbers[0],
						     line.numbers[1]};

			if (take_character(&line, text[i], here))
				return range;
		}
	return (struct thread_stack){0};
}

/*
 * This is for a thread that our hook of pthread_create has not seen, for
 * example one that the C library itself starts. The thread's descriptor lies
 * above all its frames, in the same mapping.
 */
static struct thread_stack read_listing(uint64_t here)
{
	uint64_t descriptor = (uint64_t)__builtin_thread_pointer();
	struct thread_stack found;
	int fd;

	if (confinement.is_filtered)
		return (struct thread_stack){0};
	fd = raw_open("/proc/self/maps", O_RDONLY, 0);
	if (fd < 0)
		return (struct thread_stack){0};
	found = search(fd, here);
	raw_close(fd);
	/* Without the descriptor it is a stack that the program has made. */
	if (!is_within(&found, descriptor))
		return (struct thread_stack){0};
	found.high = descriptor;
	return found;
}

struct thread_stack thread_stack_around(uint64_t here)
{
	if (is_within(&first, here))
		return first;
	if (!own.high)
		own = read_listing(here);
	return own;
}
