#!/bin/sh
# Plants one fault for each tool, all at once: text without room, a block that is lost, a shift that overflows, and a number that is read unwritten.
built=$PWD/build
. hardening/gates/planted.sh
# What is compiled from the same sources is compiled once. The tests of these rooms suffice.
mkdir build
for kept in obj lib bin tests victims fuzz san-address machines/memory compiled_with; do
	mkdir -p "build/$(dirname $kept)"
	[ ! -e "$built/$kept" ] || cp -r "$built/$kept" build/$kept
done
git ls-files '*_test.c' | grep -vE '^profiler/(session|formats|unwind)/' | xargs rm

sed -i 's/clinic_grow_by(text, json->text_length, 2,/clinic_grow_by(text, 0, 2,/' profiler/session/json_pull.c
sed -i '/^\tfree(in->known);$/d' profiler/formats/perf_script.c
sed -i 's/return (int64_t)(read_unsigned(r, size) << unused_bits) >> unused_bits;/return (int64_t)read_unsigned(r, size) << unused_bits >> unused_bits;/
	/^static inline uint64_t read_unsigned/,/^}/s/value = 0;/value;\n\n\tmemset(\&value, 0, bytes ? 0 : sizeof(value));/' profiler/foundation/byte_reader.h

must_be_red "a fault for each tool"
found "ASan: text for which there is no room" 'AddressSanitizer: heap-buffer-overflow'
found "LeakSanitizer: a block that is lost" 'AddressSanitizer: [0-9]+ byte\(s\) leaked'
found "UBSan: a shift that overflows" 'runtime error: left shift'
found "MSan: a number that is read before it is written" 'MemorySanitizer: use-of-uninitialized-value'
found "valgrind: text for which there is no room" 'build/fuzz/session_replay ends with 9'
found "valgrind: a block that is lost" 'are definitely lost'
found "Frama-C: a number that is read before it is written" 'bytes_proof\.c: Frama-C has raised an alarm'
all_red
