#!/bin/sh
# check_published.sh FOLDER PUBLIC_KEY - exit code 0 if the folder contains exactly the signed files, and SBOM and provenance are valid.
set -u
here=$(cd "$(dirname "$0")" && pwd)
key=$(realpath "$2")
cd "$1" || exit 2

minisign -Vq -p "$key" -m SHA256SUMS || { echo "SHA256SUMS is not signed by this key"; exit 1; }
sha256sum --check --strict --quiet SHA256SUMS || exit 1
strange=$(find . -mindepth 1 -printf '%P\n' | grep -vxF -e SHA256SUMS -e SHA256SUMS.minisig -e minisign.pub | grep -vxF "$(sed 's/^[0-9a-f]*  //' SHA256SUMS)")
[ -z "$strange" ] || { echo "SHA256SUMS does not list $strange"; exit 1; }
/usr/bin/python3 -B "$here/bill_of_materials.py" --check sbom.cdx.json || exit 1
/usr/bin/python3 -B "$here/provenance.py" --check provenance.json || exit 1
