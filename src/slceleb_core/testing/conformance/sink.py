"""What a sink must do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import ClassVar

import pytest

from slceleb_core.errors import OutputError
from slceleb_core.stages import Revision, Sink, SinkJob, StageContext
from slceleb_core.testing import builders
from slceleb_core.testing.clips import FailingClipper
from slceleb_core.testing.conformance.common import StageConformance
from slceleb_core.testing.stand import Results, Stand, nothing_known, results, tree


def before_any_video(_stand: Stand, _sink: Sink) -> SinkJob | None:
    """Do nothing."""
    return None


def after_start(stand: Stand, sink: Sink) -> SinkJob | None:
    """Begin a video."""
    return stand.begin(sink, Results())


def among_frames(stand: Stand, sink: Sink) -> SinkJob | None:
    """Begin a video and hand over some frames."""
    return stand.begin(sink, Results(frames=results().frames[:10]))


def after_segments(stand: Stand, sink: Sink) -> SinkJob | None:
    """Hand over everything."""
    return stand.begin(sink, results())


def after_commit(stand: Stand, sink: Sink) -> SinkJob | None:
    """Commit: another sink may fail after this one has finished."""
    return stand.commit(sink, results())


def after_publishing(stand: Stand, sink: Sink) -> SinkJob | None:
    """Finish a video."""
    stand.publish(sink, results())
    return None


MOMENTS: tuple[Callable[[Stand, Sink], SinkJob | None], ...] = (
    before_any_video,
    after_start,
    among_frames,
    after_segments,
    after_commit,
    after_publishing,
)
"""Ways to get a sink to a moment at which it may be aborted; each returns the job that it is in."""


class SinkConformance(StageConformance):
    """The contract of ``Sink``.

    Fixture ``stand``: stands in for the pipeline, on folders of the test's own.

    Override :meth:`content` where files of equal meaning differ in their bytes.
    """

    stage: ClassVar[type[Sink]]

    @pytest.fixture
    def stand(self, tmp_path: Path) -> Stand:
        """Return what plays the pipeline."""
        return Stand(tmp_path / "disk")

    def content(self, path: str, data: bytes) -> object:  # noqa: ARG002 - for those who override it
        """Return what two runs on the same input must have in common of a file; by default every byte."""
        return data

    def meaning(self, folder: Path) -> dict[str, object]:
        """Return :func:`tree` with the content that counts."""
        return {path: None if data is None else self.content(path, data) for path, data in tree(folder).items()}

    def test_writes_only_into_its_folder(self, opened: Sink, stand: Stand) -> None:
        """Until it is published: nothing else on the disk is made, changed or deleted."""
        before = tree(stand.root)
        job = stand.commit(opened, results())
        assert tree(stand.root, without=job.folder) == before

    def test_leaves_earlier_results_alone(self, opened: Sink, stand: Stand) -> None:
        """What has been published stays, whoever wrote it, while the next video is written."""
        stand.publish(opened, results(), "earlier")
        before = tree(stand.root)
        job = stand.commit(opened, results())
        assert tree(stand.root, without=job.folder) == before

    def test_publishes_only_into_the_output_folder(self, opened: Sink, stand: Stand) -> None:
        """A table of the whole run belongs there."""
        before = tree(stand.root, without=stand.output)
        stand.publish(opened, results())
        assert tree(stand.root, without=stand.output) == before

    def test_same_input_gives_the_same_files(self, opened: Sink, stand: Stand, tmp_path: Path) -> None:
        """A second run replaces the first, adds nothing to it, and gives what a run elsewhere gives."""
        stand.publish(opened, results())
        first = self.meaning(stand.output)
        stand.publish(opened, results())
        assert self.meaning(stand.output) == first
        elsewhere = Stand(tmp_path / "elsewhere")
        elsewhere.publish(opened, results())
        assert set(tree(elsewhere.output)) == set(first)

    def test_a_second_video_is_its_own(self, opened: Sink, stand: Stand, context: StageContext, tmp_path: Path) -> None:
        """It gets nothing of the first, and leaves the first as it is."""
        first = stand.publish(opened, results(), "first")
        before = tree(first)
        second = stand.publish(opened, results(("Grace Hopper",), name="second"), "second")
        assert tree(first) == before
        alone = Stand(tmp_path / "alone")
        with self.stage(self.config(), context) as other:
            expected = alone.publish(other, results(("Grace Hopper",), name="second"), "second")
        assert set(tree(second)) == set(tree(expected))

    def test_nothing_found_is_a_result(self, opened: Sink, stand: Stand) -> None:
        """No segment, no person, no sound, not a single frame."""
        stand.publish(opened, nothing_known(), "silent")
        stand.publish(opened, Results(), "empty")

    @pytest.mark.parametrize("moment", MOMENTS)
    def test_abort_leaves_nothing_outside(
        self, opened: Sink, stand: Stand, moment: Callable[[Stand, Sink], SinkJob | None]
    ) -> None:
        """At any moment, and twice; then the next video runs as if nothing had been."""
        stand.publish(opened, results(), "earlier")
        before = tree(stand.root)
        job = moment(stand, opened)
        if job is None:
            before = tree(stand.root)
        opened.abort()
        opened.abort()
        assert tree(stand.root, without=job.folder if job else None) == before
        if job is not None:
            shutil.rmtree(job.folder)
        expected = set(tree(stand.output / "earlier"))
        assert set(tree(stand.publish(opened, results(), "next"))) == expected, "what follows an abort is not whole"

    def test_files_are_closed_by_abort(self, opened: Sink, stand: Stand) -> None:
        """The folder is deleted then: a file still held open would keep its space."""
        job = among_frames(stand, opened)
        opened.abort()
        assert job is not None
        assert not _held_open(job.folder)

    def test_files_are_closed_by_commit(self, opened: Sink, stand: Stand) -> None:
        """The folder is moved then: what is not written yet would be missing."""
        assert not _held_open(stand.commit(opened, results()).folder)

    @pytest.mark.parametrize(
        "person",
        ["Ada Lovelace", "Zoë Ångström-李", "../escape", "../../escape", "/absolute", "..", ".", "a/b", "a\\b", "-rf"],
    )
    def test_names_do_not_escape(self, opened: Sink, stand: Stand, person: str) -> None:
        """A person may be called anything: everything is written, and inside the folder."""
        name = f"{stand.root}{person}" if person.startswith("/") else person
        before = tree(stand.root, without=stand.output)
        folder = stand.publish(opened, results((name, "Grace Hopper")))
        found = sum(data is not None for data in tree(folder).values())
        plain = stand.publish(opened, results(), "plain")
        assert tree(stand.root, without=stand.output) == before, f"{name!r} escaped from the output folder"
        assert {path.name for path in stand.output.iterdir() if path.is_dir()} == {
            ".partial",
            "another",
            "plain",
            "video",
        }
        assert found == sum(data is not None for data in tree(plain).values()), f"files of {name!r} are missing"

    def test_declares_what_it_leaves(self, opened: Sink, stand: Stand) -> None:
        """Whoever says whose some files are, or revises them, says so of all that stand in a video's folder."""
        if self.stage.outputs or self.stage.revise is not Sink.revise:
            names = [path.name for path in stand.publish(opened, results()).iterdir()]
            unclaimed = [name for name in names if not any(fnmatchcase(name, known) for known in self.stage.outputs)]
            assert not unclaimed, f"{unclaimed} are not among the outputs that {self.stage.__name__} declares"

    def test_revises_what_it_left(self, opened: Sink, stand: Stand) -> None:
        """Nothing is left of what is taken out, all else stays, and the same call once more changes nothing."""
        given = results()
        folder = stand.publish(opened, given)
        gone, *standing = given.segments
        revision = Revision(folder, folder.name, tuple(standing), (gone,), person=gone.person)
        before = tree(stand.root, without=folder)
        if not opened.revise(revision):
            return  # it leaves that to the core, which takes its files out
        assert tree(stand.root, without=folder) == before, "it has changed something else than the video's folder"
        found = tree(folder)
        for word in (gone.id, gone.person):
            naming = [path for path, data in found.items() if word in path or (data and word.encode() in data)]
            assert not naming, f"{word!r} is taken out, and stands in {naming}"
        once = self.meaning(folder)
        assert opened.revise(revision)
        assert self.meaning(folder) == once

    def test_a_full_disk_is_reported(self, opened: Sink, stand: Stand) -> None:
        """An error while cutting comes out, at the latest from commit; the video can then be aborted."""
        before = tree(stand.root)
        stand.clips = FailingClipper(OutputError("no space left on the disk"))
        job = stand.job()
        opened.start(job)
        raised = False
        try:
            stand.feed(opened, results())
            opened.commit(builders.summary(video=stand.video))
        except OutputError:
            raised = True
        assert raised or not stand.clips.cuts, "a clip could not be cut, and nobody was told"
        opened.abort()
        assert tree(stand.root, without=job.folder) == before

    def test_opens_again_after_closing(self, opened: Sink, stand: Stand) -> None:
        """A closed stage can be opened once more, and gives the same."""
        first = set(tree(stand.publish(opened, results(), "first")))
        opened.close()
        self.open(opened)
        assert set(tree(stand.publish(opened, results(), "second"))) == first


def _held_open(folder: Path) -> list[str]:
    """Return the files below `folder` that this process has open; none where the system does not tell."""
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        return []
    targets = [os.path.realpath(path) for path in descriptors.iterdir()]
    return [target for target in targets if target.startswith(f"{folder.resolve()}{os.sep}")]
