"""A format can be added by one file, which is compiled into a clinic and used by its verbs."""

import json
import os
import subprocess
from pathlib import Path

import pytest

PERF_TEXT = Path("profiler/cli/recorded/pipeline.perf.txt").resolve()
# Counts of functions, one a line: "leaf COUNT NAME".
SOURCE = r"""
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "formats/format.h"
#include "session/session_json.h"
#include "session/tally.h"

static bool recognises(const void *head, size_t bytes)
{
	return bytes > 5 && !memcmp(head, "leaf ", 5);
}

static int add_leaf(struct clinic_session *session, const char *name, unsigned long count)
{
	struct clinic_frame frame = {.tier = CLINIC_TIER_IMPORTED};
	struct clinic_sample sample = {0};
	uint32_t id;
	int error = clinic_session_text_id(session, name, &frame.function_id);

	if (!error)
		error = clinic_session_frame_id(session, &frame, &id);
	if (!error)
		error = clinic_session_stack_id(session, CLINIC_STACK_ROOT, id, &sample.stack_id);
	while (!error && count--)
		error = clinic_session_add(session, CLINIC_SAMPLES, &sample);
	return error;
}

static int read_leaves(const char *path, const struct clinic_format_options *options, struct clinic_session *session,
		       struct clinic_why *why)
{
	FILE *file = fopen(path, "r");
	unsigned long count;
	char name[64];
	int error = file ? 0 : -errno;

	(void)options;
	(void)why;
	while (!error && fscanf(file, "leaf %lu %63s\n", &count, name) == 2)
		error = add_leaf(session, name, count);
	if (file)
		fclose(file);
	return error;
}

static int write_leaves(const struct clinic_session *session, const struct clinic_format_options *options,
			const char *path)
{
	struct clinic_tally tally;
	FILE *file = fopen(path, "w");
	int error = clinic_tally_make(session, CLINIC_BY_FUNCTION, options->weight, &tally);
	uint32_t count;
	const struct clinic_frame *frame = clinic_session_rows(session, CLINIC_FRAMES, &count);

	for (uint32_t i = 0; !error && file && i < tally.count; i++)
		if (tally.row[i].self_samples_count)
			fprintf(file, "leaf %" PRIu64 " %s\n", tally.row[i].self_samples_count,
				clinic_session_text(session, frame[tally.row[i].frame_id].function_id));
	clinic_tally_free(&tally);
	return !file || fclose(file) ? -errno : error;
}

static const struct clinic_format leaves = {
	.name = "leaves",
	.suffix = ".leaves",
	.summary = "how often each function was the innermost",
	.tables_kept = 1u << CLINIC_FRAMES,
	.recognises = recognises,
	.read = read_leaves,
	.write = write_leaves,
};
CLINIC_FORMAT(leaves);
"""


def without_make(environment) -> dict[str, str]:
    """The environment without the variables of make: below `make test`, the inner make would print a warning about its jobs."""
    return {name: value for name, value in environment.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}


@pytest.fixture(scope="module")
def clinic_with_leaves(tmp_path_factory):
    folder = tmp_path_factory.mktemp("leaves")
    (folder / "leaves_format.c").write_text(SOURCE)
    made = subprocess.run(["make", "-s", "clinic-with-format", f"FORMAT_SOURCE={folder}/leaves_format.c",
                           f"CLINIC_WITH={folder}/clinic"], capture_output=True, text=True, env=without_make(os.environ))
    assert made.returncode == 0 and not made.stderr, made.stderr

    def run(*argv: object) -> subprocess.CompletedProcess:
        return subprocess.run([folder / "clinic", *map(str, argv)], capture_output=True, text=True, cwd=folder)
    return run


def functions(report: str) -> dict:
    return {row["name"]: row["samples_count"] for row in json.loads(report)["functions"] if row["samples_count"]}


def test_one_file_is_all_that_a_format_takes(clinic_with_leaves, tmp_path):
    """Every verb knows the format: it is written by suffix and by name, read by content, and listed by the help and by error messages."""
    run, leaves, again = clinic_with_leaves, tmp_path / "a.leaves", tmp_path / "named.txt"
    assert run("export", PERF_TEXT, "-o", leaves).returncode == 0
    assert run("export", PERF_TEXT, "-o", again, "--format", "leaves").returncode == 0
    assert leaves.read_bytes() == again.read_bytes()
    counted = functions(run("report", PERF_TEXT, "--json").stdout)
    written = dict(reversed(line.split(" ", 2)[1:]) for line in leaves.read_text().splitlines())
    assert {name: int(count) for name, count in written.items() if name} == {
        name: count for name, count in counted.items() if not name.startswith("[")}

    leaves.write_text("leaf 3 one\nleaf 1 two\n")
    assert functions(run("report", leaves, "--json").stdout) == {"one": 3, "two": 1}
    for verb, options in (("import", []), ("merge", [leaves]), ("export", [])):
        ran = run(verb, leaves, *options, "-o", tmp_path / "s.json")
        assert (ran.returncode, ran.stderr) == (0, "")
        scale = 2 if options else 1
        assert functions(run("report", tmp_path / "s.json", "--json").stdout) == {"one": 3 * scale, "two": scale}
    assert " 75.00    0.00" in run("diff", leaves, PERF_TEXT, "--weight", "samples").stdout
    assert "leaves (how often" in run("report", __file__).stderr
    assert "leaves (.leaves)" in run("export", leaves, "-o", "x.png").stderr
    for verb in ("import", "export"):
        assert "how often each function was the innermost" in run("help", verb).stdout
