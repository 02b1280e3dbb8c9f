"""Decisions carried out: what goes out, what is written down, and what is refused."""

import csv
import gzip
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from slceleb_core.corpus.folders import ASIDE
from slceleb_core.corpus.reading import read_corpus
from slceleb_core.disk.lock import claimed
from slceleb_core.disk.output import statement_of
from slceleb_core.disk.removals import Removal, read_removals
from slceleb_core.errors import UsageError
from slceleb_core.manifests.rttm import RttmSink
from slceleb_core.review.applying import apply_review
from slceleb_core.review.decisions import Decision, Review, read_review
from slceleb_core.review.page import data_of
from slceleb_core.review.refreshing import refreshing
from slceleb_core.review.writing import write_report
from slceleb_core.sinks.table import TableSink
from slceleb_core.testing import builders


def review(**decisions):
    """Return a review by Zoë; `_` in an id stands for `-`."""
    made = {
        key.replace("_", "-"): Decision(verdict, "why", "2026-01-02T03:04:05Z") for key, verdict in decisions.items()
    }
    return Review("Zoë", "", made)


def ids(output):
    return {utterance.id for utterance in read_corpus(output).utterances()}


def files(output):
    """Return every file's content but the lock's, which says who has had it."""
    return {
        path.relative_to(output): path.read_bytes()
        for path in sorted(output.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def test_a_rejected_segment_goes_out_of_everything(corpus):
    for sink in (TableSink(TableSink.Config(), builders.context()), RttmSink(RttmSink.Config(), builders.context())):
        sink.collect(corpus)
    before = ids(corpus)
    applied = apply_review(review(studio_0002="reject", studio_0001="accept"), corpus)
    assert (applied.accepted, applied.stats.segments, applied.already) == (1, 1, 0)
    assert before - ids(corpus) == {"studio-0002"}
    assert "studio-0002" not in {
        segment["id"] for segment in json.loads((corpus / "studio/result.json").read_text())["segments"]
    }
    for table in (corpus / "segments.csv", corpus / "studio/segments.csv"):
        with table.open() as stream:
            assert "studio-0002" not in {row["id"] for row in csv.DictReader(stream)}
    assert len((corpus / "manifests/rttm/corpus.rttm").read_text().splitlines()) == len(before) - 1
    assert not list(corpus.glob("studio/clips/*/studio-0002.*"))
    assert len(list(corpus.glob(f"{ASIDE}/studio/clips/Grace Hopper/studio-0002.*"))) == 2


def test_who_decided_what_and_when_is_kept(corpus):
    apply_review(review(studio_0002="reject", studio_0001="accept"), corpus)
    kept = statement_of(corpus / "studio")["review"]
    assert kept["studio-0001"] == {
        "decision": "accept",
        "note": "why",
        "reviewer": "Zoë",
        "when": "2026-01-02T03:04:05Z",
    }
    assert kept["studio-0002"]["decision"] == "reject"
    assert kept["studio-0002"]["segment"]["person"] == "Grace Hopper"


def test_statistics_no_longer_count_it(corpus):
    apply_review(review(studio_0002="reject"), corpus)
    for stated in (statement_of(corpus / "studio")["report"], json.loads((corpus / "studio/result.json").read_text())):
        assert stated["statistics"]["segments"] == 3
        assert stated["statistics"]["persons"]["Grace Hopper"]["segments"] == 1


def test_applied_again_it_changes_nothing(corpus):
    wanted = review(studio_0002="reject", studio_0001="accept")
    apply_review(wanted, corpus)
    before = files(corpus)
    again = apply_review(wanted, corpus)
    assert (again.stats.segments, again.already) == (0, 1)
    assert files(corpus) == before


def test_the_key_of_a_video_stays_so_that_a_rerun_leaves_it_alone(corpus):
    before = statement_of(corpus / "studio")
    apply_review(review(studio_0002="reject"), corpus)
    after = statement_of(corpus / "studio")
    assert (after["key"], after["fingerprint"], after["video"]) == (
        before["key"],
        before["fingerprint"],
        before["video"],
    )


def test_a_review_that_was_stopped_in_the_middle_is_gone_on_with(corpus, monkeypatch):
    from slceleb_core.corpus import removal

    wanted = review(studio_0002="reject", studio_0005="reject")
    with monkeypatch.context() as patched:
        patched.setattr(removal, "bring_in_line", lambda *_: (_ for _ in ()).throw(RuntimeError("killed")))
        with pytest.raises(RuntimeError):
            apply_review(wanted, corpus)
    page = (corpus / "report.html").read_text()
    apply_review(wanted, corpus)
    assert (corpus / "report.html").read_text() != page
    assert {"studio-0002", "studio-0005"}.isdisjoint(ids(corpus))
    assert len(list(corpus.glob(f"{ASIDE}/studio/clips/*/*.mp4"))) == 2


@pytest.mark.parametrize(
    ("decisions", "said"),
    [
        ({"studio-0009": Decision("reject")}, "there is no segment studio-0009 in"),
        ({"a": Decision("reject"), "b": Decision("accept")}, "there is no segment a (nor 1 more) in"),
        ({"studio-0001": Decision("reject", start=5.0)}, "studio-0001 is another stretch now"),
        ({"studio-0001": Decision("reject", person="Eve")}, "studio-0001 is another stretch now"),
    ],
)
def test_what_does_not_fit_is_refused_whole(corpus, decisions, said):
    before = files(corpus)
    with pytest.raises(UsageError, match=said.replace("(", r"\(").replace(")", r"\)")):
        apply_review(Review("Zoë", "", {"studio-0002": Decision("reject"), **decisions}), corpus)
    assert files(corpus) == before


def test_a_folder_in_use_is_left_alone(corpus):
    with claimed(corpus), pytest.raises(UsageError, match="works in the output folder"):
        apply_review(review(studio_0001="reject"), corpus)


def test_a_folder_that_is_not_there_is_not_made(tmp_path):
    with pytest.raises(UsageError, match="there is no output folder"):
        apply_review(review(), tmp_path / "gone")
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no JSON"),
        ("[]", "is no review"),
        ('{"format": 2, "decisions": {}}', "has the format 2"),
        ('{"format": 1, "decisions": {"a": "maybe"}}', "the decision on a is neither accept nor reject"),
        ('{"format": 1, "decisions": {"a": {"decision": "accept", "start": "x"}}}', "has 'x' as its start"),
        ('{"format": 1, "decisions": {}, "notes": [1]}', "its notes are"),
        ('{"format": 1, "decisions": {}, "notes": {"a": {"note": 1}}}', "the note on a is 1"),
    ],
)
def test_a_file_that_is_no_review_is_refused(tmp_path, text, said):
    path = tmp_path / "review.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=said):
        read_review(path)


