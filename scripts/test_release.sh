#!/bin/sh
# test_release.sh RELEASE [TARGET] - run `make TARGET` (check) as an ordinary user in a fresh Debian or Ubuntu.
#
# The release is debootstrapped once, below build/releases/; setup.sh installs
# what it lacks, as on any machine. MIRROR= names another mirror. Exit code 4:
# the caller is not root, or the mirror does not answer.
set -eu
release=$1
target=${2:-check}
cd "$(dirname "$0")/.."
root=$PWD/build/releases/$release
tree=/home/tester/perf-clinic

case $release in
noble | jammy) mirror=http://archive.ubuntu.com/ubuntu components=main,universe ;;
*) mirror=http://deb.debian.org/debian components=main ;;
esac
mirror=${MIRROR:-$mirror}

if [ "$(id -u)" != 0 ]; then
	echo "test-release: only root may install another system; try sudo make test-release" >&2
	exit 4
fi

if [ ! -e "$root/complete" ]; then
	rm -rf "$root"
	mkdir -p "$root"
	debootstrap --variant=minbase --components=$components \
		--include=ca-certificates,git,make "$release" "$root" "$mirror" \
		>"$root.log" 2>&1 || {
		tail -n 3 "$root.log" >&2
		echo "test-release: $mirror gave no $release; see $root.log" >&2
		exit 4
	}
	chroot "$root" useradd -m -s /bin/sh tester
	touch "$root/complete"
fi

rm -rf "$root$tree"
mkdir -p "$root$tree"
git ls-files -z -co --exclude-standard | tar -c --null -T - | tar -x -C "$root$tree"
cp -L /etc/resolv.conf "$root/etc/resolv.conf"

inside="cd $tree && scripts/setup.sh run test && chown -R tester: . &&
	su tester -c 'git init -q . && git add -A && exec make $target'"
# The mounts disappear with the mount namespace.
exec unshare --mount sh -ec "
	mount -t proc proc '$root/proc'
	mount --rbind /sys '$root/sys'
	mount --rbind /dev '$root/dev'
	exec chroot '$root' sh -c \"$inside\""
