"""Pictures and videos of people who are coloured squares: the smallest thing that a whole pipeline can run on.

A person is a square of one saturated colour with a dark mouth whose height follows a talker's. ``FakeDetector`` finds
them by their saturation, ``FakeRecognizer`` knows them by their hue, ``FakeSpeaker`` reads their mouth.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import av
import numpy as np

from slceleb_core.types import SAMPLE_RATE, Array, AudioSpan

Colour: TypeAlias = tuple[int, int, int]
Box: TypeAlias = tuple[float, float, float, float]

RED: Colour = (220, 30, 30)
GREEN: Colour = (30, 200, 30)
BLUE: Colour = (40, 40, 220)
YELLOW: Colour = (220, 210, 30)
"""RGB; their hues are at least 60 degrees apart."""

WALL: Colour = (120, 120, 120)
OTHER_WALL: Colour = (235, 235, 235)
"""Backgrounds before and after a cut; without hue."""

DARK: Colour = (10, 10, 10)
MOUTH_TOP, MOUTH_HEIGHT, MOUTH_WIDTH = 0.62, 0.30, 0.44
"""Shares of the square: where the mouth begins, how high it is when it is wide open, how wide it is."""


def draw_person(image: Array, box: Array | Box, colour: Colour, mouth: float = 0.0) -> None:
    """Draw a person onto a picture, in place.

    Parameters
    ----------
    image
        uint8 [height, width, 3], RGB.
    box
        x0, y0, x1, y1 in pixels; what lies outside of the picture is cut off.
    colour
        RGB; saturated, or ``FakeDetector`` will not find it.
    mouth
        How far the mouth is open, 0..1.
    """
    x0, y0, x1, y1 = (float(side) for side in box)
    _fill(image, (x0, y0, x1, y1), colour)
    middle, half, top = (x0 + x1) / 2, MOUTH_WIDTH * (x1 - x0) / 2, y0 + MOUTH_TOP * (y1 - y0)
    _fill(image, (middle - half, top, middle + half, top + mouth * MOUTH_HEIGHT * (y1 - y0)), DARK)


def _fill(image: Array, box: Box, colour: Colour) -> None:
    """Fill a rectangle, blending its last row by how much of it is covered, so that small motion shows."""
    x0, y0, x1, y1 = (max(side, 0.0) for side in box)
    columns = slice(round(x0), round(x1))
    whole = int(y1)
    image[round(y0) : whole, columns] = colour
    if round(y0) <= whole < len(image):
        share = y1 - whole
        image[whole, columns] = (1 - share) * image[whole, columns] + share * np.array(colour)


class Mouthed(Protocol):
    """Whatever has a mouth that moves, such as a ``SyntheticTalker``."""

    def mouth(self, times: Array | float, /) -> Array:
        """Return how far it is open at PTS seconds, 0..1."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in a synthetic video.

    Attributes
    ----------
    colour
        Who it is.
    box
        x0, y0, x1, y1 in pixels.
    talker
        Whose mouth it has; None for a mouth that stays closed.
    """

    colour: Colour = RED
    box: Box = (20.0, 30.0, 70.0, 80.0)
    talker: Mouthed | None = None

    def draw(self, image: Array, time: float) -> None:
        """Draw the person as it is at `time` (PTS seconds)."""
        draw_person(image, self.box, self.colour, float(self.talker.mouth(time)) if self.talker else 0.0)


@dataclass(frozen=True, slots=True)
class Scene:
    """What is seen from a moment on; between two scenes lies a hard cut.

    Attributes
    ----------
    start
        PTS seconds.
    people
        Who is there.
    wall
        The background.
    """

    start: float
    people: tuple[Person, ...] = ()
    wall: Colour = OTHER_WALL


def write_video(
    path: Path,
    people: Sequence[Person],
    *,
    audio: AudioSpan | None,
    duration: float = 3.0,
    size: tuple[int, int] = (160, 120),
    fps: int = 25,
    video_start: float = 0.0,
    cuts: Sequence[Scene] = (),
) -> Path:
    """Write a small video.

    Parameters
    ----------
    path
        Its suffix names the container: ``.mkv`` has uncompressed sound and exact times, ``.mp4`` has AAC.
    people
        Who is there from the start.
    audio
        Its sound, on the same clock; None for a file without an audio stream.
    duration
        Seconds of video.
    size
        Width and height in pixels, both even.
    fps
        Frames a second.
    video_start
        PTS seconds of the first frame: where it is above 0, the sound begins earlier than the picture.
    cuts
        Scenes that follow.

    Returns
    -------
    Path
        `path`.
    """
    with av.open(str(path), "w") as container:
        video = container.add_stream(
            "libx264", rate=fps, options={"preset": "ultrafast", "crf": "12", "tune": "zerolatency"}
        )
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        video.time_base = video.codec_context.time_base = Fraction(1, 1000)
        sound = _add_audio(container, path) if audio is not None else None
        scenes = [Scene(float("-inf"), tuple(people), WALL), *cuts]
        for time, image in _images(scenes, size, [video_start + i / fps for i in range(round(duration * fps))]):
            picture = av.VideoFrame.from_ndarray(image, format="rgb24")
            picture.pts, picture.time_base = round(time * 1000), Fraction(1, 1000)
            container.mux(video.encode(picture))
        container.mux(video.encode(None))
        if audio is not None and sound is not None:
            _write_audio(container, sound, audio)
    return path


def _add_audio(container: Any, path: Path) -> Any:
    """Add the audio stream that suits the container."""
    return container.add_stream("aac" if path.suffix == ".mp4" else "pcm_s16le", rate=SAMPLE_RATE, layout="mono")


def _images(scenes: Sequence[Scene], size: tuple[int, int], times: Sequence[float]) -> Iterator[tuple[float, Array]]:
    """Yield each frame's time and picture."""
    width, height = size
    for time in times:
        scene = [scene for scene in scenes if scene.start <= time][-1]
        image = np.full((height, width, 3), scene.wall, dtype=np.uint8)
        for person in scene.people:
            person.draw(image, time)
        yield time, image


def _write_audio(container: Any, stream: Any, audio: AudioSpan) -> None:
    """Encode the whole span in blocks of 1024 samples."""
    samples = np.clip(np.rint(audio.samples * 32767), -32768, 32767).astype(np.int16)
    for begin in range(0, len(samples), 1024):
        block = av.AudioFrame.from_ndarray(samples[None, begin : begin + 1024], format="s16", layout="mono")
        block.sample_rate, block.time_base = SAMPLE_RATE, Fraction(1, SAMPLE_RATE)
        block.pts = round(audio.start * SAMPLE_RATE) + begin
        container.mux(stream.encode(block))
    container.mux(stream.encode(None))
