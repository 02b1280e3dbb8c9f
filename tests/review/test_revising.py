"""Sinks of plugins learn of what changes in a finished folder: they revise what they wrote, or it is taken out."""

import json

import pytest

from slceleb_core import hookimpl, sinks
from slceleb_core.corpus import removal
from slceleb_core.corpus.folders import ASIDE
from slceleb_core.disk.output import SOURCE, statement_of
from slceleb_core.errors import UsageError
from slceleb_core.manifests import MANIFESTS
from slceleb_core.manifests.exporting import export
from slceleb_core.registry import Registry
from slceleb_core.review.applying import apply_review
from slceleb_core.review.decisions import Decision, Review
from slceleb_core.review.removing import remove_person, remove_video
from slceleb_core.stages import Sink, StageConfig
from slceleb_core.testing.conformance import SinkConformance

ADA, GRACE = "Ada Lovelace", "Grace Hopper"


def line(segment):
    return f"{segment.start:.2f} {segment.person} {segment.id}\n"


class Silent(Sink):
    """A sink that leaves ``silent.txt`` and cannot revise it."""

    name = "silent"
    Config = StageConfig
    outputs = ("silent.*",)

    def start(self, job):
        """Begin."""

    def commit(self, summary):
        """Finish."""

    def abort(self):
        """Let go."""


class Labels(Silent):
    """A sink that revises what it wrote."""

    name = "labels"
    outputs = ("labels.txt",)
    asked = ()
    collected = 0

    def start(self, job):
        self._job, self._lines = job, []

    def segment(self, segment):
        self._lines.append(line(segment))

    def commit(self, summary):
        (self._job.folder / "labels.txt").write_text("".join(self._lines), encoding="utf-8")

    def revise(self, revision):
        type(self).asked += (revision,)
        (revision.folder / "labels.txt").write_text("".join(map(line, revision.segments)), encoding="utf-8")
        return True

    def collect(self, output_dir):
        type(self).collected += 1


class Broken(Silent):
    """A sink that fails."""

    name = "broken"
    outputs = ("broken.txt",)

    def revise(self, revision):
        raise RuntimeError("no such thing")


class Plugin:
    @hookimpl
    def slceleb_sinks(self):
        return [Labels, Silent, Broken]


class BuiltIn:
    @hookimpl
    def slceleb_sinks(self):
        return [*sinks.slceleb_sinks(), *MANIFESTS]


REGISTRY = Registry.of(Plugin(), BuiltIn())


@pytest.fixture
def written(corpus):
    """Return the two talks, with what sinks of plugins have left in their folders."""
    Labels.asked, Labels.collected = (), 0
    for folder in (corpus / "studio", corpus / "hörsaal 100%?"):
        stated = statement_of(folder)
        used = [{"use": name, "options": {}} for name in ("json", "labels", "silent", "broken", "gone")]
        stated["report"]["provenance"] = {**stated["report"]["provenance"], "profile": {"sinks": used}}
        (folder / SOURCE).write_text(json.dumps(stated))
        for name in ("labels.txt", "silent.txt", "broken.txt", "gone.txt"):
            lines = [f"{segment['start']:.2f} {segment['person']} {segment['id']}\n" for segment in segments(folder)]
            (folder / name).write_text("".join(lines))
    return corpus


def segments(folder):
    return statement_of(folder)["report"]["segments"]


def review(**decisions):
    return Review("Zoë", "", {key.replace("_", "-"): Decision(verdict) for key, verdict in decisions.items()})


def labelled(corpus):
    return [text.split()[-1] for text in (corpus / "studio" / "labels.txt").read_text().splitlines()]


