#!/bin/sh
# is_version.sh TEXT - 0 if TEXT is a version as 1.2.3 or 1.2.3-rc are, else 2 and a sentence.
printf '%s' "$1" | grep -qxE '[0-9]+\.[0-9]+\.[0-9]+(-[0-9a-z.]+)?' && exit 0
echo "release: '$1' is no version, as 1.2.3 or 1.2.3-rc are" >&2
exit 2
