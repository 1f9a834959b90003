"""Findings that say the same are one row with a count; what differs in more than numbers stays apart."""

from labkit.report.merged_findings import merged, merged_points, merged_texts


def finding(level, subject, text, cost=""):
    return {"level": level, "subject": subject, "text": text, "cost": cost}


def test_nine_rows_that_say_the_same_are_one():
    """An audit had nine of them, one for each candidate."""
    rows = [finding("note", f"candidate-{number}", f"{number} run{'s' * (number > 1)} belonged to disturbed blocks.", "Whole blocks.") for number in range(1, 10)]
    (one,) = merged(rows)
    assert one["text"] == "1 to 9 runs belonged to disturbed blocks." and one["subject"].endswith("candidate-9 (9 times)") and one["cost"] == "Whole blocks."


def test_what_is_about_something_else_stays_apart_and_errors_come_first():
    rows = [finding("note", "a", "Its gain is 1.1."), finding("warning", "a", "Its gain is 1.2."), finding("note", "a", "Its loss is 1.1."),
            finding("error", "b", "It failed."), finding("note", "a", "Its gain is 1.1.", "other")]
    assert [(one["level"], one["text"]) for one in merged(rows)] == [("error", "It failed."), ("warning", "Its gain is 1.2."), ("note", "Its gain is 1.1."),
                                                                    ("note", "Its loss is 1.1."), ("note", "Its gain is 1.1.")]


def test_numbers_with_thousands_and_versions_become_ranges():
    rows = [finding("note", name, f"{count} instructions of 1.2.3.") for name, count in (("a", "7,597,097"), ("b", "10\u202f029"))]
    assert merged(rows)[0]["text"] == "10\u202f029 to 7,597,097 instructions of 1.2.3."


def test_the_same_twice_is_counted():
    (one,) = merged([finding("note", "a", "x"), finding("note", "a", "x")])
    assert one["subject"] == "a (2 times)" and one["text"] == "x"


def test_the_invalid_points_of_a_server_are_one_row_for_each_reason():
    """The server's report had 24 lines that said the same of a generator that was late."""
    points = [{"server": server, "offered_per_s": rate, "reason": f"{late} of 1200 requests were late"} for server, rate, late in
              (("baseline", 800.0, 608), ("union", 1600.0, 77), ("baseline", 600.0, 32), ("baseline", 800.0, 596))]
    points.append({"server": "union", "offered_per_s": 800.0, "reason": "wrong answers"})
    found = [(one["server"], one["rates"], one["times_count"], one["reason"]) for one in merged_points(points)]
    assert found == [("baseline", [600.0, 800.0], 3, "32 to 608 of 1200 requests were late"), ("union", [1600.0], 1, "77 of 1200 requests were late"),
                     ("union", [800.0], 1, "wrong answers")]


def test_notes_of_several_recordings_are_one():
    """A diagnosis of SQLite had fifteen of them."""
    notes = [f"{share} % of samples are in code without names, most of them in libsqlite3.so.0.8.6" for share in (12.9, 22.8, 15.0)]
    assert merged_texts([notes[0], "Another note.", *notes[1:]]) == [notes[0].replace("12.9", "12.9 to 22.8"), "Another note."]
