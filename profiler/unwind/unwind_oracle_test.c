/*
 * Compares the unwinder with that of libdw, on programs that we have not
 * written.
 *
 * Each program is stopped at random points and single-stepped from there, so
 * that prologues, epilogues, PLT entries, the start of the dynamic linker and
 * signal handlers are reached; both must find the same stack. There are two
 * exceptions: libdw_loses_frame() and libdw_guesses().
 *
 *	CLINIC_ORACLE_STOPS=n  stops per program (15)
 *	CLINIC_ORACLE_SEED=n   seed of the delays (1); where a program is
 *	                       stopped varies nevertheless
 */
#include <elfutils/libdwfl.h>
#include <inttypes.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unwind/address_space.h"
#include "unwind/libdw_attach.h"
#include "unwind/stopped_program.h"
#include "unwind/unwind.h"
#include "unwind/unwind_row.h"
#include "unwind/unwind_table.h"

enum {
	FRAMES_MAX = 4096,
	STEPS_PER_STOP = 15,
	DELAY_BITS_MAX = 22 /* 4 ms */
};

struct frames {
	uint64_t at[FRAMES_MAX];
	size_t count;
};

/* A program whose stacks are compared. */
struct subject {
	struct stopped_program program;
	struct clinic_modules *modules;
	struct clinic_unwinder unwinder;
	size_t stacks_count, equal_count, libdw_short_count, libdw_guess_count;
};

static unsigned int from_environment(const char *name, unsigned int otherwise)
{
	const char *text = getenv(name);

	return text ? (unsigned int)strtoul(text, NULL, 10) : otherwise;
}

static const struct clinic_unwind_row *row_at(const struct clinic_space *space,
					      uint64_t address)
{
	static const struct clinic_unwind_row none;
	struct clinic_code code;

	if (clinic_space_code(space, address, &code) < 0 || !code.table)
		return &none;
	return clinic_unwind_table_find(code.table, code.elf_address);
}

/*
 * For libdw 0.188, register 0 and not rbx is among those that functions
 * preserve (backends/x86_64_cfi.c). So it cannot leave the few frames that are
 * found by rbx: those of the dynamic linker when it binds a symbol.
 */
static bool libdw_loses_frame(const struct clinic_space *space,
			      const struct frames *theirs)
{
	return theirs->count > 0 &&
	       row_at(space, theirs->at[theirs->count - 1])->cfa_register ==
		       CLINIC_REGISTER_SPARE;
}

static void walk_ours(struct subject *p, const struct clinic_space *space,
		      struct frames *frames, struct clinic_unwound *out)
{
	struct clinic_unwind_moment at;

	*out = (struct clinic_unwound){.frames = frames->at,
				       .frames_max = FRAMES_MAX};
	stopped_program_look(&p->program);
	at = stopped_program_moment(&p->program);
	clinic_unwind(&p->unwinder, space, &at, out);
	frames->count = out->frames_count;
}

static int add_frame(Dwfl_Frame *state, void *context)
{
	struct frames *frames = context;
	bool is_exact = false;
	Dwarf_Addr pc;

	if (frames->count == FRAMES_MAX ||
	    !dwfl_frame_pc(state, &pc, &is_exact))
		return DWARF_CB_ABORT;
	frames->at[frames->count++] = is_exact ? pc : pc - 1;
	return DWARF_CB_OK;
}

/* After an error, the frames end where it occurred, and are compared. */
static void walk_libdw(Dwfl *dwfl, pid_t pid, struct frames *frames)
{
	frames->count = 0;
	(void)dwfl_getthread_frames(dwfl, pid, add_frame, frames);
}

static bool libdw_has_rule(Dwfl *dwfl, uint64_t address)
{
	Dwfl_Module *module = dwfl_addrmodule(dwfl, address);
	Dwarf_Addr bias;
	Dwarf_CFI *cfi = module ? dwfl_module_eh_cfi(module, &bias) : NULL;
	Dwarf_Frame *frame = NULL;
	bool has_rule = cfi &&
			dwarf_cfi_addrframe(cfi, address - bias, &frame) == 0;

	free(frame);
	return has_rule;
}

