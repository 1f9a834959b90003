#!/bin/sh
# Plants the time of the build in the program.
. hardening/gates/planted.sh
# The program is built without optimisation, which does not matter here and takes a third of the time.
sed -i 's/-O2 -g/-O0/' profiler/profiler.mk
sed -i 's/ -flto=auto -flto-partition=one//; s/ -Werror=date-time//' profiler/release.mk
sed -i 's/^#define CLINIC_VERSION ".*"/& __DATE__ __TIME__/' profiler/include/clinic/version.h
must_be_red "the time of the build in the program" "the files that were built here differ from the published ones"
all_red
