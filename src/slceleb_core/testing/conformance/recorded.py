"""What is shown on recordings, where a package that carries them is installed, or a clip is given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from slceleb_core.errors import SlcelebError
from slceleb_core.models import ModelStore
from slceleb_core.perception.steps import crop_faces
from slceleb_core.stages import Recognizer, Speaker, StageContext
from slceleb_core.testing import recordings
from slceleb_core.testing.conformance.common import StageBench
from slceleb_core.testing.conformance.detector import FRAMES, DetectorConformance, MeshingDetectorConformance
from slceleb_core.testing.conformance.recognizer import RecognizerConformance
from slceleb_core.testing.conformance.speaker import Claims, all_of, claimed
from slceleb_core.testing.recordings import Recording
from slceleb_core.types import Array, AudioSpan, Frame

CROPS = 4
"""Pictures of each person that are compared: four of a clip of some seconds differ in little but the moment."""


def clip_of(named: Path | None) -> Path:
    """Return the clip that was named, or the one that a package carries; skip the test where there is none."""
    found = named or recordings.carried(recordings.CLIP)
    if found is None:
        pytest.skip(recordings.HOW_TO_GET_IT)
    return found


@contextmanager
def _or_skip() -> Iterator[None]:
    """Skip the test where what it takes beside the stage is not to be had."""
    try:
        yield
    except SlcelebError as error:
        pytest.skip(str(error))


@cache
def _recording(clip: Path, required: frozenset[str], models: tuple[Path, Path | None, frozenset[str]]) -> Recording:
    """Return a clip, looked at by whichever installed detector gives what is required; once in a process."""
    cached, folder, accepts = models
    store = ModelStore(cached, folder, offline=True, accepts=accepts)
    with recordings.find_detector(required, StageContext(store, "cpu", offline=True)) as detector:
        return recordings.recorded(clip, detector)


def recording_of(clip: Path, required: frozenset[str], context: StageContext) -> Recording:
    """Return a clip with its faces; skip the test where no installed detector can look at it."""
    with _or_skip():
        models = context.models
        return _recording(clip, required, (models.cache, models.folder, models.accepts))


class _OnFrames:
    """A detector's suite, on the frames of a recording.

    ``clip``: a video in which a face is seen from the beginning on; None: one that a package carries.
    """

    clip: ClassVar[Path | None] = None

    @pytest.fixture
    def frames(self) -> list[Frame]:
        """Return its first frames."""
        with _or_skip():
            return recordings.frames_of(clip_of(self.clip))[:FRAMES]


class RecordedDetectorConformance(_OnFrames, DetectorConformance):
    """The contract of ``Detector`` on a recorded face, which has to be found."""


class RecordedMeshingDetectorConformance(_OnFrames, MeshingDetectorConformance):
    """The contract of ``MeshingDetector`` on a recorded face, which has to be found."""


class RecordedRecognizerConformance(RecognizerConformance):
    """The contract of ``Recognizer`` with two recorded people, who have to be told apart.

    Their faces are found and aligned by whichever installed detector gives five points. They are 40 pixels wide, too
    small for the operating point that a model's authors publish to hold: SFace takes these two for .37 alike.
    """

    test_the_operating_point_parts_them = None  # type: ignore[assignment]

    @pytest.fixture
    def people(self, fresh: Recognizer, context: StageContext) -> dict[str, list[Array]]:
        """Return crops of the two who are seen in the clip that a package carries."""
        recording = recording_of(clip_of(None), frozenset({"keypoints5"}), context)
        return {name: _crops(recording, track, fresh) for name, track in zip("ab", recording.tracks, strict=False)}


def _crops(recording: Recording, track: int, recognizer: Recognizer) -> list[Array]:
    """Return some aligned faces of a track, uint8 [size, size, 3] each, as a recognizer wants them."""
    seen = recording.alone(track).seen
    return [crop_faces(each.picture, each.faces, recognizer)[0] for each in seen[:: max(1, len(seen) // CROPS)][:CROPS]]


class RecordedSpeakerClaims(Claims, StageBench):
    """What a speaker stage claims, shown on a recorded talker.

    ``clip``: a video in which the face that is seen most speaks for most of the first seconds; None: one that a package
    carries, in which a second person listens.

    Attributes
    ----------
    margin
        By how much the mean score of a voice in sync must be above that of one that is not.
    loudness_tolerance
        By how much the mean score may change when the sound gets 10 times softer or 5 times louder.
    """

    stage: ClassVar[type[Speaker]]
    clip: ClassVar[Path | None] = None
    margin: ClassVar[float] = 0.05
    loudness_tolerance: ClassVar[float] = 0.1

    @pytest.fixture
    def recording(self, context: StageContext) -> Recording:
        """Return the clip with its faces."""
        return recording_of(clip_of(self.clip), self.stage.requires, context)

    @pytest.fixture
    def talker(self, recording: Recording) -> Recording:
        """Return who talks, and nobody beside them."""
        return recording.alone(recording.tracks[0])

    @staticmethod
    def score(speaker: Speaker, recording: Recording, audio: AudioSpan) -> dict[int, float]:
        """Return the mean score of each track, in a video with that sound."""
        speaker.start(recording.video)
        tracks = recordings.tracks_of(speaker, recording)
        speaker.listen(audio)
        speaker.survey(tracks, audio, all_of(tracks))
        scores = speaker.score(tracks, audio)
        return {track.id: float(of.speaking.mean()) for track, of in zip(tracks, scores, strict=True)}

    def talking(self, speaker: Speaker, talker: Recording, audio: AudioSpan) -> float:
        """Return the mean score of one who is alone."""
        (score,) = self.score(speaker, talker, audio).values()
        return score

    @claimed("sync")
    def test_in_sync_is_above_late_and_silent(self, opened: Speaker, talker: Recording) -> None:
        """A voice that is not in time with the lips, or no voice at all, scores lower than one that is."""
        in_sync = self.talking(opened, talker, talker.audio)
        late = self.talking(opened, talker, recordings.delayed(talker.audio, 0.8))
        silent = self.talking(opened, talker, replace(talker.audio, samples=np.zeros_like(talker.audio.samples)))
        assert in_sync >= late + self.margin, f"in sync {in_sync:.3f}, late {late:.3f}"
        assert in_sync >= silent + self.margin, f"in sync {in_sync:.3f}, silent {silent:.3f}"

    @claimed("dub")
    def test_own_voice_is_above_anothers(self, opened: Speaker, talker: Recording) -> None:
        """Somebody else's voice over a face scores lower than the own one."""
        audio = talker.audio
        voice = recordings.another_voice(audio.end - audio.start, audio.start)
        if voice is None:
            pytest.skip(recordings.HOW_TO_GET_IT)
        own, dubbed = self.talking(opened, talker, audio), self.talking(opened, talker, voice)
        assert own >= dubbed + self.margin, f"own {own:.3f}, another's {dubbed:.3f}"

    @claimed("dub")
    def test_a_still_face_is_below_a_moving_one(self, opened: Speaker, talker: Recording) -> None:
        """A voice over a still picture scores lower than over the face that speaks."""
        own = self.talking(opened, talker, talker.audio)
        frozen = self.talking(opened, talker.frozen(), talker.audio)
        assert own >= frozen + self.margin, f"own {own:.3f}, frozen {frozen:.3f}"

    @claimed("dub")
    def test_a_listener_is_below_the_talker(self, opened: Speaker, recording: Recording) -> None:
        """Of two who are seen, the one who listens scores lower."""
        if self.clip is not None:
            pytest.skip("nobody says that the second face of a clip of your own listens")
        scores = self.score(opened, recording, recording.audio)
        talker, listener = (scores[track] for track in recording.tracks[:2])
        assert talker >= listener + self.margin, f"the talker {talker:.3f}, the listener {listener:.3f}"

    @claimed("rivals")
    def test_of_two_moving_mouths_the_one_whose_voice_it_is_wins(self, opened: Speaker, talker: Recording) -> None:
        """The second half of the clip is seen beside the first, with the sound of either."""
        beside, first, second = talker.halves()
        for audio, own, other in ((first, 0, 1), (second, 1, 0)):
            scores = self.score(opened, beside, audio)
            assert scores[own] > scores[other], f"the speaker {scores[own]:.3f}, the other {scores[other]:.3f}"

    @claimed("loudness")
    @pytest.mark.parametrize("gain", [0.1, 5.0])
    def test_loudness_does_not_matter(self, opened: Speaker, talker: Recording, gain: float) -> None:
        """Recordings differ in level."""
        normal = self.talking(opened, talker, talker.audio)
        changed = self.talking(opened, talker, replace(talker.audio, samples=talker.audio.samples * np.float32(gain)))
        assert abs(changed - normal) <= self.loudness_tolerance, f"{normal:.3f}, at gain {gain}: {changed:.3f}"
