"""Pictures are decoded beside the work on them, and nobody can tell but by the clock."""

from __future__ import annotations

import shutil
import threading
import time

import pytest

from slceleb_core import hookimpl
from slceleb_core.artefacts import ArtefactStore
from slceleb_core.errors import VideoError
from slceleb_core.pipeline import Pipeline
from slceleb_core.profile import Profile, bind
from slceleb_core.registry import Registry
from slceleb_core.run import _steps
from slceleb_core.settings import Settings
from slceleb_core.sinks import slceleb_sinks
from slceleb_core.stages import StageContext
from slceleb_core.testing import RED, FakePlugin, Person, SyntheticTalker, write_video
from slceleb_core.timing import Timings

TALKER = SyntheticTalker(seed=1, duration=4.0)
FAKES = {"detect": {"use": "fake"}, "embed": {"use": "fake"}, "speaker": {"use": "fake"}}


class BuiltIn:
    @hookimpl
    def slceleb_sinks(self):
        return slceleb_sinks()


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    person = Person(RED, (10.0, 30.0, 60.0, 90.0), TALKER)
    return write_video(tmp_path_factory.mktemp("media") / "v.mkv", [person], audio=TALKER.audio(), duration=4.0)


@pytest.fixture
def opened(tmp_path):
    """Give a function that opens a pipeline which keeps to so many threads."""
    made = []

    def open_pipeline(threads, store=None):
        registry = Registry.of(FakePlugin(), BuiltIn())
        bound = bind(Profile.model_validate({**FAKES, "sinks": []}), registry)
        context = StageContext(models=Settings(cache=tmp_path / "cache").model_store(), threads=threads)
        made.append(Pipeline(bound, registry, context, store))
        return made[-1].__enter__()

    yield open_pipeline
    for pipeline in made:
        pipeline.__exit__(None, None, None)


@pytest.fixture
def drawn(monkeypatch):
    """The threads that frames are drawn in."""
    names = set()
    before = _steps.mark_shots

    def marked(frames, config):
        for frame in before(frames, config):
            names.add(threading.current_thread().name)
            yield frame

    monkeypatch.setattr(_steps, "mark_shots", marked)
    return names


def told(run):
    results = list(run.results())
    statistics = {name: value for name, value in run.summary.statistics.items() if "second" not in name}
    statistics = {name: value for name, value in statistics.items() if name != "real_time_factor"}
    return results, run.summary.warnings, statistics


@pytest.mark.parametrize("max_frames", [None, 40])
def test_one_thread_and_two_find_the_same(opened, video, drawn, max_frames):
    alone = told(opened(1).run(video, max_frames=max_frames))
    assert drawn == {"MainThread"}
    drawn.clear()
    assert told(opened(2).run(video, max_frames=max_frames)) == alone
    assert drawn == {"slceleb-ahead"}
    assert (max_frames is None) == (not alone[1])


def test_so_they_do_of_a_file_that_ends_early(opened, video, tmp_path):
    short = tmp_path / "short.mkv"
    short.write_bytes(video.read_bytes()[: video.stat().st_size * 2 // 3])
    alone = told(opened(1).run(short))
    assert any("truncated" in line for line in alone[1])
    assert told(opened(2).run(short)) == alone


def test_so_they_do_when_faces_are_known(opened, video, tmp_path):
    stores = [ArtefactStore(tmp_path / name) for name in ("one", "two")]
    plain = [list(opened(threads, store).run(video).results()) for threads, store in zip((1, 2), stores, strict=True)]
    for store in stores:
        for kind in ("scores", "observations"):
            shutil.rmtree(store.root / kind)
    again = [list(opened(threads, store).run(video).results()) for threads, store in zip((1, 2), stores, strict=True)]
    assert again[0] == again[1] == plain[0] == plain[1]


def test_a_run_that_is_left_leaves_no_thread(opened, video):
    def leave(progress):
        if progress.frames == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(opened(2).run(video, observer=leave).results())
    assert not [thread for thread in threading.enumerate() if thread.name == "slceleb-ahead"]


def test_what_fails_while_it_is_read_ahead_fails_as_it_does_otherwise(opened, video, monkeypatch):
    def failing(frames, config):
        for frame in frames:
            if frame.index == 30:
                raise OSError(5, "Input/output error")
            yield frame

    monkeypatch.setattr(_steps, "mark_shots", failing)
    for threads in (1, 2):
        seen = []
        with pytest.raises(VideoError, match="cannot be read on"):
            list(
                opened(threads).run(video, observer=lambda progress, seen=seen: seen.append(progress.frames)).results()
            )
        assert 0 < seen[-1] < 30


def test_seconds_are_counted_by_several_threads():
    timings = Timings()

    def spend():
        for _ in range(100):
            with timings.stage("both"):
                time.sleep(0.0001)
            assert timings.seconds["both"] > 0

    workers = [threading.Thread(target=spend) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert timings.seconds["both"] >= 4 * 100 * 0.0001