@pytest.mark.parametrize(
    ("corpus_url", "folder"),
    [
        ("file:///data/two%20talks%20%231/", "/data/two talks #1"),
        ("file://localhost/data/", "/data"),
        ("http://127.0.0.1:8000/", None),
        ("", None),
    ],
)
def test_the_folder_is_where_the_page_stood(corpus_url, folder):
    found = Review("", corpus_url, {}).folder()
    assert (None if found is None else str(found)) == folder


def test_the_commands(slceleb, talks, tmp_path):
    output = tmp_path / "out"
    shutil.copytree(talks, output)
    (output / "report.html").unlink()
    done = slceleb("report", output)
    assert (done.code, done.out.strip()) == (0, str(output / "report.html"))
    path = tmp_path / "review.json"
    decisions = {"studio-0001": {"decision": "reject"}, "studio-0002": {"decision": "accept"}}
    path.write_text(json.dumps({"format": 1, "reviewer": "Zoë", "corpus": output.as_uri(), "decisions": decisions}))
    done = slceleb("review", "apply", path)
    assert (done.code, done.out.strip()) == (0, f"1 accepted, 1 segment (3.4 s) moved to {output / ASIDE}")
    done = slceleb("review", "apply", path, output, "--json")
    assert json.loads(done.out)["already"] == 1
    path.write_text(json.dumps({"format": 1, "decisions": {"nobody-1": "reject"}}))
    done = slceleb("review", "apply", path)
    assert done.code == 2
    assert "does not say which folder" in done.err
    done = slceleb("review", "apply", path, output)
    assert done.code == 2
    assert "there is no segment nobody-1" in done.err
    assert slceleb("report", tmp_path / "gone").code == 2


