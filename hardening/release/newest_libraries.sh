#!/bin/sh
# newest_libraries.sh BINARY... - as root, install Debian's newest versions of all packages that BINARY is linked with.
#
# A release is built with them, and gate 06 is red without them. With NO_INSTALL=1, or as an ordinary user, nothing is installed.
set -eu
[ "${NO_INSTALL-}" != 1 ] && [ "$(id -u)" = 0 ] || exit 0
named=$(/usr/bin/python3 -B "$(dirname "$0")/bill_of_materials.py" 0.0.0 0 "$@" | sed -n 's,.*"purl": "pkg:deb/debian/\([^@]*\)@.*,\1,p')
apt-get -qq update 2>/dev/null || exit 0
# shellcheck disable=SC2086  # a list of words
pending=$(apt-get -qq -s install --only-upgrade $named 2>/dev/null | sed -n 's/^Inst \([^ ]*\).*/\1/p')
[ -n "$pending" ] || exit 0
echo "release-check: installing the newest $(echo "$pending" | paste -sd' ')"
# shellcheck disable=SC2086  # a list of words
DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 install -y --only-upgrade $pending >/dev/null
