#!/bin/sh
# verify_release.sh TARBALL - build TARBALL again and compare the files with the SHA256SUMS beside it. With PUBLIC_KEY=FILE, check the
# signature, too.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tarball=$(realpath "$1")
sums=$(dirname "$tarball")/SHA256SUMS
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ -f "$sums" ] || { echo "verify-release: $sums is missing; it is published beside the tarball" >&2; exit 2; }

if [ -n "${PUBLIC_KEY-}" ]; then
	"$here/check_published.sh" "$(dirname "$tarball")" "$PUBLIC_KEY" || exit 1
fi
tar -xzf "$tarball" -C "$work"
tree=$(echo "$work"/perf-clinic-*)
said() { sed -n "s/^$1 //p" "$tree/RELEASE"; }
[ "$(gcc --version | head -n 1)" = "$(said compiler)" ] || echo "verify-release: the release was built by $(said compiler), but the compiler here is $(gcc --version | head -n 1)"

env -u MAKEFLAGS -u MAKELEVEL make -s -C "$tree" packages
cp "$tarball" "$tree/dist"
if git rev-parse --verify --quiet "$(said commit)^{commit}" >/dev/null 2>&1; then
	"$here/source_tarball.sh" "$(said version)" "$(said commit)" "$tree/dist"
	from_git=", and the tarball from its commit"
fi
cd "$tree/dist"
grep ' perf-clinic' "$sums" >"$work/published"
sha256sum --check "$work/published" || { echo "verify-release: the files that were built here differ from the published ones"; exit 1; }
echo "verify-release: $(wc -l <"$work/published") files built again, bit for bit${from_git-}"
