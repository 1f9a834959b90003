#!/bin/sh
# Plants a sampler that commits a record without release order, and a collector that gives room back without release order.
. hardening/gates/planted.sh
sed -i '/&record->kind, kind, memory_order_release/s/release/relaxed/' profiler/preload/timer/timer_write.c
must_be_red "a record that is committed without release order" "DATA RACE"
restore profiler/preload/timer/timer_write.c
perl -0pi -e 's/(&program->head->tail, program->tail,\s*memory_order_)release/$1relaxed/' profiler/sources/timer_program.c
must_be_red "room that is given back without release order" "DATA RACE"
all_red
