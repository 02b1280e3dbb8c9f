"""A video is gone through twice: all of it is seen before the first score, and before the first decision."""

import errno
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from slceleb_core import hookimpl
from slceleb_core.artefacts import ArtefactStore
from slceleb_core.errors import OutputError
from slceleb_core.pipeline import Pipeline
from slceleb_core.profile import Profile
from slceleb_core.registry import Registry
from slceleb_core.results import FrameResult
from slceleb_core.run import Progress, _row_spool
from slceleb_core.settings import Settings
from slceleb_core.sinks import slceleb_sinks
from slceleb_core.testing import (
    BLUE,
    RED,
    FakePlugin,
    FakeSpeaker,
    MemorySink,
    Person,
    Scene,
    SyntheticTalker,
    write_video,
)

TALKER = SyntheticTalker(seed=1, duration=14.0)
LEFT, RIGHT = (10.0, 30.0, 60.0, 90.0), (95.0, 30.0, 145.0, 90.0)
FAKES = {"detect": {"use": "fake"}, "embed": {"use": "fake"}, "speaker": {"use": "fake"}, "spans": {"seconds": 5.0}}


class BuiltIn:
    @hookimpl
    def slceleb_sinks(self):
        return slceleb_sinks()


class Surveying(FakeSpeaker):
    """Writes down what it is asked, and scores by what it has counted of the whole video."""

    def start(self, video):
        self.asked, self.rows = ["start"], {}

    def listen(self, sound):
        self.asked.append("listen")

    def observe(self, frame, faces):
        self.asked.append("observe")
        return super().observe(frame, faces)

    def survey(self, tracks, audio, own):
        self.asked.append(("survey", own.start, own.end, audio.start, audio.end))
        for track in tracks:
            self.rows.setdefault(track.id, []).extend(track.frames[own.holds(track.times)].tolist())

    def score(self, tracks, audio):
        self.asked.append("score")
        counted = sum(len(rows) for rows in self.rows.values())
        return [
            replace(
                scores,
                speaking=scores.speaking / (1 + counted),
                chance=np.where(scores.speaking > 0.5, 1e-9 * counted, np.nan),
                overlap=np.asarray(scores.speaking, np.float64) / 3,
            )
            for scores in super().score(tracks, audio)
        ]


@pytest.fixture(scope="module")
def cut_video(tmp_path_factory):
    """Two are seen for 8 s, nobody for one, and one of them for 5."""
    here = [Person(RED, LEFT, TALKER), Person(BLUE, RIGHT, TALKER.frozen())]
    cuts = [Scene(8.0, ()), Scene(9.0, (Person(BLUE, LEFT, TALKER),))]
    return write_video(
        tmp_path_factory.mktemp("media") / "cut.mkv", here, audio=TALKER.audio(), duration=14.0, cuts=cuts
    )


@pytest.fixture
def opened(tmp_path):
    """Give a function that opens a pipeline of fakes."""
    made = []

    def open_pipeline(*sinks, plugin=None, store=None):
        registry = Registry.of(plugin or FakePlugin(speaker=Surveying), BuiltIn())
        profile = Profile.model_validate({**FAKES, "sinks": [{"use": name} for name in sinks]})
        settings = Settings(cache=tmp_path / "cache")
        made.append(Pipeline.from_profile(profile, registry=registry, settings=settings, artefacts=store))
        return made[-1].__enter__()

    yield open_pipeline
    for pipeline in made:
        pipeline.__exit__(None, None, None)


def test_all_is_seen_and_surveyed_before_the_first_score(opened, cut_video):
    pipeline = opened()
    frames = [result for result in pipeline.run(cut_video).results() if isinstance(result, FrameResult)]
    stage = pipeline._open["speaker"]
    asked = [what if isinstance(what, str) else what[0] for what in stage.asked]
    assert asked[:2] == ["start", "listen"]
    assert set(asked[2 : asked.index("score")]) == {"observe", "survey"}
    assert set(asked[asked.index("score") :]) == {"score"}
    assert asked.count("observe") == len(frames) == 350


