#!/bin/sh
# describe_abi.sh LIBRARY FOLDER - write every name that LIBRARY exports to FOLDER/symbols.txt, and the types of its public functions to
# FOLDER/libclinic-preload.abi.
#
# The hooks have the names and types of libc's functions. Their types belong to libc and may change with it, so only their names are listed.
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
