"""The clips that are composed: who talks in them, when, and which part of them is used."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

import cv2
import numpy as np

from slceleb_core.errors import SlcelebError, UsageError, VideoError
from slceleb_core.evaluation.compose.speech import Listener
from slceleb_core.evaluation.compose.stretches import Stretch, clipped, gaps, moved, total
from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.soundtracks import choose_sound
from slceleb_core.media.video import VideoReader
from slceleb_core.types import SAMPLE_RATE, Array, AudioSpan

log = logging.getLogger(__name__)

SUFFIXES = frozenset({".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ts", ".webm", ".wmv"})
"""Names of files that are taken for clips."""

SHORTEST = 1.5
"""Seconds that a clip must have, picture and sound together; with less there is nothing to correlate."""

LEAST_SPEECH = 0.5
"""Seconds of speech that the used part of a clip must have."""

WINDOW_STEP = 0.25
"""Seconds from one candidate for the used part of a clip to the next."""

LISTEN_MARGIN = 0.1
"""Seconds that are left out between listening and speech: lips move before they are heard."""

LEAST_LISTENING = 0.25
"""Seconds of silence, margins excluded, that can be played back and forth without looking like a still."""

LISTENING_WORTH = 2.0
"""Seconds of speech that are given up for a part in which the talker also listens once."""

LEAST_LONG = 8.0
"""Seconds from which on a part of a clip is a long one: more than twice of what a score looks at around a moment."""

MOTION_WIDTH = 64
"""Pixels to which a picture is shrunk before it is compared with the next: grain and blocks of the codec vanish, the
motion of a mouth does not."""

MOVING = 0.5
"""Share of the usual motion while speaking from which on a silent talker moves: of the project's clips, breathing lips
and nods have 0.5 to 1.2 of it, somebody who waits 0.2."""

Extent: TypeAlias = Literal["short", "long"]
"""The part of a clip with the most speech, or one of those that go through all of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """The used part of one clip; its times begin at 0.

    Attributes
    ----------
    name
        The clip's path below the folder of clips.
    path
        The file.
    talker
        Who talks in it.
    offset
        PTS seconds of the used part's beginning.
    duration
        Its seconds.
    times
        float64 [n]: when each of its pictures is shown, rising, the first at or near 0.
    first
        Index, in the file, of the first picture.
    size
        Width and height of the upright picture, in pixels.
    samples
        float32 [m]: its sound, mono, 16 kHz.
    speech
        When the talker speaks.
    motion
        float64 [n]: by how much each picture differs from the one before, of 255, on average; 0 for the first.
    extent
        Which kind of part it is.
    """

    name: str
    path: Path
    talker: str
    offset: float
    duration: float
    times: Array
    first: int
    size: tuple[int, int]
    samples: Array
    speech: tuple[Stretch, ...]
    motion: Array
    extent: Extent = "short"

    @property
    def interval(self) -> float:
        """Seconds from one picture to the next, as a rule."""
        return float(np.median(np.diff(self.times)))

    @property
    def listening(self) -> Stretch | None:
        """The longest stretch in which the talker is silent and can stand for a listener; None if there is none."""
        return listening_in(self.speech, self.duration)

    @property
    def pauses(self) -> tuple[Stretch, ...]:
        """Every stretch in which the talker is silent and can stand for a listener."""
        return pauses_in(self.speech, self.duration)

    @property
    def grimaces(self) -> tuple[Stretch, ...]:
        """Those of the pauses in which the picture moves much as it does while the talker speaks."""
        usual = float(np.median(self.motion[self._shown(self.speech)]))
        return tuple(pause for pause in self.pauses if self.motion[self._shown([pause])].mean() >= MOVING * usual)

    def _shown(self, stretches: Iterable[Stretch]) -> Array:
        """Return which pictures are shown in some stretches; a pause is longer than any picture is shown."""
        inside = [(self.times >= start) & (self.times < end) for start, end in stretches]
        return np.asarray(np.any(inside, axis=0))


