#!/bin/sh
# setup.sh GROUP... - install what packages.txt lists and this machine lacks.
#
# Silent and instant when nothing is missing. NO_INSTALL=1 installs nothing
# and says what is missing. Exit 4: the environment is not fit, and why.
set -u
list=$(dirname "$0")/packages.txt
groups=" ${*:-run} "
wanted=$(awk -v groups="$groups" \
	'!/^#/ && NF && index(groups, " " $2 " ") {print $1}' "$list")

if ! command -v dpkg-query >/dev/null 2>&1; then
	for tool in gcc make pkg-config hyperfine perf heaptrack valgrind \
		gdb objdump; do
		command -v "$tool" >/dev/null 2>&1 || lacking="${lacking-} $tool"
	done
	[ -z "${lacking-}" ] && exit 0
	echo "setup: not a Debian system; install these tools by hand:$lacking" >&2
	echo "setup: Debian's names for all that is needed:" $wanted >&2
	exit 4
fi

# One query for all packages; a loop would take seconds.
have=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' 2>/dev/null |
	awk '$1 == "ii" {print $2}')
missing=$(printf '%s\n' "$wanted" | awk -v have="$have" '
	BEGIN {n = split(have, a, "\n"); for (i = 1; i <= n; i++) in_[a[i]] = 1}
	!($1 in in_) {print $1}')
[ -z "$missing" ] && exit 0
missing=$(echo $missing)

if [ "${NO_INSTALL-}" = 1 ]; then
	echo "setup: missing packages, and NO_INSTALL=1 forbids installing: $missing" >&2
	exit 4
fi
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
echo "setup: installing $missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
if { $sudo apt-get -q update &&
	$sudo apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $missing; } \
	>"$log" 2>&1; then
	exit 0
fi
tail -n 5 "$log" >&2
echo "setup: could not install (no network, or no right to): $missing" >&2
exit 4
