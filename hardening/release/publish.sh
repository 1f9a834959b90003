#!/bin/sh
# publish.sh VERSION FOLDER - make the files of a release from HEAD in FOLDER: tarball, binaries, Debian package, SBOM, provenance, signatures.
#
# RELEASE_KEY names minisign's secret key and RELEASE_PUBLIC_KEY its public key, both outside of this tree. Without them a key is made, used
# once and deleted. Such a release shows that everything works, but is not for publication.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
version=$1
"$here/is_version.sh" "$version"
rm -rf "$2" && mkdir -p "$2"
folder=$(cd "$2" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ -n "${RELEASE_KEY-}" ]; then
	cp "${RELEASE_PUBLIC_KEY:?names the public key that belongs to RELEASE_KEY}" "$folder/minisign.pub"
else
	minisign -GW -p "$folder/minisign.pub" -s "$work/throw-away.key" >/dev/null
	RELEASE_KEY=$work/throw-away.key
	throw_away=" with a throw-away key, so it is not for publication"
fi

# The binaries are built from the tarball alone.
"$here/source_tarball.sh" "$version" HEAD "$folder"
tar -xzf "$folder/perf-clinic-$version.tar.gz" -C "$work"
tree=$work/perf-clinic-$version
env -u MAKEFLAGS -u MAKELEVEL make -s -C "$tree" packages
cp "$tree"/dist/* "$folder"

cd "$folder"
/usr/bin/python3 -B "$here/bill_of_materials.py" "$version" "$(sed -n 's/^epoch //p' "$tree/RELEASE")" \
	"$tree/build/release/bin/clinic" "$tree/build/release/lib/libclinic-preload.so" >"$work/sbom.cdx.json"
/usr/bin/python3 -B "$here/provenance.py" "$tree" perf-clinic* >"$work/provenance.json"
mv "$work/sbom.cdx.json" "$work/provenance.json" .
sha256sum perf-clinic* provenance.json sbom.cdx.json >SHA256SUMS
minisign -S -s "$RELEASE_KEY" -m SHA256SUMS -t "perf-clinic $version, commit $(sed -n 's/^commit //p' "$tree/RELEASE")" >/dev/null
"$here/check_published.sh" . minisign.pub
echo "release: perf-clinic $version is signed${throw_away-}; to publish, from $folder:"
find . -mindepth 1 -printf '  %P\n' | sort
