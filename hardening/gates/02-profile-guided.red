#!/bin/sh
# Plants a training that does not run, counts of another source, and an optimised build that answers otherwise.
. hardening/gates/planted.sh
# How well the program is optimised is not the question here, and this takes a third of the time.
sed -i 's/-O2 -g/-O0 -g/' profiler/profiler.mk
sed -i 's/ -flto=auto -flto-partition=one//' profiler/release.mk

sed -i 's/^    train_clinic(.*/    pass/' hardening/gates/02-profile-guided
must_be_red "a training that does not run" "no counts of .* sources of clinic"
restore hardening/gates/02-profile-guided
sed -i 's/^GUIDE_use := /&-DPLANTED=1 /' profiler/release.mk
sed -i 's/^\tset_refusals(report, root);$/#ifdef PLANTED\n\tif (root)\n#endif\n&/' profiler/cli/report_json.c
must_be_red "counts of another source" "does not match its profile data"
restore profiler/cli/report_json.c
sed -i 's/(root, "schema", 1);/(root, "schema", 1 + PLANTED);/; s/^#include <errno.h>/&\n#ifndef PLANTED\n#define PLANTED 0\n#endif/' profiler/cli/report_json.c
must_be_red "an optimised build that answers otherwise" "gives another answer"
all_red
