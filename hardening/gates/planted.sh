# shellcheck shell=sh
# planted.sh - sourced by the red twins: makes a copy of the tree in which faults are planted, and checks that the gate finds them.

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
git ls-files -z | xargs -0 cp --parents -t "$tree"
gate=$(basename "$0" .red)
cd "$tree" && git init -q . || exit 1
git config user.name planted && git config user.email planted@localhost && git config core.hooksPath /dev/null

# commit MESSAGE: commits the copy as it is now, for gates that build from git.
commit() {
	git add -A && git commit -q --no-verify --allow-empty -m "$1" || exit 1
}
commit whole
whole=$(git rev-parse HEAD)

# restore FILE...: restores the files as they were before anything was planted.
restore() {
	git checkout -q "$whole" -- "$@"
}

# must_be_red FAULT [REASON]: the gate must fail in the copy as it is now. FAULT names the planted fault; REASON must match a line that
# the gate prints.
must_be_red() {
	commit "$1"
	"./hardening/gates/$gate" >.git/said 2>&1
	code=$?
	[ $code = 1 ] || {
		cat .git/said
		echo "$gate did not fail (exit code $code), although this was planted: $1"
		exit 1
	}
	grep -q -e "${2-}" .git/said || {
		cat .git/said
		echo "$gate failed for another reason than the planted fault: $1"
		exit 1
	}
	planted="${planted:+$planted; }$1"
}

# found FAULT PATTERN: what the gate has printed contains a line that matches PATTERN. For gates that look for several faults in one run.
found() {
	grep -qE -e "$2" .git/said || {
		cat .git/said
		echo "$gate did not find this, which was planted: $1"
		exit 1
	}
	planted="${planted:+$planted; }$1"
}

# all_red: prints the faults with which the gate failed, as the last line of the twin.
all_red() {
	echo "red with: $planted"
}
