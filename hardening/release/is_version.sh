#!/bin/sh
# is_version.sh TEXT - exit code 0 if TEXT is a version like 1.2.3 or 1.2.3-rc, otherwise 2 and a sentence.
printf '%s' "$1" | grep -qxE '[0-9]+\.[0-9]+\.[0-9]+(-[0-9a-z.]+)?' && exit 0
echo "release: '$1' is not a version like 1.2.3 or 1.2.3-rc" >&2
exit 2
