#!/bin/sh
# binary_packages.sh FOLDER - pack the output of `make release-build` as a tar archive and as a Debian package in FOLDER. Equal builds give
# equal bytes.
set -eu
export LC_ALL=C
umask 022
mkdir -p "$1"
folder=$(cd "$1" && pwd)
version=$(sed -n 's/.*CLINIC_VERSION "\(.*\)".*/\1/p' profiler/include/clinic/version.h)
# The file RELEASE of a tarball contains the time of its commit; in a checkout git knows it.
SOURCE_DATE_EPOCH=$(sed -n 's/^epoch //p' RELEASE 2>/dev/null || git show -s --format=%ct)
export SOURCE_DATE_EPOCH
architecture=$(dpkg --print-architecture)
name=perf-clinic-$version-$architecture
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# stage ROOT: installs program, library, headers and manual below ROOT.
stage() {
	install -D -m 755 build/release/bin/clinic "$1/bin/clinic"
	install -D -m 644 build/release/lib/libclinic-preload.so "$1/lib/libclinic-preload.so"
	for header in stage alloc assert_alloc; do
		install -D -m 644 "profiler/include/clinic/$header.h" "$1/include/clinic/$header.h"
	done
	for page in docs/man/clinic*.1; do
		install -D -m 644 "$page" "$1/share/man/man1/${page##*/}"
	done
	install -D -m 644 LICENSE "$1/share/doc/perf-clinic/copyright"
}

archive() {
	stage "$work/$name"
	install -m 644 build/release/bin/clinic.debug "$work/$name/bin"
	install -m 644 build/release/lib/libclinic-preload.so.debug "$work/$name/lib"
	tar -c -C "$work" --format=gnu --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner "$name" |
		gzip -9n >"$folder/$name.tar.gz"
}

# dependencies: prints the packages whose libraries the program needs. dpkg-shlibdeps works only in a source package.
dependencies() (
	mkdir -p "$work/source/debian"
	printf 'Source: perf-clinic\n\nPackage: perf-clinic\nArchitecture: any\n' >"$work/source/debian/control"
	cd "$work/source"
	dpkg-shlibdeps -O "$work/debian/usr/bin/clinic" "$work/debian/usr/lib/libclinic-preload.so" 2>/dev/null | sed 's/^shlibs:Depends=//'
)

debian_package() {
	stage "$work/debian/usr"
	gzip -9n "$work/debian/usr/share/man/man1/"*.1
	mkdir "$work/debian/DEBIAN"
	(cd "$work/debian" && find usr -type f | sort | xargs md5sum) >"$work/md5sums"
	cat >"$work/debian/DEBIAN/control" <<-END
		Package: perf-clinic
		Version: $(echo "$version" | tr - '~')
		Architecture: $architecture
		Maintainer: Perf Clinic maintainers <maintainers@localhost>
		Section: devel
		Priority: optional
		Depends: $(dependencies)
		Description: profiler for C programs that counts, names and converts
		 clinic records where the time of a program goes, what it allocates and
		 what it waits for, and reads and writes the profiles of other tools.
	END
	mv "$work/md5sums" "$work/debian/DEBIAN/md5sums"
	dpkg-deb --root-owner-group -Zxz --build "$work/debian" "$folder/perf-clinic_$(echo "$version" | tr - '~')_$architecture.deb" >/dev/null
}

archive
debian_package