def test_notes_without_a_decision_are_said_not_to_be_taken_in(slceleb, talks, tmp_path):
    output = tmp_path / "out"
    shutil.copytree(talks, output)
    path = tmp_path / "review.json"
    notes = {"studio-0001": {"note": "ask Ann"}}
    path.write_text(json.dumps({"format": 1, "decisions": {"studio-0002": "accept"}, "notes": notes}))
    done = slceleb("review", "apply", path, output)
    assert done.code == 0
    assert "1 note on segments that are not decided on" in done.err
    assert "ask Ann" not in (output / "studio" / "source.json").read_text()


def judged(corpus, reviewer="Ann", **decisions):
    """Return a later review, by somebody else."""
    return replace(review(**decisions), reviewer=reviewer)


def standing(output):
    """Return every file but those that say what was decided, and when."""
    said = {"source.json", "removals.jsonl"}
    return {path: content for path, content in files(output).items() if path.name not in said}


def without_review(output):
    return {
        recording.name: {**statement_of(recording.folder), "review": None}
        for recording in read_corpus(output).recordings
    }


def collected(corpus):
    for sink in (TableSink(TableSink.Config(), builders.context()), RttmSink(RttmSink.Config(), builders.context())):
        sink.collect(corpus)
    write_report(corpus)


@pytest.mark.parametrize("going", [["studio_0002"], ["studio_0001", "studio_0003", "studio_0005"]])
def test_what_was_taken_out_comes_back_into_everything(corpus, going):
    collected(corpus)
    before, stated = standing(corpus), without_review(corpus)
    apply_review(review(**dict.fromkeys(going, "reject")), corpus)
    assert standing(corpus) != before
    applied = apply_review(review(**dict.fromkeys(going, "accept")), corpus)
    assert (applied.accepted, applied.restored, applied.stats.segments) == (len(going), len(going), 0)
    assert standing(corpus) == before
    assert without_review(corpus) == stated
    assert not (corpus / ASIDE).exists()


def test_one_review_takes_out_and_brings_back(corpus):
    apply_review(review(studio_0002="reject"), corpus)
    applied = apply_review(review(studio_0002="accept", studio_0003="reject"), corpus)
    assert (applied.restored, applied.stats.segments) == (1, 1)
    assert {"studio-0002", "studio-0003"} & ids(corpus) == {"studio-0002"}


def test_who_took_it_out_and_who_brought_it_back_is_kept(corpus):
    apply_review(review(studio_0002="reject"), corpus)
    later = {"studio-0002": Decision("accept", "it is her after all", "2026-02-02T00:00:00Z")}
    apply_review(Review("Ann", "", later), corpus)
    kept = statement_of(corpus / "studio")["review"]["studio-0002"]
    assert (kept["decision"], kept["reviewer"], kept["note"]) == ("accept", "Ann", "it is her after all")
    assert kept["earlier"] == [{"decision": "reject", "note": "why", "reviewer": "Zoë", "when": "2026-01-02T03:04:05Z"}]
    apply_review(judged(corpus, "Bo", studio_0002="reject"), corpus)
    kept = statement_of(corpus / "studio")["review"]["studio-0002"]
    assert [entry["reviewer"] for entry in kept["earlier"]] == ["Zoë", "Ann"]
    assert kept["segment"]["person"] == "Grace Hopper"
    before = files(corpus)
    apply_review(judged(corpus, "Bo", studio_0002="reject"), corpus)
    assert files(corpus) == before


@pytest.mark.parametrize("at", ["bring_in_line", "record", "settle", "_add_rows"])
def test_bringing_back_that_was_stopped_is_gone_on_with(corpus, monkeypatch, at):
    from slceleb_core.corpus import restoring
    from slceleb_core.review import applying, resuming

    places = {"bring_in_line": resuming, "record": applying, "settle": resuming, "_add_rows": restoring}
    collected(corpus)
    before = standing(corpus)
    apply_review(review(studio_0002="reject"), corpus)
    with monkeypatch.context() as patched:
        patched.setattr(places[at], at, lambda *_, **__: (_ for _ in ()).throw(RuntimeError("killed")))
        with pytest.raises(RuntimeError):
            apply_review(review(studio_0002="accept"), corpus)
    apply_review(review(studio_0002="accept"), corpus)
    assert standing(corpus) == before
    assert statement_of(corpus / "studio")["review"]["studio-0002"]["decision"] == "accept"


