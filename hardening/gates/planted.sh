# planted.sh - sourced by the red twins: a copy of the tree to plant faults in, and the question whether the gate sees them.

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
git ls-files -z | xargs -0 cp --parents -t "$tree"
gate=$(basename "$0" .red)
cd "$tree" && git init -q . && git add -A || exit 1

# must_be_red FAULT: the gate fails in the copy as it stands now; FAULT says what was planted.
must_be_red() {
	git add -A
	"./hardening/gates/$gate" >said 2>&1
	code=$?
	[ $code = 1 ] || {
		cat said
		echo "$gate stayed green (exit $code) with this planted: $1"
		exit 1
	}
	rm said
	planted="${planted:+$planted; }$1"
}

# all_red: what the twin prints in the end.
all_red() {
	echo "red with: $planted"
}
