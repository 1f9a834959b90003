#!/bin/sh
# run_gate.sh - the script that every CI template calls: build Perf Clinic, then
# compare the change in CLINIC_REPOSITORY with CLINIC_BASE. Settings are
# environment variables, so that no template has to quote a command line.
#
#   CLINIC_BASE        ref to compare with                (origin/main)
#   CLINIC_REPOSITORY  git repository under test          (the current folder)
#   CLINIC_BUILD       shell command that builds a tree   (nothing)
#   CLINIC_RUN         command to time in both trees      (needed)
#   CLINIC_OUTPUT      github, gitlab or json             (nothing)
#   CLINIC_FAIL_ON     any, minor, moderate or critical   (any)
#   CLINIC_BUDGET      seconds                            (120)
#   CLINIC_URL         address at which reports/gate is published;
#                      {path} in it becomes a file's path (nothing)
#   CLINIC_ARGS        more arguments for `lab gate`
#
# Exit codes: 0 passed, 1 regressed, 2 wrong usage or the base does not build,
# 3 inconclusive, 4 environment invalid.
set -eu
repository=$(cd "${CLINIC_REPOSITORY:-.}" && pwd)
cd "$(dirname "$0")/../.."
if [ -z "${CLINIC_RUN-}" ]; then
	echo "run_gate.sh: set CLINIC_RUN to the command to time" >&2
	exit 2
fi
make --silent build >&2
set -- gate --base "${CLINIC_BASE:-origin/main}" --repository "$repository" \
	--run "$CLINIC_RUN" --fail-on "${CLINIC_FAIL_ON:-any}" \
	--budget "${CLINIC_BUDGET:-120}"
[ -z "${CLINIC_BUILD-}" ] || set -- "$@" --build "$CLINIC_BUILD"
[ -z "${CLINIC_OUTPUT-}" ] || set -- "$@" --ci-output "$CLINIC_OUTPUT"
[ -z "${CLINIC_URL-}" ] || set -- "$@" --artifact-url "$CLINIC_URL"
# CLINIC_ARGS is not quoted, because it is a list of arguments.
# shellcheck disable=SC2086
exec "${PYTHON:-/usr/bin/python3}" scripts/lab "$@" ${CLINIC_ARGS-}
