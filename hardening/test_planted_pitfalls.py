"""Each of the three ways in which a naive timing lies, planted in a workload: the lab's own guards find it when they time the baseline."""

import json

import pytest
from sandbox import Sandbox

pytestmark = pytest.mark.slow
SUM = """#include "sum.h"
#include <fcntl.h>
#include <stdio.h>
"""
DEAD = SUM + """
static uint64_t sum_of(const struct block *block)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < block->bytes_count; i++)
		sum = sum * 31 + block->bytes[i];
	return sum;
}

uint64_t sum_block(const struct block *block)
{
	sum_of(block);
	return block->bytes_count;
}
"""
FOLDED = SUM + """
static const unsigned char known[] = "a block that is known";

uint64_t sum_block(const struct block *block)
{
	uint64_t sum = 0;
	(void)block;
	for (size_t i = 0; i < 4; i++)
		sum = sum * 31 + known[i];
	return sum;
}
"""
DROWNED = SUM + """
uint64_t sum_block(const struct block *block)
{
	static int log = -1;
	uint64_t sum = 0;
	if (log < 0)
		log = open("/dev/null", O_WRONLY);
	for (size_t i = 0; i < block->bytes_count && i < 2000; i++) {
		sum = sum * 31 + block->bytes[i];
		dprintf(log, "%zu\\n", i);
	}
	return sum + block->bytes_count;
}
"""


def baseline_of(folder, source: str) -> dict:
    sandbox = Sandbox(folder)
    sandbox.keep_candidates("no-copy")
    (sandbox.manifest.parent / "sum.c").write_text(source)
    sandbox.lab("baseline", "sick", "--budget", "quick", expect=0)
    return json.loads((sandbox.versions()[-1] / "evidence" / "baseline.json").read_text())


def said(document: dict) -> list[tuple[str, str]]:
    return [(one["subject"], one["text"]) for one in document["findings"] if one["subject"] in ("stage sum", "answers")]


def test_dead_code_in_a_stage_is_found(tmp_path):
    document = baseline_of(tmp_path, DEAD)
    assert said(document) == [("stage sum", "sum_block has no loop after optimisation, neither itself nor in what it calls.")]


def test_a_folded_answer_is_found(tmp_path):
    subjects = dict(said(baseline_of(tmp_path, FOLDED)))
    assert "at every size (small and large)" in subjects["answers"] and "no loop" in subjects["stage sum"]


def test_output_in_a_stage_is_found(tmp_path):
    document = baseline_of(tmp_path, DROWNED)
    ((subject, text),) = said(document)
    assert subject == "stage sum" and "sum_block reaches dprintf; the kernel had " in text
    assert "had 0.0" not in text, "each line is a system call"


def test_an_honest_stage_is_left_alone(tmp_path):
    honest = SUM + """
uint64_t sum_block(const struct block *block)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < block->bytes_count; i++)
		sum = sum * 31 + block->bytes[i];
	return sum;
}
"""
    assert said(baseline_of(tmp_path, honest)) == []