def test_what_is_a_spans_own_is_handed_over_once(opened, cut_video):
    pipeline = opened()
    frames = [result for result in pipeline.run(cut_video).results() if isinstance(result, FrameResult)]
    stage = pipeline._open["speaker"]
    surveyed = [what[1:] for what in stage.asked if what[0] == "survey"]
    bounds = [bound for begin, end, *_ in surveyed for bound in (begin, end)]
    assert len(surveyed) == 4  # two of the first shot, one of each other, that without a face too
    assert bounds == sorted(bounds)
    assert (bounds[0], bounds[-1]) == (frames[0].time, pytest.approx(14.0))
    assert bounds[1:-1:2] == pytest.approx(bounds[2::2])
    assert all(heard <= begin and end <= until + 1e-6 for begin, end, heard, until in surveyed)
    seen = {}
    for frame in frames:
        for face in frame.faces:
            seen.setdefault(face.track, []).append(frame.index)
    assert stage.rows == seen


def test_scores_by_the_whole_video_are_the_same_from_what_is_kept(opened, cut_video, tmp_path):
    store = ArtefactStore(tmp_path / "artefacts")
    plain = list(opened().run(cut_video).results())
    first = list(opened(store=store).run(cut_video).results())
    replaying = opened(store=store)
    run = replaying.run(cut_video)
    assert plain == first == list(run.results())
    assert all(run.summary.statistics["cache"].values())
    assert "speaker" not in replaying._open


def test_observations_that_are_kept_are_surveyed(opened, cut_video, tmp_path):
    store = ArtefactStore(tmp_path / "artefacts")
    plain = list(opened(store=store).run(cut_video).results())
    for scores in (store.root / "scores").rglob("*.zip"):
        scores.unlink()
    run = opened(store=store).run(cut_video)
    assert list(run.results()) == plain
    assert (run.summary.statistics["cache"]["observations"], run.summary.statistics["cache"]["scores"]) == (True, False)


def test_what_was_perceived_is_kept_even_where_the_rest_fails(opened, cut_video, tmp_path):
    """Perceiving is a night's work; a disk that is full when results are written costs the minutes behind it."""

    class Tired(Surveying):
        def score(self, tracks, audio):
            raise RuntimeError("tired")

    store = ArtefactStore(tmp_path / "artefacts")
    with pytest.raises(RuntimeError, match="tired"):
        list(opened(plugin=FakePlugin(speaker=Tired), store=store).run(cut_video).results())
    run = opened(store=store).run(cut_video)
    assert list(run.results())
    cache = run.summary.statistics["cache"]
    assert (cache["faces"], cache["scores"]) == (True, False)


def test_a_run_that_is_left_while_it_perceives_keeps_nothing(opened, cut_video, tmp_path):
    store = ArtefactStore(tmp_path / "artefacts")

    def leave(progress):
        if progress.frames == 300:
            raise KeyboardInterrupt

    run = opened(store=store).run(cut_video, observer=leave)
    with pytest.raises(KeyboardInterrupt):
        list(run)
    assert not run.going_on
    assert [path for path in store.root.rglob("*") if path.is_file()] == []


def test_sinks_begin_before_the_first_frame_is_looked_at(opened, cut_video, tmp_path):
    """Where results cannot be written at all, that is known before the night, not behind it."""
    looked = []

    class Refusing(MemorySink):
        name = "refusing"

        def start(self, job):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    pipeline = opened("refusing", plugin=FakePlugin(sink=Refusing))
    with pytest.raises(OutputError, match="cannot write the results of"):
        pipeline.process(cut_video, tmp_path / "out", observer=looked.append)
    assert looked == []


def test_progress_goes_on_while_frames_are_judged(opened, cut_video):
    seen: list[Progress] = []
    list(opened().run(cut_video, observer=seen.append))
    told = [(progress.frames, progress.judged) for progress in seen]
    assert told == [(n, 0) for n in range(1, 351)] + [(350, n) for n in range(1, 351)]
    assert {progress.time for progress in seen[350:]} == {seen[349].time}


def test_a_run_that_is_left_in_the_middle_of_either_pass_leaves_no_file_open(opened, cut_video, monkeypatch):
    monkeypatch.setattr(_row_spool, "IN_MEMORY", 1)
    before = open_files()

    def leave(progress):
        raise KeyboardInterrupt

    pipeline = opened()
    run = pipeline.run(cut_video, observer=leave)
    with pytest.raises(KeyboardInterrupt):
        next(run.results())
    assert open_files() == before
    results = pipeline.run(cut_video).results()
    next(results)
    assert len(open_files()) == len(before) + 2  # the sound, and the rows
    results.close()
    assert open_files() == before


def open_files():
    """Return what of files without a name is open."""
    links = [str(entry.readlink()) for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()]
    return sorted(link for link in links if link.endswith("(deleted)"))