def pauses_in(speech: Sequence[Stretch], duration: float) -> tuple[Stretch, ...]:
    """Return the silences of a clip that are long enough to be played back and forth, margins excluded."""
    silent = ((a + LISTEN_MARGIN * (a > 0), b - LISTEN_MARGIN * (b < duration)) for a, b in gaps(speech, 0.0, duration))
    return tuple((a, b) for a, b in silent if b - a >= LEAST_LISTENING)


def listening_in(speech: Sequence[Stretch], duration: float) -> Stretch | None:
    """Return the longest silence of a clip that is long enough to be played back and forth, margins excluded."""
    return max(pauses_in(speech, duration), key=lambda stretch: stretch[1] - stretch[0], default=None)


def list_clips(folder: Path) -> list[tuple[str, Path]]:
    """Return talker and file of every clip: ``<talker>/*.mp4`` or ``<talker>.mp4``, sorted by name.

    Raises
    ------
    UsageError
        There is no such folder, it cannot be read, or holds no clip.
    """
    try:
        entries = sorted(folder.iterdir())
        clips = [(entry.stem, entry) for entry in entries if entry.is_file() and _is_clip(entry)]
        for person in (entry for entry in entries if entry.is_dir() and not entry.name.startswith(".")):
            clips += [(person.name, clip) for clip in sorted(person.iterdir()) if clip.is_file() and _is_clip(clip)]
    except OSError as error:
        raise UsageError(
            f"{folder}: cannot be read: {error.strerror}", "name a folder of single-talker clips"
        ) from error
    if not clips:
        raise UsageError(f"{folder}: holds no clip", "expected <talker>.mp4 or <talker>/*.mp4")
    return sorted(clips, key=lambda clip: (clip[0], clip[1].name))


def _is_clip(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def find_sources(
    folder: Path,
    listener: Listener,
    *,
    seconds: float,
    long: float,
    labels: Mapping[str, tuple[Stretch, ...]] | None = None,
    include: Sequence[str] = (),
) -> list[Source]:
    """Return what can be composed of a folder of single-talker clips; what cannot is said in a warning each.

    Whether a face is visible is not looked at.

    Parameters
    ----------
    folder
        Holds ``<talker>.mp4`` or ``<talker>/*.mp4``.
    listener
        Tells when there is speech.
    seconds
        How much of each clip is used at most.
    long
        How long the long parts are at most, into which clips are divided besides.
    labels
        When there is speech, by clip, in PTS seconds, instead of `listener`.
    include
        Patterns (as of a shell) of the talkers to use; empty for all.

    Raises
    ------
    UsageError
        There is no clip, or fewer than two talkers are left.
    """
    clips = [clip for clip in list_clips(folder) if not include or _matches(clip[0], include)]
    sources = list(_usable(clips, folder, listener, (seconds, long), labels))
    talkers = {source.talker for source in sources}
    if len(talkers) < 2:
        raise UsageError(
            f"{folder}: {len(talkers)} talker{'s' * (len(talkers) != 1)} with a usable clip, at least 2 are needed",
            f"put <talker>.mp4 or <talker>/*.mp4 there: one face, its own voice, {SHORTEST:g} s or more",
        )
    return sources


def _matches(talker: str, patterns: Iterable[str]) -> bool:
    return any(Path(talker).match(pattern) for pattern in patterns)


def _usable(
    clips: Iterable[tuple[str, Path]],
    folder: Path,
    listener: Listener,
    lengths: tuple[float, float],
    labels: Mapping[str, tuple[Stretch, ...]] | None,
) -> Iterator[Source]:
    seconds, long = lengths
    for talker, path in clips:
        name = path.relative_to(folder).as_posix()
        try:
            whole = load_source(name, path, talker, listener, labels)
            yield _part_of(whole, *best_part(whole.speech, whole.duration, seconds))
        except SlcelebError as error:
            log.warning("clip not used: %s", error.message)
        else:
            if whole.duration > seconds:
                yield from long_parts(whole, long)


def load_source(
    name: str,
    path: Path,
    talker: str,
    listener: Listener,
    labels: Mapping[str, tuple[Stretch, ...]] | None,
) -> Source:
    """Return all of a clip in which there are both picture and sound; see :func:`find_sources`.

    Raises
    ------
    VideoError
        The clip cannot be read, or has no sound, or too little of either.
    """
    times, motion, size = look_at(path)
    choice = choose_sound(path)
    for warning in choice.warnings:
        log.warning("clip %s: %s", name, warning)
    audio = AudioTrack.decode(path, choice=choice)
    if audio is None:
        raise VideoError(f"{path}: no sound")
    with audio:
        start, end = max(times[0], audio.start), min(times[-1] + _period(times), audio.end)
        if end - start < SHORTEST:
            raise VideoError(f"{path}: {max(end - start, 0):.1f} s of picture and sound, {SHORTEST:g} s are needed")
        sound = audio.span(start, end)
    speech = _speech(name, path, sound, listener, labels)
    own, seconds = times - start, float(end - start)
    return Source(name, path, talker, float(start), seconds, own, 0, size, sound.samples, speech, motion)


def look_at(path: Path) -> tuple[Array, Array, tuple[int, int]]:
    """Return the times of a clip's pictures, by how much each differs from the one before, and their size.

    Raises
    ------
    VideoError
        The clip cannot be read.
    """
    times: list[float] = []
    motion: list[float] = []
    before: Array | None = None
    with VideoReader(path) as reader:
        for frame in reader.frames():
            seen = shrunk(frame.image)
            times.append(frame.time)
            motion.append(0.0 if before is None else float(np.abs(seen - before).mean()))
            before = seen
        return np.array(times), np.array(motion), (reader.info.width, reader.info.height)


def shrunk(image: Array) -> Array:
    """Return a small grey picture: float32 [height, `MOTION_WIDTH`]."""
    height = max(round(MOTION_WIDTH * image.shape[0] / image.shape[1]), 1)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, (MOTION_WIDTH, height), interpolation=cv2.INTER_AREA), dtype=np.float32)


