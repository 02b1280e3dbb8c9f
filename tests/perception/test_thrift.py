"""Faces are found with little work, and nothing that counts is lost by it: through the door of the pipeline."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from slceleb_core.decision.attention import THOROUGH
from slceleb_core.decision.identity import Gallery
from slceleb_core.errors import PluginError
from slceleb_core.geometry import intersection_over_union
from slceleb_core.pipeline import Pipeline
from slceleb_core.profile import Profile
from slceleb_core.registry import Registry
from slceleb_core.results import FrameResult, Rejection, Segment, TrackResult
from slceleb_core.settings import Settings
from slceleb_core.stages import StageContext
from slceleb_core.testing import (
    BLUE,
    RED,
    FakeDetector,
    FakeLipSpeaker,
    FakeMeshingDetector,
    FakePlugin,
    FakeRecognizer,
    FakeSpeaker,
    Person,
    Scene,
    SyntheticTalker,
    write_video,
)
from slceleb_core.types import AudioSpan, FaceCrops

TALKER = SyntheticTalker(seed=1, duration=6.0)
LISTENER = SyntheticTalker(seed=2, duration=6.0).frozen()
LEFT, RIGHT = (10.0, 30.0, 60.0, 90.0), (95.0, 30.0, 145.0, 90.0)
SILENCE = AudioSpan(np.zeros(96_000, np.float32), 0.0)
SECTIONS = {"detect": {"use": "fake-meshing"}, "embed": {"use": "fake"}, "speaker": {"use": "fake-lips"}}


@pytest.fixture
def ada(tmp_path):
    """Give the gallery of a red square."""
    return gallery_of(RED)


def gallery_of(*colours):
    recognizer = FakeRecognizer(FakeRecognizer.Config(), StageContext(models=None))
    recognizer.open()
    images = np.stack([np.full((112, 112, 3), colour, np.uint8) for colour in colours])
    names = tuple(f"person {number}" for number in range(len(colours)))
    return Gallery(names, recognizer.embed(FaceCrops.untracked(images)), frozenset(names))


def ran(tmp_path, video, gallery, economy=None, *, detector=FakeMeshingDetector, speaker=FakeLipSpeaker, **sections):
    """Return the results of a video, and its summary."""
    registry = Registry.of(FakePlugin(detector=detector, speaker=speaker))
    chosen = {**SECTIONS, **sections, **({} if economy is None else {"economy": economy})}
    settings = Settings(cache=tmp_path / "cache")
    with Pipeline.from_profile(Profile.model_validate(chosen), registry=registry, settings=settings) as pipeline:
        run = pipeline.run(video, gallery)
        return list(run.results()), run.summary


def of(kind, results):
    return [result for result in results if isinstance(result, kind)]


def faces_of(results, person):
    return [face for frame in of(FrameResult, results) for face in frame.faces if face.person == person]


def filmed(tmp_path, *people, audio=None, duration=4.0, **options):
    audio = TALKER.audio() if audio is None else audio
    return write_video(tmp_path / "film.mkv", people, audio=audio, duration=duration, **options)


@pytest.mark.parametrize("fps", [12, 25, 30, 60])
def test_what_is_found_is_what_is_found_by_looking_at_everything(tmp_path, ada, fps):
    film = filmed(tmp_path, Person(RED, LEFT, TALKER), Person(BLUE, RIGHT, LISTENER), fps=fps)
    (less, told), (more, _) = (ran(tmp_path, film, ada, economy) for economy in (None, THOROUGH.model_dump()))
    assert [(s.person, s.track) for s in of(Segment, less)] == [(s.person, s.track) for s in of(Segment, more)]
    for one, other in zip(of(Segment, less), of(Segment, more), strict=True):
        assert (one.start, one.end) == pytest.approx((other.start, other.end), abs=0.1)
    tracks = [[(t.id, t.first_frame, t.last_frame, t.person) for t in of(TrackResult, found)] for found in (less, more)]
    assert tracks[0] == tracks[1]
    assert told.statistics["faces_compared"] < told.statistics["faces"] / 4


def test_a_stranger_alone_is_placed_and_not_followed(tmp_path, ada):
    results, told = ran(tmp_path, filmed(tmp_path, Person(BLUE, LEFT, TALKER)), ada)
    frames = of(FrameResult, results)
    assert [len(frame.faces) for frame in frames] == [1] * len(frames)
    late = [face for frame in frames if frame.time > 1 for face in frame.faces]
    assert {face.speaking for face in late} == {None}
    assert sum(face.looked for face in late) <= len(late) / 4
    assert not of(Segment, results)
    assert [rejection.gate.name for rejection in of(Rejection, results)] == ["similarity"]
    assert told.statistics["faces_looked_at"] < told.statistics["faces"] / 2


def test_a_stranger_alone_is_looked_for_less_often(tmp_path, ada):
    told = [
        ran(tmp_path, filmed(tmp_path, Person(colour, LEFT, TALKER)), ada, {"mesh_rate": 5})[1]
        for colour in (BLUE, RED)
    ]
    searched = [summary.statistics["faces_looked_at"] for summary in told]
    assert searched[0] <= 0.7 * searched[1]


def test_whoever_is_seen_with_a_candidate_is_a_rival_and_followed(tmp_path, ada):
    film = filmed(
        tmp_path,
        Person(BLUE, RIGHT, TALKER),
        duration=5.0,
        cuts=[Scene(2.0, (Person(RED, LEFT), Person(BLUE, RIGHT, TALKER)))],
    )
    frames = of(FrameResult, ran(tmp_path, film, ada)[0])
    alone = [face for frame in frames if 1.0 < frame.time < 1.9 for face in frame.faces]
    beside = [face for frame in frames if frame.time > 2.2 for face in frame.faces if face.person is None]
    assert {face.speaking for face in alone} == {None}
    assert None not in {face.speaking for face in beside}


def test_where_no_voice_is_heard_lips_are_not_followed_and_the_gate_says_vad(tmp_path, ada):
    results, _ = ran(tmp_path, filmed(tmp_path, Person(RED, LEFT, TALKER), audio=SILENCE), ada)
    assert {face.speaking for face in faces_of(results, "person 0")} == {None}
    assert [rejection.gate.name for rejection in of(Rejection, results)] == ["vad"]


def test_without_sound_nobody_looks_at_lips(tmp_path, ada):
    film = write_video(tmp_path / "mute.mkv", [Person(RED, LEFT, TALKER)], audio=None, duration=2.0)
    results, told = ran(tmp_path, film, ada)
    assert told.statistics["faces_looked_at"] < told.statistics["faces"] / 2
    assert not of(Segment, results)


def test_lips_are_followed_before_and_behind_a_voice(tmp_path, ada):
    sound = TALKER.audio()
    samples = np.concatenate([np.zeros(64_000, np.float32), sound.samples[:32_000], np.zeros(64_000, np.float32)])
    film = filmed(tmp_path, Person(RED, LEFT, TALKER), audio=AudioSpan(samples, 0.0), duration=10.0)
    frames = of(FrameResult, ran(tmp_path, film, ada)[0])
    followed = [frame.time for frame in frames if frame.faces[0].speaking is not None]
    assert 1.5 < followed[0] < 2.6
    assert 7.4 < followed[-1] < 8.6
    assert all(after - before < 0.05 for before, after in pairwise(followed))


class Walker(Person):
    """A person who walks to and fro."""

    def draw(self, image, time):
        shift = 30.0 * np.sin(1.5 * time)
        box = (self.box[0] + shift, self.box[1], self.box[2] + shift, self.box[3])
        Person(self.colour, box, self.talker).draw(image, time)


def test_places_in_between_are_where_the_face_is(tmp_path, ada):
    film = filmed(tmp_path, Walker(BLUE, (50.0, 30.0, 100.0, 90.0)))
    (less, _), (more, _) = (ran(tmp_path, film, ada, economy) for economy in (None, THOROUGH.model_dump()))
    for one, other in zip(of(FrameResult, less), of(FrameResult, more), strict=True):
        for placed, seen in zip(one.faces, other.faces, strict=True):
            assert intersection_over_union(np.array(placed.box), np.array(seen.box)) > 0.9


class Comer(Person):
    """A person who is there from 1.1 s until 2.3 s."""

    def draw(self, image, time):
        if 1.1 <= time < 2.3:
            super().draw(image, time)


@pytest.mark.parametrize("colour", [RED, BLUE])
def test_whoever_comes_and_goes_between_key_frames_is_there_from_the_first_frame_to_the_last(tmp_path, ada, colour):
    film = filmed(tmp_path, Comer(colour, LEFT, TALKER))
    (less, _), (more, _) = (ran(tmp_path, film, ada, economy) for economy in (None, THOROUGH.model_dump()))
    assert [len(f.faces) for f in of(FrameResult, less)] == [len(f.faces) for f in of(FrameResult, more)]


class Turncoat(Person):
    """A person who is somebody else from 3 s on, without a cut."""

    def draw(self, image, time):
        replace_with = RED if time >= 3 else self.colour
        Person(replace_with, self.box, self.talker).draw(image, time)


def test_what_nobody_looked_at_before_a_track_was_known_says_so(tmp_path):
    # both hues lie near each other for the tracker, and far apart for the recognizer
    film = filmed(tmp_path, Turncoat(BLUE, LEFT, TALKER), duration=6.0)
    results, _ = ran(tmp_path, film, gallery_of(RED), identity={"threshold": 0.1, "margin": 0.0})
    assert [track.person for track in of(TrackResult, results)] == ["person 0"]
    assert "followed" in {rejection.gate.name for rejection in of(Rejection, results) if rejection.start < 2}
    assert "asd" not in {rejection.gate.name for rejection in of(Rejection, results) if rejection.start < 2}
    assert of(Segment, results)[0].start > 2.5


def test_one_thread_gives_what_several_give(tmp_path, ada, monkeypatch):
    film = filmed(tmp_path, Person(RED, LEFT, TALKER), Person(BLUE, RIGHT, LISTENER), duration=3.0)
    many, _ = ran(tmp_path, film, ada)
    plain = Settings.stage_context
    monkeypatch.setattr(Settings, "stage_context", lambda self: replace(plain(self), threads=1))
    assert ran(tmp_path, film, ada)[0] == many


def test_a_detector_that_cannot_part_the_two_is_asked_for_every_frame(tmp_path, ada):
    film = filmed(tmp_path, Person(RED, LEFT, TALKER), Person(BLUE, RIGHT, LISTENER))
    registry = {"detector": FakeDetector, "speaker": FakeSpeaker}
    chosen = {role: {"use": "fake"} for role in ("detect", "embed", "speaker")}
    results, told = run_with(tmp_path, film, ada, registry, chosen)
    more, _ = run_with(tmp_path, film, ada, registry, {**chosen, "economy": THOROUGH.model_dump()})
    assert told.statistics["faces_looked_at"] == told.statistics["faces"]
    assert told.statistics["faces_compared"] < told.statistics["faces"] / 4
    assert [(s.person, s.start, s.end) for s in of(Segment, results)] == [
        (s.person, s.start, s.end) for s in of(Segment, more)
    ]


def run_with(tmp_path, video, gallery, stages, sections):
    settings = Settings(cache=tmp_path / "cache")
    chosen = Profile.model_validate(sections)
    with Pipeline.from_profile(chosen, registry=Registry.of(FakePlugin(**stages)), settings=settings) as pipeline:
        run = pipeline.run(video, gallery)
        return list(run.results()), run.summary


def test_a_speaker_that_looks_at_pictures_is_handed_them(tmp_path, ada):
    class Seeing(FakeLipSpeaker):
        needs_pixels = True

        def observe(self, frame, faces):
            assert frame.image.shape == (120, 160, 3)
            return super().observe(frame, faces)

    film = filmed(tmp_path, Person(RED, LEFT, TALKER))
    assert of(Segment, ran(tmp_path, film, ada, speaker=Seeing)[0])


def test_what_fails_while_lips_are_looked_at_fails_the_run(tmp_path, ada):
    class Failing(FakeMeshingDetector):
        calls = 0

        def mesh(self, windows):
            type(self).calls += 1
            if self.calls > 20:
                raise PluginError("the network gave up")
            return super().mesh(windows)

    with pytest.raises(PluginError, match="gave up"):
        ran(tmp_path, filmed(tmp_path, Person(RED, LEFT, TALKER)), ada, detector=Failing)


def test_lips_are_looked_at_as_often_as_is_asked(tmp_path, ada):
    film = filmed(tmp_path, Person(RED, LEFT, TALKER), fps=60)
    shares = []
    for rate in (None, 30.0, 15.0):
        _, told = ran(tmp_path, film, ada, {"mesh_rate": rate})
        shares.append(told.statistics["faces_looked_at"] / told.statistics["faces"])
    assert shares[0] == 1.0
    assert shares[1] == pytest.approx(0.5, abs=0.1)
    assert shares[2] == pytest.approx(0.3, abs=0.1)


class Runner(Person):
    """A person who dashes from the left to the right within a fifth of a second, faster than a box can be linked."""

    def draw(self, image, time):
        shift = 80.0 * float(np.clip((time - 1.5) / 0.24, 0.0, 1.0))
        box = (self.box[0] + shift, self.box[1], self.box[2] + shift, self.box[3])
        Person(self.colour, box, self.talker).draw(image, time)


def test_a_face_that_moves_too_fast_for_key_frames_stays_one(tmp_path, ada):
    film = filmed(tmp_path, Runner(RED, (5.0, 30.0, 55.0, 90.0), TALKER), fps=50)
    results, _ = ran(tmp_path, film, ada)
    assert [(track.person, track.frames) for track in of(TrackResult, results)] == [("person 0", 200)]
    assert {len(frame.faces) for frame in of(FrameResult, results)} == {1}


class Passer(Person):
    """A person who vanishes behind another one."""

    def draw(self, image, time):
        shift = 85.0 * float(np.clip((time - 1.5) / 0.3, 0.0, 1.0))
        box = (self.box[0] + shift, self.box[1], self.box[2] + shift, self.box[3])
        Person(self.colour, box, self.talker).draw(image, time)


def test_who_vanishes_behind_another_is_not_taken_for_that_one(tmp_path, ada):
    film = filmed(tmp_path, Passer(RED, LEFT), Person(BLUE, RIGHT, TALKER), fps=50)
    tracks = of(TrackResult, ran(tmp_path, film, ada)[0])
    assert sorted((track.person or "", track.start < 0.1, track.end > 3.9) for track in tracks) == [
        ("", True, True),
        ("person 0", True, False),
    ]
