#!/bin/sh
# Plants a profile without link-time optimisation, so that each source file is a unit of its own.
. hardening/gates/planted.sh
sed -i 's/ -flto=auto -flto-partition=one//' profiler/release.mk
must_be_red "a build without link-time optimisation"
all_red