/* .init, .fini and the code of crtbegin.o, for example, have no information. */
static bool libdw_guesses(Dwfl *dwfl, const struct frames *frames)
{
	for (size_t i = 0; i < frames->count; i++)
		if (!libdw_has_rule(dwfl, frames->at[i]))
			return true;
	return frames->count == 0;
}

static void print_frames(const char *whose, const struct frames *frames)
{
	print_message("#   %s:", whose);
	for (size_t i = 0; i < frames->count; i++)
		print_message(" %" PRIx64, frames->at[i]);
	print_message("\n");
}

static bool has_prefix(const struct frames *frames, const struct frames *prefix)
{
	return frames->count >= prefix->count &&
	       memcmp(frames->at, prefix->at,
		      prefix->count * sizeof(prefix->at[0])) == 0;
}

static void compare(struct subject *p)
{
	static struct frames ours, theirs;
	struct clinic_unwound out;
	struct clinic_space *space;
	bool is_right;
	Dwfl *dwfl = libdw_attach(p->program.pid);

	assert_int_equal(clinic_space_new(p->modules, p->program.pid, &space),
			 0);
	assert_int_equal(clinic_space_read_maps(space), 0);
	walk_ours(p, space, &ours, &out);
	walk_libdw(dwfl, p->program.pid, &theirs);
	is_right = out.truth == CLINIC_UNWIND_COMPLETE &&
		   has_prefix(&ours, &theirs);
	p->stacks_count++;
	if (is_right && ours.count == theirs.count) {
		p->equal_count++;
	} else if (is_right && libdw_loses_frame(space, &theirs)) {
		p->libdw_short_count++;
	} else if (out.truth != CLINIC_UNWIND_TRUNCATED &&
		   libdw_guesses(dwfl, &theirs)) {
		p->libdw_guess_count++;
	} else {
		print_message("# %s: ended by %s\n", p->program.argv[0],
			      clinic_unwind_end_name(out.end));
		print_frames("ours ", &ours);
		print_frames("libdw", &theirs);
	}
	clinic_space_free(space);
	dwfl_end(dwfl);
}

/*
 * Short delays are as likely as long ones, because the start of programs
 * matters, too.
 */
static long random_delay_ns(void)
{
	return random() % (1L << random() % DELAY_BITS_MAX);
}

static void examine(const char *const argv[])
{
	unsigned int stops = from_environment("CLINIC_ORACLE_STOPS", 15);
	struct subject *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	if (!stopped_program_is_installed(argv[0])) {
		free(p);
		print_message("# %s is not installed\n", argv[0]);
		skip();
	}
	srandom(from_environment("CLINIC_ORACLE_SEED", 1));
	p->program.argv = argv;
	assert_int_equal(clinic_modules_new(&p->modules), 0);
	for (unsigned int i = 0; i < stops; i++) {
		if (!stopped_program_run(&p->program, random_delay_ns()))
			continue;
		compare(p);
		for (int n = 0;
		     n < STEPS_PER_STOP && stopped_program_step(&p->program);
		     n++)
			compare(p);
	}
	stopped_program_end(&p->program);
	print_message("# %s: %zu stacks, %zu equal, in %zu libdw loses rbx, in "
		      "%zu it guesses; started %zu times\n",
		      argv[0], p->stacks_count, p->equal_count,
		      p->libdw_short_count, p->libdw_guess_count,
		      p->program.starts_count);
	assert_true(p->equal_count > stops / 2);
	assert_int_equal(p->stacks_count, p->equal_count +
						  p->libdw_short_count +
						  p->libdw_guess_count);
	clinic_modules_free(p->modules);
	free(p);
}

static void agrees_in_sqlite(void **state)
{
	(void)state;
	examine((const char *const[]){
		"sqlite3", ":memory:",
		"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1"
		" FROM c LIMIT 100000000) SELECT sum(x%7) FROM c"
		" WHERE printf('%d', x) LIKE '%3%'",
		NULL});
}

static void agrees_in_jq(void **state)
{
	(void)state;
	examine((const char *const[]){
		"jq", "-n",
		"reduce range(100000000) as $i ({}; .[$i % 9 |"
		" tostring] += $i)",
		NULL});
}

