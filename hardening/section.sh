#!/bin/sh
# section.sh TIMES NAME COMMAND... - run a section of the checks, and append to
# the file TIMES how long it took and how many tests passed and failed.
# section.sh TIMES - print the file and the sum; exit code 1 if a section failed.
set -u
times=$1

if [ $# = 1 ]; then
	awk -F'\t' '
	{
		printf "%6d s  %-28s %s\n", $1, $2, $3 + $4 ? $3 " passed, " $4 " failed" : ""
		seconds += $1; passed += $3; failed += $4
	}
	END {
		printf "%6d s  together\n%d passed, %d failed\n", seconds, passed, failed
		exit failed > 0
	}' "$times"
	exit
fi

name=$2
shift 2
out=$(mktemp)
trap 'rm -f "$out"' EXIT
started=$(date +%s)
{
	"$@" 2>&1
	echo $? >"$out.code"
} | tee "$out"
code=$(cat "$out.code")
rm -f "$out.code"
mkdir -p "$(dirname "$times")"
# A section that failed without printing a number of failed tests counts as one.
awk -v name="$name" -v code="$code" -v seconds=$(($(date +%s) - started)) '
	/^[0-9]+ passed, [0-9]+ failed/ {passed = $1; failed = $3}
	END {
		if (code && !failed)
			failed = 1
		printf "%d\t%s\t%d\t%d\n", seconds, name, passed, failed
	}' "$out" >>"$times"
exit "$code"