def stopped(corpus, wanted, monkeypatch):
    """Apply a review whose reviewer is stopped when the first segment is about to be taken out of its files."""
    from slceleb_core.corpus import removal

    with monkeypatch.context() as patched:
        patched.setattr(removal, "take_segments", lambda *_: (_ for _ in ()).throw(RuntimeError("killed")))
        with pytest.raises(RuntimeError):
            apply_review(wanted, corpus)


def test_the_next_reviewer_finishes_what_was_stopped_and_is_not_taken_for_it(corpus, monkeypatch):
    stopped(corpus, review(studio_0002="reject"), monkeypatch)
    assert "studio-0002" in ids(corpus)
    applied = apply_review(judged(corpus, "Ann", studio_0003="reject"), corpus)
    assert (applied.stats.segments, applied.resumed) == (1, 1)
    assert not {"studio-0002", "studio-0003"} & ids(corpus)
    records = {removal.by: removal for removal in read_removals(corpus)}
    assert set(records) == {"Zoë", "Ann"}
    assert all(removal.finished and removal.stats.segments == 1 for removal in records.values())
    assert records["Zoë"].among(["studio-0002", "studio-0003"]) == ("studio-0002",)
    assert records["Ann"].among(["studio-0002", "studio-0003"]) == ("studio-0003",)
    assert "studio-000" not in (corpus / "removals.jsonl").read_text()  # the record is no trace of a video's name
    assert len(list(corpus.glob(f"{ASIDE}/studio/clips/*/*.mp4"))) == 2


def test_what_was_to_be_deleted_is_deleted_by_whoever_finishes_it(corpus, monkeypatch):
    from slceleb_core.corpus import removal

    def take_out():
        record = Removal("segments", "a program")
        return removal.take_out(corpus, ["studio-0002"], record, refreshing())

    with monkeypatch.context() as patched:
        patched.setattr(removal, "take_segments", lambda *_: (_ for _ in ()).throw(RuntimeError("killed")))
        with pytest.raises(RuntimeError):
            take_out()
    apply_review(review(studio_0003="reject"), corpus)
    assert not {"studio-0002", "studio-0003"} & ids(corpus)
    assert {path.stem for path in corpus.glob(f"{ASIDE}/**/*.mp4")} == {"studio-0003"}
    before = files(corpus)
    assert take_out().segments == 1  # the same call again has nothing left to do
    assert files(corpus) == before


def test_whoever_accepts_what_another_was_stopped_at_rejecting_has_it_back(corpus, monkeypatch):
    before = standing(corpus)
    stopped(corpus, review(studio_0002="reject"), monkeypatch)
    applied = apply_review(judged(corpus, "Ann", studio_0002="accept"), corpus)
    assert (applied.restored, applied.resumed) == (1, 1)
    assert {path: content for path, content in standing(corpus).items() if path.name != "report.html"} == {
        path: content for path, content in before.items() if path.name != "report.html"
    }
    kept = statement_of(corpus / "studio")["review"]["studio-0002"]
    assert (kept["reviewer"], kept["decision"]) == ("Ann", "accept")
    assert [entry["reviewer"] for entry in kept["earlier"]] == ["Zoë"]


def test_outputs_that_nobody_here_can_edit_are_named(slceleb, corpus, tmp_path):
    """A sink of a plugin has written a file, and the annotated video shows every segment."""
    for name in ("labels.txt", "annotated.mp4"):
        (corpus / "studio" / name).write_text("1.0 2.0 studio-0002")
    (corpus / "hörsaal 100%?" / "labels.txt").write_text("of a video of which nothing is rejected")
    path = tmp_path / "review.json"
    decisions = {"studio-0002": "reject", "hörsaal 100%?-0001": "accept"}
    path.write_text(json.dumps({"format": 1, "decisions": decisions}))
    done = slceleb("review", "apply", path, corpus, "--json")
    assert done.code == 0
    left = [str(corpus / "studio" / name) for name in ("annotated.mp4", "labels.txt")]
    assert json.loads(done.out)["left"] == left
    assert "2 outputs of other sinks are as before this review" in done.err
    done = slceleb("review", "apply", path, corpus)  # it is said as long as they are there
    assert all(f"  {output}\n" in done.err for output in left)
    for output in left:
        Path(output).unlink()
    assert "other sink" not in slceleb("review", "apply", path, corpus).err


