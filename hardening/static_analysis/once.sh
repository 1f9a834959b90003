#!/bin/sh
# once.sh FOLDER COMMAND... - run COMMAND, an analyser, unless it has already found nothing in the same content.
#
# The names of the files that COMMAND reads come from the standard input. An empty file of FOLDER stands for each content in which nothing was
# found; its name is a hash of COMMAND and of these files. So a copy of the tree, another branch, or a file that was changed and changed back
# is not analysed again. Exit code: that of COMMAND, or 0 if it is not run.
set -u
folder=$1
shift
files=$(sort -u)
# shellcheck disable=SC2086  # a list of words
key=$({ printf '%s\n' "$@"; sha256sum -- $files; } | sha256sum | cut -c 1-64)
[ -e "$folder/$key" ] && exit
"$@" && mkdir -p "$folder" && : >"$folder/$key"