def _period(times: Array) -> float:
    return float(np.median(np.diff(times))) if len(times) > 1 else 0.0


def _speech(
    name: str,
    path: Path,
    sound: AudioSpan,
    listener: Listener,
    labels: Mapping[str, tuple[Stretch, ...]] | None,
) -> tuple[Stretch, ...]:
    if labels is None:
        return moved(listener(sound), -sound.start)
    if name not in labels:
        raise VideoError(f"{path}: not in the table of labels")
    return moved(labels[name], -sound.start)


def best_part(speech: Sequence[Stretch], duration: float, seconds: float) -> tuple[float, float]:
    """Return beginning and length of the part of a clip, at most `seconds` long, with the most speech.

    A part in which the talker also listens once is preferred, as both are needed.
    """
    length = min(seconds, duration)
    starts = np.arange(0.0, duration - length + 1e-9, WINDOW_STEP)

    def worth(start: float) -> float:
        inside = moved(clipped(speech, start, start + length), -start)
        return total(inside) + LISTENING_WORTH * (listening_in(inside, length) is not None)

    return float(max(starts, key=worth)), length  # the first of equals


def long_parts(whole: Source, seconds: float) -> Iterator[Source]:
    """Yield a clip in parts of at most `seconds`, one behind the other; what is left is one if it is long enough."""
    for begin in np.arange(0.0, whole.duration - LEAST_LONG + 1e-9, seconds):
        try:
            part = _part_of(whole, float(begin), min(seconds, whole.duration - float(begin)))
        except VideoError:
            continue  # nobody speaks in this part
        yield replace(part, name=f"{whole.name} from {begin:g} s", extent="long")


def _part_of(whole: Source, begin: float, length: float) -> Source:
    end = begin + length
    speech = moved(clipped(whole.speech, begin, end), -begin)
    if total(speech) < LEAST_SPEECH:
        raise VideoError(f"{whole.path}: {total(speech):.1f} s of speech, {LEAST_SPEECH:g} s are needed")
    first = max(int(np.searchsorted(whole.times, begin + 1e-6, "right")) - 1, 0)
    last = int(np.searchsorted(whole.times, end - 1e-6))
    samples = whole.samples[round(begin * SAMPLE_RATE) : round(end * SAMPLE_RATE)]
    times = whole.times[first:last] - begin
    return replace(
        whole,
        offset=whole.offset + begin,
        duration=length,
        times=times,
        first=first,
        samples=samples,
        speech=speech,
        motion=whole.motion[first:last],
    )