def test_another_stretch_is_not_brought_back(corpus):
    apply_review(review(studio_0002="reject"), corpus)
    with pytest.raises(UsageError, match="studio-0002 is another stretch now"):
        apply_review(Review("Ann", "", {"studio-0002": Decision("accept", start=99.0)}), corpus)


def test_what_an_earlier_run_had_set_aside_is_neither_lost_nor_taken_for_this_one(corpus):
    old = corpus / ASIDE / "studio/clips/Grace Hopper/studio-0002.wav"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"of other results")
    (new,) = corpus.glob("studio/clips/*/studio-0002.wav")
    sound = new.read_bytes()
    apply_review(review(studio_0002="reject"), corpus)
    assert old.read_bytes() == sound
    apply_review(review(studio_0002="accept"), corpus)
    assert new.read_bytes() == sound
    assert [path.read_bytes() for path in old.parent.iterdir()] == [b"of other results"]


def test_lists_of_a_split_are_said_not_to_have_it(corpus, slceleb, caplog):
    assert slceleb("corpus", "split", corpus).code == 0
    apply_review(review(studio_0002="reject"), corpus)
    apply_review(review(studio_0002="accept"), corpus)
    assert "lists of the split" in caplog.text


@pytest.mark.parametrize("how", ["rejected", "rejected, and no page and no results as JSON", "brought back"])
def test_nothing_of_a_removed_person_is_left_in_what_a_review_has_set_aside(corpus, slceleb, how):
    grace = [utterance for utterance in read_corpus(corpus).utterances() if utterance.person == "Grace Hopper"]
    contents = [path.read_bytes() for utterance in grace for path in (utterance.audio, utterance.video)]
    write_report(corpus)
    pictures = set(pictures_of(corpus, "Grace Hopper"))
    assert pictures
    decisions = {utterance.id: Decision("reject", "somebody else") for utterance in grace}
    apply_review(Review("Zoë", "", decisions), corpus)
    if how == "brought back":
        apply_review(Review("Ann", "", {key: Decision("accept") for key in decisions}), corpus)
    if "no page" in how:
        for path in (corpus / "report.html", corpus / "studio/result.json", corpus / "studio/frames.jsonl.gz"):
            path.unlink()
    done = slceleb("corpus", "remove", corpus, "--person", "Grace Hopper")
    assert done.code == 0, done.err
    wanted = [*contents, *(picture.encode() for picture in pictures), b"Grace", b"somebody else"]
    left = [path for path, content in everything(corpus) if any(word in content for word in wanted)]
    assert left == []


def pictures_of(output, person):
    data = data_of(output / "report.html")
    for candidate in data["candidates"]:
        if candidate["person"] == person and candidate["kind"] == "segment":
            yield data["thumbs"][candidate["thumb"]].partition(",")[2]


def everything(output):
    """Yield every file with what is in it, unpacked as far as it is packed, and its name."""
    for path in sorted(output.rglob("*")):
        content = path.read_bytes() if path.is_file() else b""
        more = gzip.decompress(content) if path.suffix == ".gz" else b""
        yield path, str(path.relative_to(output)).encode() + content + more


def test_nothing_of_a_removed_video_is_left_in_what_a_review_has_set_aside(corpus, slceleb):
    sounds = [path.read_bytes() for path in sorted(corpus.glob("studio/clips/*/*.wav"))]
    apply_review(review(studio_0002="reject"), corpus)
    apply_review(review(studio_0003="reject", studio_0002="accept"), corpus)
    done = slceleb("corpus", "remove", corpus, "--video", "studio")
    assert done.code == 0, done.err
    assert [path for path, content in everything(corpus) if any(word in content for word in [*sounds, b"studio"])] == []
