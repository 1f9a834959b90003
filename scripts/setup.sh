#!/bin/sh
# setup.sh GROUP... - install the packages of packages.txt that this machine lacks.
#
# It is silent and fast when nothing is missing. With NO_INSTALL=1 it installs
# nothing and lists what is missing. Exit code 4: packages are missing; it prints why.
set -u
list=$(dirname "$0")/packages.txt
groups=" ${*:-run} "
wanted=$(awk -v groups="$groups" \
	'!/^#/ && NF && index(groups, " " $2 " ") {print $1}' "$list")

fail() {
	echo "setup: $*" >&2
	exit 4
}

if ! command -v dpkg-query >/dev/null 2>&1; then
	for tool in gcc make pkg-config hyperfine perf heaptrack valgrind \
		gdb objdump; do
		command -v "$tool" >/dev/null 2>&1 || lacking="${lacking-} $tool"
	done
	[ -z "${lacking-}" ] && exit 0
	echo "setup: this is not a Debian system; install these tools by hand:$lacking" >&2
	fail "the names of all required packages in Debian are: $(echo "$wanted" | paste -sd' ')"
fi

# One query for all packages is fast; a loop would take seconds. Of a name with
# alternatives, A|B, any one suffices.
have=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' 2>/dev/null |
	awk '$1 == "ii" {print $2}')
missing=$(printf '%s\n' "$wanted" | awk -v have="$have" '
	BEGIN {n = split(have, a, "\n"); for (i = 1; i <= n; i++) in_[a[i]] = 1}
	{n = split($1, names, "|"); for (i = 1; i <= n; i++) if (names[i] in in_) next; print $1}')
[ -z "$missing" ] && exit 0
missing=$(echo "$missing" | paste -sd' ')

[ "${NO_INSTALL-}" = 1 ] &&
	fail "packages are missing, and NO_INSTALL=1 forbids installing them: $missing"
sudo=
if [ "$(id -u)" != 0 ]; then
	sudo=sudo
	command -v sudo >/dev/null 2>&1 ||
		fail "packages are missing, which only root may install, and there is no sudo: $missing"
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive

# try WHY_NOT COMMAND...: runs COMMAND; if it fails, prints the end of its output and fails with WHY_NOT.
try() {
	why_not=$1
	shift
	"$@" >"$log" 2>&1 && return
	tail -n 5 "$log" >&2
	fail "$why_not: $missing"
}

# known_name A|B: prints the first of the alternatives that this release has.
known_name() {
	for name in $(echo "$1" | tr '|' ' '); do
		apt-cache show "$name" >/dev/null 2>&1 && echo "$name" && return
	done
	return 1
}

# An index that could not be fetched is an error here; apt itself only warns.
try "the package index could not be fetched (no network or no permission); these packages are missing" \
	$sudo apt-get -q -o APT::Update::Error-Mode=any update
for name in $missing; do
	if known=$(known_name "$name"); then
		found="${found-} $known"
	else
		unknown="${unknown-} $name"
	fi
done
[ -z "${unknown-}" ] ||
	fail "this release has no package of these names:$unknown"
echo "setup: installing$found"
# shellcheck disable=SC2086  # a list of names
try "apt-get could not install these packages" \
	$sudo apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $found
