#!/bin/sh
# source_tarball.sh VERSION COMMIT FOLDER - write COMMIT's tree to FOLDER/perf-clinic-VERSION.tar.gz, with VERSION as its version. Equal calls
# give equal bytes.
set -eu
export LC_ALL=C
version=$1 folder=$3
commit=$(git rev-parse --verify --quiet "$2^{commit}") || { echo "source_tarball: git has no commit $2" >&2; exit 2; }
epoch=$(git show -s --format=%ct "$commit")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
top=$work/perf-clinic-$version

mkdir "$top"
git archive "$commit" | tar -x -C "$top"
before=$(sed -n 's/.*CLINIC_VERSION "\(.*\)".*/\1/p' "$top/profiler/include/clinic/version.h")
sed -i "/VERSION/s/\"$before\"/\"$version\"/" "$top/profiler/include/clinic/version.h" "$top/scripts/labkit/__init__.py"
sed -i "/^\.TH /s/ $before\"/ $version\"/" "$top"/docs/man/*.1
# A build from the tarball alone needs these facts: the bytes depend on gcc's version, and the packages contain the commit's time.
printf 'version %s\ncommit %s\nepoch %s\ncompiler %s\n' "$version" "$commit" "$epoch" "$(gcc --version | head -n 1)" >"$top/RELEASE"

mkdir -p "$folder"
tar -c -C "$work" --format=gnu --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX "perf-clinic-$version" |
	gzip -9n >"$folder/perf-clinic-$version.tar.gz"
