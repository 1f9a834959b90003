#!/bin/sh
# signed_tag.sh VERSION - make the tag vVERSION at HEAD, sign it with the SSH key TAG_KEY and verify it by hardening/allowed_signers.
#
# Without TAG_KEY the tag is made in a copy of this repository, with a key that is deleted afterwards. This shows that signing works and
# leaves no tag here.
set -eu
version=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ -n "${TAG_KEY-}" ]; then
	repository=. key=$TAG_KEY signers=$PWD/hardening/allowed_signers
else
	ssh-keygen -q -t ed25519 -N '' -C throw-away -f "$work/key"
	git clone -q --bare --shared . "$work/copy.git"
	repository=$work/copy.git key=$work/key signers=$work/signers
	echo "throw-away namespaces=\"git\" $(cat "$key.pub")" >"$signers"
	export GIT_COMMITTER_NAME=throw-away GIT_COMMITTER_EMAIL=throw-away@localhost
fi
git -C "$repository" -c gpg.format=ssh -c user.signingkey="$key" tag -s "v$version" -m "Perf Clinic $version"
git -C "$repository" -c gpg.format=ssh -c gpg.ssh.allowedSignersFile="$signers" verify-tag "v$version" 2>"$work/said" || {
	git -C "$repository" tag -d "v$version" >/dev/null
	cat "$work/said" >&2
	echo "release: $signers does not know the key that signed the tag, so the tag was removed" >&2
	exit 1
}
sed -n 's/^Good "git" signature for \([^ ]*\).*/tag signed by \1/p' "$work/said"
