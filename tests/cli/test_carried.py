"""A video that is decided anew: what reviewers have decided follows the stretches that are still the same."""

import csv
import json
import shutil

import pytest

from slceleb_core.cli import batch
from slceleb_core.corpus import removal
from slceleb_core.disk.output import statement_of
from slceleb_core.review import resuming
from slceleb_core.testing import RED, Person, SyntheticTalker, write_video
from slceleb_core.testing.pictures import Scene

TALKER = SyntheticTalker(seed=1, duration=7.6)

SINKS = 'sinks=[{"use": "json"}, {"use": "table"}, {"use": "clips", "options": {"video": false}}]'

STRICTER = ("--set", "gates.stricter={length: 1.2}")
"""The first of the four is shorter than that, so the others move up by one."""

FIRST, SECOND, THIRD, FOURTH = 0.0, 1.6, 3.8, 5.8
"""When the four begin."""


@pytest.fixture(scope="session")
def four(tmp_path_factory):
    """Return a video in which the red one talks four times, for 1.08, 1.52, 1.32 and 1.8 s."""
    red = (Person(RED, talker=TALKER),)
    cuts = [Scene(1.08), Scene(SECOND, red), Scene(3.1), Scene(THIRD, red), Scene(5.1), Scene(FOURTH, red)]
    place = tmp_path_factory.mktemp("four") / "talk.mkv"
    return write_video(place, red, cuts=cuts, audio=TALKER.audio(), duration=7.6)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def run(slceleb, fakes, photos, out, four):
    """Return a function that runs the video with the fakes."""

    def run(*arguments):
        wanted = ("--set", "segments.min_on=0.2", "--set", SINKS, "--poi-dir", photos, *arguments)
        return slceleb("run", four, "-p", fakes, "--output-dir", out, *wanted)

    return run


@pytest.fixture
def decide(slceleb, out, tmp_path):
    """Return a function that applies a review of stretches, by when they begin, to the results of now."""

    def decide(reviewer, when, **verdicts):
        ids = {segment["start"]: key for key, segment in known(out).items()}
        names = {"first": FIRST, "second": SECOND, "third": THIRD, "fourth": FOURTH}
        decisions = {
            ids[names[name]]: {"decision": verdict, "note": f"{name} by {reviewer}", "when": when}
            for name, verdict in verdicts.items()
        }
        path = tmp_path / "review.json"
        path.write_text(json.dumps({"format": 1, "reviewer": reviewer, "decisions": decisions}))
        return slceleb("review", "apply", path, out)

    return decide


@pytest.fixture(scope="session")
def made():
    """Return where the folder of the first run and review is, which all tests begin with; empty before it."""
    return []


@pytest.fixture
def reviewed(run, decide, out, tmp_path_factory, made):
    """Return the folder in which Zoë has rejected the first and the third, and accepted the second."""
    if not made:
        assert run().code == 0
        assert [segment["start"] for segment in known(out).values()] == [FIRST, SECOND, THIRD, FOURTH]
        assert decide("Zoë", "2026-01-02T03:04:05Z", first="reject", second="accept", third="reject").code == 0
        made.append(shutil.copytree(out, tmp_path_factory.mktemp("reviewed") / "out"))
    elif not out.exists():
        shutil.copytree(made[0], out)
    return out


def known(out):
    """Return the segments of the video, and those that a review has taken out, by id."""
    stated = statement_of(out / "talk")
    taken = {key: entry["segment"] for key, entry in (stated.get("review") or {}).items() if entry.get("segment")}
    return dict(sorted({**taken, **present(out)}.items()))


def present(out):
    return {segment["id"]: segment for segment in statement_of(out / "talk")["report"]["segments"]}


def starts(out):
    return [segment["start"] for segment in present(out).values()]


def decided(out):
    """Return what is decided, by when the stretch begins."""
    segments = known(out)
    return {segments[key]["start"]: entry for key, entry in statement_of(out / "talk")["review"].items()}


def killed(*_, **__):
    raise RuntimeError("killed")


def test_decisions_follow_stretches_whose_number_is_another(run, reviewed):
    said = run(*STRICTER)
    assert said.code == 0, said.err
    assert list(known(reviewed)) == ["talk-0001", "talk-0002", "talk-0003"]
    entries = decided(reviewed)
    assert {start: entry["decision"] for start, entry in entries.items()} == {SECOND: "accept", THIRD: "reject"}
    assert {name: entries[SECOND][name] for name in ("note", "reviewer", "when", "from")} == {
        "note": "second by Zoë",
        "reviewer": "Zoë",
        "when": "2026-01-02T03:04:05Z",
        "from": {"results": "talk.1", "segment": "talk-0002"},
    }
    words = "reviews: 2 decisions carried over, 1 rejected segment left out again; 1 kept, on stretches that are not"
    assert words in said.out
    assert "somebody was stopped" not in said.err