def test_what_a_review_takes_out_is_taken_out_by_the_sink(written, caplog):
    before = labelled(written)
    applied = apply_review(review(studio_0002="reject"), written, REGISTRY)
    assert labelled(written) == [key for key in before if key != "studio-0002"]
    (told,) = Labels.asked
    assert (told.name, [segment.id for segment in told.gone], told.person) == ("studio", ["studio-0002"], None)
    assert Labels.collected == 1
    assert applied.left == (written / "studio" / "gone.txt",)  # nobody knows whose that is
    assert (written / "hörsaal 100%?" / "silent.txt").exists()
    for name in ("silent.txt", "broken.txt"):
        assert not (written / "studio" / name).exists()
        assert "studio-0002" in (written / ASIDE / "studio" / name).read_text()
        assert f"{name} is taken out: its sink has not brought it in line" in caplog.text
    assert "the sink broken could not revise what it wrote of studio: no such thing" in caplog.text


def test_what_is_accepted_after_all_comes_back_into_it(written):
    before = labelled(written)
    apply_review(review(studio_0002="reject"), written, REGISTRY)
    apply_review(review(studio_0002="accept"), written, REGISTRY)
    assert labelled(written) == before
    assert [segment.id for segment in Labels.asked[-1].back] == ["studio-0002"]


def test_what_was_set_aside_before_is_not_overwritten(written):
    for key, text in (("studio_0002", "first"), ("studio_0001", "second")):
        (written / "studio" / "silent.txt").write_text(text)
        apply_review(review(**{key: "reject"}), written, REGISTRY)
    aside = written / ASIDE / "studio"
    assert [(aside / name).read_text() for name in ("silent.txt", "silent~1.txt")] == ["first", "second"]


def test_a_person_who_is_taken_out_is_taken_out_by_the_sink(written):
    removed = remove_person(written, ADA, registry=REGISTRY)
    assert removed.left == ()
    text = (written / "studio" / "labels.txt").read_text()
    assert GRACE in text
    assert ADA not in text
    assert {told.person for told in Labels.asked} == {ADA}
    assert not {"silent.txt", "broken.txt", "gone.txt"} & {path.name for path in (written / "studio").iterdir()}


def test_what_a_review_had_set_aside_goes_with_the_person(written):
    apply_review(review(studio_0002="reject"), written, REGISTRY)
    assert remove_person(written, ADA, registry=REGISTRY).left == ()
    assert not (written / ASIDE / "studio" / "silent.txt").exists()


def test_a_sink_is_told_of_a_video_that_is_taken_out(written):
    remove_video(written, "studio", registry=REGISTRY)
    (told,) = [told for told in Labels.asked if told.name == "studio"]  # the other one is of the same file
    assert (told.removed, told.segments) == (True, ())
    assert "studio-0002" in {segment.id for segment in told.gone}
    assert not (written / "studio").exists()


def test_whoever_was_stopped_in_the_middle_has_the_sink_asked_again(written, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(removal, "take_segments", lambda *_: (_ for _ in ()).throw(RuntimeError("killed")))
        with pytest.raises(RuntimeError):
            apply_review(review(studio_0002="reject"), written, REGISTRY)
    apply_review(review(), written, REGISTRY)
    assert [[segment.id for segment in told.gone] for told in Labels.asked] == [["studio-0002"]] * 2
    assert "studio-0002" not in labelled(written)


def test_a_sink_that_is_asked_for_by_nobody_is_not_asked(corpus):
    Labels.asked = ()
    (corpus / "studio" / "labels.txt").write_text("of an unknown sink")
    applied = apply_review(review(studio_0002="reject"), corpus, REGISTRY)
    assert (Labels.asked, applied.left) == ((), (corpus / "studio" / "labels.txt",))


def test_what_was_exported_by_a_sink_that_writes_no_manifest_is_written_again(corpus):
    Labels.collected = 0
    assert list(export(corpus, ["labels", "rttm"], None, REGISTRY)) == [corpus, corpus / "manifests" / "rttm"]
    apply_review(review(studio_0002="reject"), corpus, REGISTRY)
    assert Labels.collected == 2


def test_a_sink_that_writes_nothing_of_a_whole_corpus_is_no_form_of_it(corpus):
    with pytest.raises(UsageError, match="--to silent: no such form"):
        list(export(corpus, ["silent"], None, REGISTRY))


class TestLabels(SinkConformance):
    stage = Labels
