#!/bin/sh
# Plants the moment of the build in the program.
. hardening/gates/planted.sh
sed -i 's/-O2 -g/-O0/' profiler/profiler.mk
sed -i "s/ -flto=auto -flto-partition=one//; s/^HARDENED := .*/HARDENED := -DBUILT_AT='\"\$(shell date +%s)\"' \\\\/" profiler/release.mk
sed -i 's/"0.1.0"/"0.1.0 " BUILT_AT/' profiler/include/clinic/version.h
must_be_red "the moment of the build in the program" "what was built here is not what was published"
all_red
