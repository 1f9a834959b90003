#!/bin/sh
# Plants a machine whose JSON library is older than Debian's newest, and one with packages whose dependencies are not met.
. hardening/gates/planted.sh
printf 'Dir::State::status "%s/older-status";\n' "$PWD" >older.conf
export APT_CONFIG="$PWD/older.conf"
version=$(dpkg-query -W -f '${Version}' libjansson4 | sed 's/[.+]/\\&/g')
sed "/^Package: libjansson/,/^\$/s/$version/&~planted/" /var/lib/dpkg/status >older-status
must_be_red "a JSON library that Debian has a newer version of" 'Debian has newer versions.* libjansson4'
sed '/^Package: libc6$/,/^$/s/^Version: .*/Version: 2.1-1/' /var/lib/dpkg/status >older-status
must_be_red "packages that do not fit together" 'apt-get could not find out'
all_red