static void agrees_in_lua(void **state)
{
	(void)state;
	examine((const char *const[]){
		"lua5.4", "-e",
		"local function f(n) return n < 2 and n or f(n - 1) +"
		" f(n - 2) end while true do table.sort({3, f(9), 1},"
		" function(a, b) return a < b end) end",
		NULL});
}

static void agrees_in_python(void **state)
{
	(void)state;
	examine((const char *const[]){
		"/usr/bin/python3", "-c",
		"import re, json\n"
		"while True: json.loads(json.dumps(sorted(re.findall("
		"'(a|b)+', 'abcab' * 9), key=lambda x: x)))",
		NULL});
}

static void agrees_in_perl(void **state)
{
	(void)state;
	examine((const char *const[]){
		"perl", "-e",
		"sub f { my $n = shift; $n < 2 ? $n : f($n - 1) + "
		"f($n - 2) } while (1) { f(9); join ',', sort map { "
		"s/1/22/r } 1 .. 99 }",
		NULL});
}

static void agrees_in_a_compiler(void **state)
{
	char cc1[512] = "";
	FILE *pipe = popen("gcc -print-prog-name=cc1", "r");

	(void)state;
	assert_non_null(pipe);
	assert_non_null(fgets(cc1, sizeof(cc1), pipe));
	pclose(pipe);
	cc1[strcspn(cc1, "\n")] = '\0';
	examine((const char *const[]){cc1, "-quiet", "-O2", "-D_GNU_SOURCE",
				      "-Iprofiler", "profiler/unwind/cfi_run.c",
				      "-o", "/dev/null", NULL});
}

/*
 * Our own programs are stripped and have no frame pointers. The source of each
 * says what it does.
 */
static void agrees_in_deep_recursion(void **state)
{
	(void)state;
	examine((const char *const[]){"build/victims/unwind_deep", NULL});
}

static void agrees_in_signal_handlers(void **state)
{
	(void)state;
	examine((const char *const[]){"build/victims/unwind_signals", NULL});
}

static void agrees_in_plt_entries(void **state)
{
	(void)state;
	examine((const char *const[]){"build/victims/unwind_plt", NULL});
}

static void agrees_after_calls_that_never_return(void **state)
{
	(void)state;
	examine((const char *const[]){"build/victims/unwind_noreturn", NULL});
}

static void agrees_in_a_plugin(void **state)
{
	(void)state;
	examine((const char *const[]){"build/victims/unwind_plugin", NULL});
}

static void agrees_in_realigned_frames(void **state)
{
	(void)state;
	examine((const char *const[]){"build/victims/unwind_realign", NULL});
}

static void agrees_by_debug_frame_alone(void **state)
{
	(void)state;
	examine((const char *const[]){"build/victims/unwind_debug_frame",
				      NULL});
}

/* A killed compiler leaves its temporary files. */
static void agrees_in_short_processes(void **state)
{
	const char *place = getenv("TMPDIR");
	char folder[PATH_MAX], command[PATH_MAX + 16];

	(void)state;
	snprintf(folder, sizeof(folder), "%s/unwind_oracle_test.XXXXXX",
		 place ? place : "/tmp");
	assert_non_null(mkdtemp(folder));
	examine((const char *const[]){"sort", "-T", folder, "/proc/self/maps",
				      NULL});
	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_in_sqlite),          /* slow */
		cmocka_unit_test(agrees_in_jq),              /* slow */
		cmocka_unit_test(agrees_in_lua),             /* slow */
		cmocka_unit_test(agrees_in_python),          /* slow */
		cmocka_unit_test(agrees_in_perl),            /* slow */
		cmocka_unit_test(agrees_in_a_compiler),      /* slow */
		cmocka_unit_test(agrees_in_short_processes), /* slow */
		cmocka_unit_test(agrees_in_deep_recursion),  /* slow */
		cmocka_unit_test(agrees_in_signal_handlers), /* slow */
		cmocka_unit_test(agrees_in_plt_entries),     /* slow */
		cmocka_unit_test(
			agrees_after_calls_that_never_return), /* slow */
		cmocka_unit_test(agrees_in_a_plugin),          /* slow */
		cmocka_unit_test(agrees_in_realigned_frames),  /* slow */
		cmocka_unit_test(agrees_by_debug_frame_alone), /* slow */
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
