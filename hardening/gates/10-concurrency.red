#!/bin/sh
# Plants weaker orders in the timer ring and in the arena, missing steps in how threads share counters and in how counts are drained and dumped, and a race.
. hardening/gates/planted.sh
preload=profiler/preload sources=profiler/sources
sed -i '/&record->kind, kind, memory_order_release/s/release/relaxed/' $preload/timer/timer_write.c
must_be_red "a record that is committed without release order" "timer ring.*DATA RACE"
restore $preload/timer/timer_write.c
perl -0pi -e 's/(&program->head->tail, program->tail,\s*memory_order_)release/$1relaxed/' $sources/timer_program.c
must_be_red "room that is given back without release order" "timer ring.*DATA RACE"
restore $sources/timer_program.c
sed -i 's/&block->kind, kind, __ATOMIC_RELEASE/\&block->kind, kind, __ATOMIC_RELAXED/' $preload/arena.c
must_be_red "a block of the arena that is shown without release order" "arena growth.*DATA RACE"
restore $preload/arena.c
perl -0pi -e 's/__atomic_compare_exchange_n\(&block->tid, &tid, self, false,\s*__ATOMIC_ACQUIRE,\s*__ATOMIC_RELAXED\)/(block->tid = self)/' $preload/thread_counts.c
must_be_red "counters of an ended thread that two threads may take over" "thread shards.*DATA RACE"
restore $preload/thread_counts.c
sed -i '/define CLINIC_ARENA_LOOKS/s/3/2/' $sources/arena_changes.h
must_be_red "a drain that looks at what was touched only twice" "arena drain.*assertion violated"
restore $sources/arena_changes.h
sed -i '/atomic_store(&is_written, false)/d' $preload/lifecycle.c
must_be_red "a forked child that does not dump its counts" "dump and clear.*assertion violated"
restore $preload/lifecycle.c
sed -i 's/there = atomic_load(slot)/there = atomic_load_explicit(slot, memory_order_relaxed)/' $preload/stack/call_sites.c
must_be_red "a call site that is read without acquire order" "ThreadSanitizer: data race"
all_red
