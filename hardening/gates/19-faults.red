#!/bin/sh
# Plants a lab that does not heed SIGTERM, and an output file whose draft stays when the disk refuses it.
. hardening/gates/planted.sh
export FAULTS="lab: SIGTERM in baseline"
sed -i 's/for number in (signal.SIGTERM, signal.SIGHUP):/for number in (signal.SIGHUP,):/' scripts/lab
must_be_red "a lab that SIGTERM ends at once" "^fail .*SIGTERM in baseline"
restore scripts/lab
export FAULTS="record: disk full in saving (alloc)"
sed -i 's/if (error && \*place->draft)/if (0)/' profiler/foundation/output_place.c
must_be_red "a draft that stays where the disk is full" "^fail .*part is left behind"
all_red
