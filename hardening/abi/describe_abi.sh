#!/bin/sh
# describe_abi.sh LIBRARY FOLDER - FOLDER/symbols.txt: every name that LIBRARY exports; FOLDER/libclinic-preload.abi: types of the public functions.
#
# The hooks carry libc's names and types, and what libc's are is not ours to keep; of them the names alone are described.
set -eu
readelf -SW "$1" | grep -q '\.debug_info' || { echo "$1 has no debug information, without which types cannot be compared" >&2; exit 1; }
nm -D --defined-only "$1" | awk '{print $3}' | LC_ALL=C sort >"$2/symbols.txt"
{
	echo '[public_whitelist]'
	sed -n 's/^clinic_/  &/p' "$2/symbols.txt"
} >"$2/public.ini"
abidw --kmi-whitelist "$2/public.ini" --headers-dir profiler/include --exported-interfaces-only --drop-private-types --no-show-locs \
	--no-corpus-path --no-comp-dir-path --type-id-style hash "$1" >"$2/libclinic-preload.abi"
rm "$2/public.ini"
