"""How often a speaker stage is asked to observe, in which form what it gives is kept, and what becomes of the rest."""

import numpy as np
import pytest

from slceleb_core.artefacts import ArtefactStore
from slceleb_core.decision.attention import THOROUGH
from slceleb_core.pipeline import Pipeline
from slceleb_core.profile import Profile
from slceleb_core.registry import Registry
from slceleb_core.results import FrameResult
from slceleb_core.settings import Settings
from slceleb_core.testing import BLUE, RED, FakePlugin, FakeSpeaker, Person, Scene, SyntheticTalker, write_video
from slceleb_core.types import Scores

CUT = 0.8
TALKER = SyntheticTalker(seed=1, duration=2.0)
LEFT, RIGHT = (10.0, 30.0, 60.0, 90.0), (95.0, 30.0, 145.0, 90.0)
THRIFTY = {"key_interval": 0.0, "embed_interval": 1.0, "mesh": "all"}


class Recorder(FakeSpeaker):
    """Remembers of which frames it was asked, and what came back to be scored; scores a face by the time."""

    def start(self, video):
        self.__class__.asked, self.__class__.scored = [], []

    def observe_batch(self, frames, faces, tracks):
        assert [len(ids) for ids in tracks] == [len(seen) for seen in faces]
        self.asked.extend(frame.time for frame in frames)
        return [self.picture(frame, seen) for frame, seen in zip(frames, faces, strict=True)]

    def picture(self, frame, faces):
        return np.full((len(faces), 24, 24), frame.index % 256, np.uint8)

    def score(self, tracks, audio):
        self.scored.extend(tracks)
        return [
            Scores(track.times / 10, lag=track.times, mouth=track.times, diagnostics={"x": track.times})
            for track in tracks
        ]


class TenASecond(Recorder):
    observe_rate = 10.0


class NotWorthKeeping(TenASecond):
    keeps_observations = False


class Halves(Recorder):
    def picture(self, frame, faces):
        return np.full((len(faces), 3), frame.index / 3, np.float16)


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    path = tmp_path_factory.mktemp("media") / "talk.mkv"
    people = [Person(RED, LEFT, TALKER), Person(BLUE, RIGHT, TALKER.frozen())]
    write_video(path, people, audio=TALKER.audio(), duration=2.0, cuts=[Scene(CUT, (Person(BLUE, LEFT, TALKER),))])
    return path


@pytest.fixture
def run(tmp_path, video):
    """Give a function that runs over the video with a speaker stage, and returns its results."""

    def results(speaker, store=None, economy=None):
        fakes = {name: {"use": "fake"} for name in ("detect", "embed", "speaker")}
        profile = Profile.model_validate({**fakes, "economy": economy or THOROUGH.model_dump()})
        registry, settings = Registry.of(FakePlugin(speaker=speaker)), Settings(cache=tmp_path / "cache")
        with Pipeline.from_profile(profile, registry=registry, settings=settings, artefacts=store) as pipeline:
            made = pipeline.run(video)
            return list(made.results()), made.summary.statistics.get("cache", {})

    return results


def frames_of(results):
    return [result for result in results if isinstance(result, FrameResult)]


def test_a_stage_is_asked_of_every_frame_unless_it_says_otherwise(run):
    results, _ = run(Recorder)
    assert Recorder.asked == [frame.time for frame in frames_of(results)]


def test_a_stage_is_asked_as_often_as_it_wants_in_each_shot_from_its_first_frame(run):
    results, _ = run(TenASecond)
    times = [frame.time for frame in frames_of(results)]
    shots = [[time for time in times if time < CUT - 0.01], [time for time in times if time >= CUT - 0.01]]
    assert len(times) == 50
    for shot in shots:
        asked = [time for time in TenASecond.asked if shot[0] <= time <= shot[-1]]
        assert asked == shot[::3]  # 8.3 a second: the tenth of a second lies between two frames


def test_tracks_have_no_row_where_it_was_not_asked_and_each_keeps_its_dtype(run):
    run(TenASecond)
    assert TenASecond.scored
    for track in TenASecond.scored:
        assert track.observed is None
        assert set(np.round(track.times, 6)) <= set(np.round(TenASecond.asked, 6))
        assert track.observations.dtype == np.uint8
        assert (track.observations == (track.frames % 256)[:, None, None]).all()
    run(Halves)
    assert {track.observations.dtype for track in Halves.scored} == {np.dtype(np.float16)}


def test_in_between_scores_are_on_the_line_and_nothing_is_said_of_what_was_not_seen(run):
    results, _ = run(TenASecond)
    asked, seen = set(TenASecond.asked), 0
    last = max(TenASecond.asked[: TenASecond.asked.index(min(t for t in asked if t >= CUT - 0.01))])
    for frame in frames_of(results):
        for face in frame.faces:
            seen += 1
            if frame.time <= last:
                assert face.speaking == pytest.approx(frame.time / 10, abs=1e-6)
            assert (face.diagnostics is not None and np.isfinite(face.diagnostics["x"])) == (frame.time in asked)
    assert seen > 50


def test_what_is_kept_gives_the_same_again(run, tmp_path):
    store = ArtefactStore(tmp_path / "kept")
    first, fresh = run(TenASecond, store)
    for file in (tmp_path / "kept" / "scores").rglob("*.zip"):
        file.unlink()
    again, replayed = run(TenASecond, store)
    assert TenASecond.asked == []
    last, _ = run(TenASecond, store)
    assert repr(first) == repr(again) == repr(last)
    assert (fresh["observations"], replayed["observations"], replayed["scores"]) == (False, True, False)


def test_what_is_not_worth_keeping_is_made_again(run, tmp_path):
    store = ArtefactStore(tmp_path / "kept")
    first, _ = run(NotWorthKeeping, store)
    assert not list((tmp_path / "kept").glob("observations/**/*.zip"))
    for file in (tmp_path / "kept" / "scores").rglob("*.zip"):
        file.unlink()
    again, replayed = run(NotWorthKeeping, store)
    assert NotWorthKeeping.asked
    assert (replayed["faces"], replayed["observations"]) == (True, False)
    assert repr(first) == repr(again)


def test_a_stage_that_looks_at_pictures_is_not_asked_where_nobodys_lips_are_followed(run, monkeypatch):
    from slceleb_core.run import _economy

    class Late:
        def at(self, time):
            return time >= 0.4

    monkeypatch.setattr(_economy, "_lips", lambda *_: Late())
    results, _ = run(Recorder, economy=THRIFTY)
    assert min(Recorder.asked) == pytest.approx(0.4)
    for frame in frames_of(results):
        for face in frame.faces:
            expected = pytest.approx(frame.time / 10, abs=1e-6) if frame.time >= 0.4 else None
            assert face.speaking == expected


def test_a_stage_that_goes_by_landmarks_is_asked_of_every_frame(run, monkeypatch):
    from slceleb_core.run import _economy

    class Lips(Recorder):
        needs_pixels = False

    class Late:
        def at(self, time):
            return time >= 0.4

    monkeypatch.setattr(_economy, "_lips", lambda *_: Late())
    run(Lips, economy=THRIFTY)
    assert min(Lips.asked) == 0.0
