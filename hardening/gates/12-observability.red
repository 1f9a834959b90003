#!/bin/sh
# Plants a probe that is documented and gone, a metric without help, a lock that a hook holds on to, and phases that are not traced.
PATH="$PWD/build/gates/prometheus/usr/bin:$PATH"
. hardening/gates/planted.sh
# How well the program is optimised is not the question here, and this takes a third of the time.
sed -i 's/ -flto=auto -flto-partition=one//' profiler/release.mk

sed -i '/DTRACE_PROBE1(clinic, drain_end, err);/d' profiler/collect/recording.c
must_be_red "a probe that is gone" "documented and not the same.* clinic:drain_end"
restore profiler/collect/recording.c
sed -i 's/"# HELP " PREFIX/"# HELL " PREFIX/' profiler/formats/gauge_text.c
must_be_red "metrics without help" "no help text"
restore profiler/formats/gauge_text.c
sed -i '/^static inline int count_try/,/^}/s/^{$/{\n\tstatic int count;\n\n\tif (!count++)\n\t\tsleep(20);/; s/^#include <errno.h>/&\n#include <unistd.h>/' profiler/preload/lock/lock_hooks.c
must_be_red "a hook that holds on to a lock" "a lock is held for .* ms under drd"
restore profiler/preload/lock/lock_hooks.c
sed -i 's/with span(PHASE, name):/if True:/' scripts/labkit/audit/flow.py
must_be_red "phases that are not traced" "phases that are not in the trace of an audit: .*profile"
all_red
