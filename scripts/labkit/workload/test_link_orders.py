"""Each block has a layout of its own, because the place of code changes its speed, and no layout counts twice."""

import subprocess
from pathlib import Path

import pytest

from labkit.workload.build import Binary
from labkit.workload.link_orders import Copies, LinkOrders, OneLayout, folder_of_layouts, hashes_of

MAIN = "int other(void); int main(void) { return other(); }"
OTHER = "int other(void) { return 0; }"


def program(folder: Path, sources: dict[str, str], seed: int) -> LinkOrders:
    """Objects that are compiled once, and the compiler's driver as their linker."""
    objects = []
    for name, text in sources.items():
        (folder / f"{name}.c").write_text(text)
        objects.append(folder / f"{name}.o")
        subprocess.run(["gcc", "-O2", "-c", folder / f"{name}.c", "-o", objects[-1]], check=True)

    def link(ordered, path):
        subprocess.run(["gcc", *ordered, "-o", path], check=True)

    link(objects, folder / "usual")
    usual = Binary("v", folder / "usual", "", "usual", 0, "gcc", ())
    return LinkOrders(usual, objects, link, seed, folder)


def test_each_block_has_a_program_of_its_own_that_works(tmp_path):
    layouts = program(tmp_path, {"main": MAIN, "other": OTHER}, seed=1)
    found = [layouts.of_block(number) for number in range(12)]
    assert len({one.sha256 for one in found}) == 12 == len({one.path for one in found})
    assert all(subprocess.run([one.path]).returncode == 0 for one in found)
    assert [layouts.number_of(number) for number in range(12)] == list(range(12))
    assert layouts.of_block(3) is found[3] and hashes_of(layouts) == [one.sha256 for one in found]


@pytest.mark.slow
def test_a_program_of_one_object_has_layouts_too(tmp_path):
    """The skeleton of a new workload is one file; link orders alone gave it a single layout, on which its headline depended."""
    layouts = program(tmp_path, {"main": "int main(void) { return 0; }"}, seed=1)
    assert len({layouts.of_block(number).sha256 for number in range(4)}) == 4


@pytest.mark.slow
def test_the_seed_decides_and_a_layout_that_comes_twice_is_one(tmp_path):
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
    first, second = (program(folder, {"main": MAIN, "other": OTHER}, seed) for folder, seed in zip(folders, (1, 2)))
    assert first.of_block(0).sha256 != second.of_block(0).sha256
    first.link = lambda ordered, path: path.write_text("always the same")
    assert first.number_of(5) == first.number_of(6) == 5


def test_a_comparison_that_goes_on_has_the_programs_of_an_earlier_folder_again(tmp_path):
    """Blocks at one size were linked for another size before, in a folder that is removed when a comparison pauses."""
    first, then = tmp_path / "first", tmp_path / "then"
    first.mkdir()
    then.mkdir()
    layouts = program(first, {"main": MAIN, "other": OTHER}, seed=1)
    before = [layouts.of_block(number) for number in range(4)]
    layouts.move_to(then)
    for one in before:
        one.path.unlink()
    again = layouts.of_block(2)
    assert again.path.parent == then and again.sha256 == before[2].sha256 and subprocess.run([again.path]).returncode == 0
    assert hashes_of(layouts) == [one.sha256 for one in before]


def test_the_canary_is_another_file_with_the_bytes_of_its_block(tmp_path):
    layouts = program(tmp_path, {"main": MAIN, "other": OTHER}, seed=1)
    copies = Copies(layouts)
    assert copies.of_block(2).path.read_bytes() == layouts.of_block(2).path.read_bytes()
    assert copies.of_block(2).path != layouts.of_block(2).path and copies.number_of(2) == layouts.number_of(2)
    assert copies.usual.path != layouts.usual.path
    assert hashes_of(OneLayout(layouts.usual)) == ["usual"]


def test_what_a_killed_comparison_left_is_gone_with_the_next(tmp_path):
    (tmp_path / "layouts-left" / "inside").mkdir(parents=True)
    with folder_of_layouts(tmp_path) as folder:
        assert [path for path in tmp_path.iterdir()] == [folder]
    assert list(tmp_path.iterdir()) == []
