#!/bin/sh
# Plants a sampler that commits a record without a release, and a collector that hands room back without one.
. hardening/gates/planted.sh
sed -i '/&record->kind, kind, memory_order_release/s/release/relaxed/' profiler/preload/timer/timer_write.c
must_be_red "a record that is committed without a release" "DATA RACE"
restore profiler/preload/timer/timer_write.c
perl -0pi -e 's/(&program->head->tail, program->tail,\s*memory_order_)release/$1relaxed/' profiler/sources/timer_program.c
must_be_red "room that is handed back without a release" "DATA RACE"
all_red
