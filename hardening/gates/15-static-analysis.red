#!/bin/sh
# Plants one fault for each analyser, all at once, and an exception without a reason. The gate must fail, and each analyser must name its fault.
static=$PWD/build/static
. hardening/gates/planted.sh
# What is as before was analysed when the gate was run on the tree itself.
mkdir -p build/static
for kept in "$static/clean" "$static/mypy"; do
	[ ! -d "$kept" ] || cp -r "$kept" build/static
done

# plant FILE: writes a C file, whose text comes from the standard input.
plant() {
	{ echo "/* Does wrong on purpose. */"; cat; } >"$1"
}

plant profiler/foundation/planted_gcc.c <<'END'
extern int planted_gcc(unsigned count);
int planted_gcc(unsigned count)
{
	return count;
}
END
plant profiler/foundation/planted_fanalyzer.c <<'END'
#include <stdlib.h>
extern void planted_fanalyzer(void *block);
void planted_fanalyzer(void *block)
{
	free(block);
	free(block);
}
END
plant profiler/foundation/planted_clang.c <<'END'
extern int planted_clang(int value);
int planted_clang(int value)
{
	return value;
	value++;
}
END
plant profiler/foundation/planted_analyser.c <<'END'
extern int planted_analyser(int value);
int planted_analyser(int value)
{
	int divisor = value;

	if (divisor)
		return 1;
	return 100 / divisor;
}
END
plant profiler/foundation/planted_tidy.c <<'END'
#define PLANTED_TWICE(value) value * 2
extern int planted_tidy(int value);
int planted_tidy(int value)
{
	return PLANTED_TWICE(value);
}
END
plant profiler/foundation/planted_cppcheck.c <<'END'
extern int planted_cppcheck(void);
int planted_cppcheck(void)
{
	static const int numbers[4] = {1, 2, 3, 4};

	return numbers[4];
}
END
cat >scripts/planted_shell.sh <<'END'
#!/bin/sh
rm -r $1
END
printf '"""planted_flake8.py - does wrong on purpose."""\nimport os\n' >scripts/labkit/planted_flake8.py
printf '"""planted_mypy.py - does wrong on purpose."""\ncount: int = "text"\n' >scripts/labkit/planted_mypy.py
printf '"""planted_exception.py - does wrong on purpose."""\nimport os  # no%s\n' qa >scripts/labkit/planted_exception.py

must_be_red "a fault for each analyser" "an analyser has found something"
found "gcc: a sign that is lost" 'planted_gcc\.c.*sign-conversion'
found "gcc -fanalyzer: a block that is freed twice" 'planted_fanalyzer\.c.*analyzer-double-free'
found "clang: a line that is never reached" 'planted_clang\.c.*clang-diagnostic-unreachable-code'
found "clang's analyser: a division by zero" 'planted_analyser\.c.*clang-analyzer-core\.DivideZero'
found "clang-tidy: a macro without parentheses" 'planted_tidy\.c.*bugprone-macro-parentheses'
found "cppcheck: an index behind an array" 'planted_cppcheck\.c.*arrayIndexOutOfBounds'
found "shellcheck: a variable that is split" 'In scripts/planted_shell\.sh line'
found "flake8: an import that is not used" 'planted_flake8\.py.*F401'
found "mypy: a text where a number belongs" 'planted_mypy\.py.*Incompatible types'
found "an exception without a reason" 'planted_exception\.py.*import os'
all_red