def test_what_was_rejected_stays_out_of_everything_and_again_changes_nothing(run, reviewed):
    run(*STRICTER)
    result = json.loads((reviewed / "talk/result.json").read_text())
    assert starts(reviewed) == [segment["start"] for segment in result["segments"]] == [SECOND, FOURTH]
    assert result["statistics"]["segments"] == 2
    for table in (reviewed / "talk/segments.csv", reviewed / "segments.csv"):
        with table.open() as stream:
            assert [float(row["start"]) for row in csv.DictReader(stream)] == [SECOND, FOURTH]
    assert {path.stem for path in reviewed.glob("talk/clips/Red/*.wav")} == {"talk-0001", "talk-0003"}
    aside = {path.stem for path in reviewed.glob(".removed/talk/clips/Red/*.wav")}
    assert aside == {"talk-0001", "talk-0003", "talk-0002"}  # the last one is of now; the others lay there
    before = (reviewed / "talk/source.json").read_bytes()
    said = run(*STRICTER)
    assert (said.code, "reviews:" in said.out) == (0, False)
    assert (reviewed / "talk/source.json").read_bytes() == before


def test_a_decision_waits_for_a_stretch_that_a_limit_has_taken(run, reviewed):
    run(*STRICTER)
    (waiting,) = statement_of(reviewed / "talk")["absent"]
    assert (waiting["decision"], waiting["segment"]["start"]) == ("reject", FIRST)
    said = run("--json")
    assert json.loads(said.out)["decisions"]["absent"] == 0
    assert starts(reviewed) == [SECOND, FOURTH]
    assert decided(reviewed)[FIRST]["from"] == {"results": "talk.1", "segment": "talk-0001"}
    assert "absent" not in statement_of(reviewed / "talk")


def test_doing_it_all_again_keeps_decisions(run, reviewed):
    assert run("--redo").code == 0
    assert starts(reviewed) == [SECOND, FOURTH]
    assert [entry["reviewer"] for entry in decided(reviewed).values()] == ["Zoë"] * 3


def test_what_is_decided_later_goes_before_whatever_comes_along(run, reviewed, decide):
    run(*STRICTER)
    decide("Ann", "2026-02-02T00:00:00Z", third="accept")
    run()
    assert starts(reviewed) == [SECOND, THIRD, FOURTH]
    entry = decided(reviewed)[THIRD]
    assert (entry["decision"], entry["reviewer"]) == ("accept", "Ann")
    assert [(said["decision"], said["reviewer"]) for said in entry["earlier"]] == [("reject", "Zoë")]


def test_a_kill_before_anything_came_along_is_made_up_for_by_the_next_run(run, reviewed, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(batch, "carry_decisions", killed)
        assert run(*STRICTER).code == 1
    assert starts(reviewed) == [SECOND, THIRD, FOURTH]
    assert run(*STRICTER).code == 0
    assert starts(reviewed) == [SECOND, FOURTH]


def test_a_kill_before_the_rejected_ones_left_is_made_up_for_by_the_next_run(run, reviewed, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(resuming, "take_out", killed)
        assert run(*STRICTER).code == 1
    assert starts(reviewed) == [SECOND, THIRD, FOURTH]
    assert run(*STRICTER).code == 0
    assert starts(reviewed) == [SECOND, FOURTH]


def test_nothing_is_lost_where_another_run_replaces_what_nothing_came_along_to(run, reviewed, decide, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(batch, "carry_decisions", killed)
        run(*STRICTER)
        run("--set", "gates.stricter={length: 1.3}")
    assert run().code == 0
    assert starts(reviewed) == [SECOND, FOURTH]


def test_a_review_of_results_to_which_nothing_came_along_yet_goes_before(run, reviewed, decide, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(batch, "carry_decisions", killed)
        run(*STRICTER)
    assert decide("Ann", "2026-02-02T00:00:00Z", second="reject", third="accept").code == 0
    assert starts(reviewed) == [THIRD, FOURTH]
    entries = decided(reviewed)
    assert {start: entry["reviewer"] for start, entry in entries.items()} == {SECOND: "Ann", THIRD: "Ann"}
    assert [said["reviewer"] for said in entries[THIRD]["earlier"]] == ["Zoë"]
    run(*STRICTER)
    assert starts(reviewed) == [THIRD, FOURTH]


def test_a_review_that_was_stopped_is_finished_before_its_numbers_are_others(run, reviewed, decide, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(removal, "take_segments", killed)
        assert decide("Ann", "2026-02-02T00:00:00Z", second="reject").code
    assert run(*STRICTER).code == 0
    assert starts(reviewed) == [FOURTH]
    assert {start: entry["reviewer"] for start, entry in decided(reviewed).items()} == {SECOND: "Ann", THIRD: "Zoë"}


def test_another_file_under_the_same_path_is_another_matter(run, reviewed, four):
    content = four.read_bytes()
    four.write_bytes(content + b"\xec\x80")  # a void element: another file with the same pictures
    try:
        assert run().code == 0
    finally:
        four.write_bytes(content)
    assert starts(reviewed) == [FIRST, SECOND, THIRD, FOURTH]
    assert "review" not in statement_of(reviewed / "talk")


def test_a_stretch_with_other_ends_is_another_one(run, reviewed):
    assert run("--set", "segments.onset=0.99", "--set", "segments.offset=0.99").code == 0
    stated = statement_of(reviewed / "talk")
    assert starts(reviewed)
    assert "review" not in stated
    assert [entry["segment"]["start"] for entry in stated["absent"]] == [FIRST, SECOND, THIRD]


def test_who_is_removed_is_in_no_decision_that_waits(run, reviewed, slceleb):
    run(*STRICTER)
    assert slceleb("corpus", "remove", reviewed, "--person", "Red").code == 0
    assert "Red" not in (reviewed / "talk/source.json").read_text()
    assert not statement_of(reviewed / "talk")["absent"]
