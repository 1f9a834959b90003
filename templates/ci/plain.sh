#!/bin/sh
# plain.sh - the gate without any CI system, for a cron job, a hook or a person.
# Copy it, change the four settings, and call it inside the repository.
set -eu
export CLINIC_BASE="${CLINIC_BASE:-origin/main}"
export CLINIC_BUILD="${CLINIC_BUILD:-make}"
export CLINIC_RUN="${CLINIC_RUN:-./benchmark}"
export CLINIC_FAIL_ON="${CLINIC_FAIL_ON:-moderate}"
exec "${PERF_CLINIC:-$(dirname "$0")/../..}/templates/ci/run_gate.sh"
