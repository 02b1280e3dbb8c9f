"""Decisions carried out: what goes out, what is written down, and what is refused."""

import csv
import json
import shutil

import pytest

from slceleb_core.batch.lock import claimed
from slceleb_core.corpus.reading import read_corpus
from slceleb_core.errors import UsageError
from slceleb_core.manifests.rttm import RttmSink
from slceleb_core.output import statement_of
from slceleb_core.review.applying import ASIDE, apply_review
from slceleb_core.review.decisions import Decision, Review, read_review
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
    assert (applied.accepted, applied.toll.segments, applied.already) == (1, 1, 0)
    assert before - ids(corpus) == {"studio-0002"}
    assert "studio-0002" not in {
        one["id"] for one in json.loads((corpus / "studio/result.json").read_text())["segments"]
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
    assert (again.toll.segments, again.already) == (0, 1)
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
        patched.setattr(removal, "_write_again", lambda *_: (_ for _ in ()).throw(RuntimeError("killed")))
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
