#!/bin/sh
# make_release.sh VERSION - make a release in dist/. It is refused if a change is not committed, the version has a tag already, or a gate is red.
set -eu
version=$1
refuse() {
	echo "release: refused: $*" >&2
	exit 1
}

hardening/release/is_version.sh "$version" || exit 2
[ -z "$(git status --porcelain)" ] || refuse "the tree has changes that are not committed"
! git rev-parse --verify --quiet "refs/tags/v$version" >/dev/null || refuse "v$version exists already"
"${PYTHON:-/usr/bin/python3}" -B hardening/release_check.py || refuse "a gate is red"
hardening/release/publish.sh "$version" dist
hardening/release/signed_tag.sh "$version"
echo "release: the checklist of this release is hardening/release-checklist.md"
