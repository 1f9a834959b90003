#!/bin/sh
# Plants a profile that is not optimised as a whole: its units are those of the sources.
. hardening/gates/planted.sh
sed -i 's/ -flto=auto -flto-partition=one//' profiler/release.mk
must_be_red "a build without link-time optimisation"
all_red
