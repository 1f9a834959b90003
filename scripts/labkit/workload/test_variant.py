"""Overlays replace files, unions merge them, and conflicting candidates are left out with a reason."""

from labkit.workload import manifest, variant
from labkit.workload.test_manifest import WHOLE, write

LINES = "".join(f"int line_{i};\n" for i in range(12))


def changed(number: int, text: str) -> str:
    return LINES.replace(f"int line_{number};", text)


def toy(tmp_path, overlays: dict[str, str]) -> manifest.Manifest:
    """A workload of one file with these overlays of it."""
    head, _, candidate = WHOLE.partition("[[candidate]]")
    text = head
    for name in overlays:
        text += "[[candidate]]" + candidate.replace('id = "unroll"', f'id = "{name}"').replace(
            'cflags = ["-funroll-loops"]', f'overlay = "candidates/{name}"')
    write(tmp_path, "")
    folder = tmp_path / "toy"
    (folder / "toy.c").write_text(LINES)
    (folder / "toy_test.c").write_text("not compiled")
    for name, source in overlays.items():
        (folder / "candidates" / name).mkdir(parents=True)
        (folder / "candidates" / name / "toy.c").write_text(source)
    (folder / "workload.toml").write_text(text)
    return manifest.load("toy", tmp_path)


def test_overlay_replaces_and_tests_are_not_sources(tmp_path):
    found = toy(tmp_path, {"one": changed(1, "int one;")})
    built = variant.candidate(found, found.candidates[0])
    assert built.sources == {"toy.c": changed(1, "int one;")}


def test_union_merges_distant_lines(tmp_path):
    found = toy(tmp_path, {"one": changed(1, "int one;"), "ten": changed(10, "int ten;")})
    merged = variant.union(found, list(found.candidates))
    assert merged.members == ("one", "ten") and merged.left_out == ()
    assert "int one;" in merged.sources["toy.c"] and "int ten;" in merged.sources["toy.c"]


def test_union_leaves_out_a_conflicting_candidate(tmp_path):
    found = toy(tmp_path, {"one": changed(5, "int one;"), "other": changed(5, "int other;")})
    merged = variant.union(found, list(found.candidates))
    assert merged.members == ("one",)
    assert merged.left_out == (("other", "changes the same lines of toy.c as one"),)
    assert merged.sources["toy.c"] == changed(5, "int one;")


def test_lines_changed_counts_both_directions():
    lines = variant.lines_changed({"a.c": "1\n2\n3\n"}, {"a.c": "1\nx\ny\n3\n", "b.c": "new\n"})
    assert lines == variant.Lines(added_count=3, removed_count=1)
