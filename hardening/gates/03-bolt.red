#!/bin/sh
# Plants what BOLT does not report: a strip behind it, pages of two megabytes, and a hot function that no run was counted in.
. hardening/gates/planted.sh
sed -i 's/ -flto=auto -flto-partition=one//' profiler/release.mk
sed -i 's/^    first = made.read_bytes()$/    run(["strip", made])\n    check(program, made)\n&/' hardening/gates/03-bolt
must_be_red "a strip after BOLT" "clinic.bolt "
restore hardening/gates/03-bolt
sed -i 's/, "-no-huge-pages")/)/' hardening/gates/03-bolt
must_be_red "pages of two megabytes" "bytes more than what is loaded of clinic"
restore hardening/gates/03-bolt
sed -i 's/^    train(instrumented)$/    run([instrumented, "--help"])/' hardening/gates/03-bolt
must_be_red "a training that does not run the hot functions" "BOLT has skipped the hot functions"
all_red
