#!/bin/sh
# as_ordinary_user.sh TARGET - run make TARGET without privileges. As root, it
# creates a user with a copy of the tree for that, and removes both afterwards.
set -eu
target=$1
if [ "$(id -u)" != 0 ]; then
	exec make "$target"
fi
home=$(mktemp -d)
user=clinic-$$

clean_up() {
	if id "$user" >/dev/null 2>&1; then
		pkill -KILL -u "$user" || :
		userdel "$user"
	fi
	rm -rf "$home"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

useradd --no-create-home --home-dir "$home" --shell /bin/sh "$user"
mkdir "$home/tree"
git ls-files -z -co --exclude-standard | tar -c --null --files-from=- |
	tar -x -C "$home/tree"
chown -R "$user" "$home"
chmod 755 "$home"
# The tests ask git for the files of the tree. The outer make must not pass its
# job server to the inner one.
unset MAKEFLAGS MAKELEVEL MFLAGS
su "$user" -c "cd $home/tree && git init -q && git add -A && exec make $target"
