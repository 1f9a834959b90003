#!/bin/sh
# Plants a table of a megabyte.
. hardening/gates/planted.sh
printf '%s\n' '/* A table that nobody needs. */' 'extern const unsigned char clinic_planted_table[1 << 20];' \
	'__attribute__((used)) const unsigned char clinic_planted_table[1 << 20] = {1};' >profiler/cli/planted.c
must_be_red "a table of a megabyte"
all_red
