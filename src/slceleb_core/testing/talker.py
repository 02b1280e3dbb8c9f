"""The synthetic talker: a face whose jaw, and a voice whose loudness and formants, follow one random signal.

What an active-speaker backend must be able to tell apart can be composed from it::

    talker = SyntheticTalker(seed=1)
    talker.audio()                      # in sync
    talker.audio(delay=0.8)             # its own voice, late
    SyntheticTalker(seed=2).audio()     # somebody else's voice
    talker.frozen()                     # a still picture of it
    builders.audio(6.0)                 # silence
    talker.audio(gain=0.1)              # the same, softly

Everything is fixed by the seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from slceleb_core.stages import Speaker
from slceleb_core.testing.builders import picture
from slceleb_core.testing.mesh import bounding_box, face_mesh, keypoints5
from slceleb_core.testing.pictures import RED, Colour, draw_person
from slceleb_core.testing.voice import CONTROL_RATE, USUAL, Score, Throat, synthesize
from slceleb_core.types import BLENDSHAPES, FACE_COLUMNS, SAMPLE_RATE, Array, AudioSpan, Faces, Frame, Track

SYLLABLE = (0.14, 0.34)
"""Seconds; this puts the mouth's motion at 2 to 8 Hz. In natural speech mouth and envelope move together at 2 to 7 Hz
(Chandrasekaran et al., PLoS Computational Biology 2009)."""

PHRASE = (1.2, 2.2)
PAUSE = (0.25, 0.5)
"""Seconds."""

JAW_OPEN = 25
"""Index of ``jawOpen`` among MediaPipe's blendshapes."""


@lru_cache(maxsize=64)
def _score(seed: int, duration: float) -> Score:
    """Return what the talker of that seed says."""
    random = np.random.default_rng(seed)
    length = int(duration * CONTROL_RATE)
    openness, vowel, fricative = np.zeros(length), np.full(length, 0.5), np.zeros(length)
    time = random.uniform(0.1, 0.3)
    while time < duration:
        end = time + random.uniform(*PHRASE)
        while time < end:
            time = _syllable(random, time, openness, vowel, fricative)
        time += random.uniform(*PAUSE)
    return Score(openness, _smoothed(vowel), fricative)


def _syllable(random: np.random.Generator, time: float, openness: Array, vowel: Array, fricative: Array) -> float:
    """Write one syllable that begins at `time`, and return when the next one does."""
    long, loud = random.uniform(*SYLLABLE), random.uniform(0.45, 1.0)
    begin, end = int(time * CONTROL_RATE), int((time + long) * CONTROL_RATE)
    bump = loud * np.hanning(end - begin)
    there = openness[begin:end]
    np.maximum(there, bump[: len(there)], out=there)
    vowel[begin:end] = random.random()
    if random.random() < 0.3:
        hiss = fricative[max(begin - CONTROL_RATE // 25, 0) : begin + CONTROL_RATE // 25]
        hiss[:] = np.hanning(len(hiss))
    return time + long * float(random.uniform(0.85, 1.1))


def _smoothed(control: Array) -> Array:
    """Return a control signal without steps: averaged over 80 ms."""
    window = np.hanning(int(0.08 * CONTROL_RATE))
    padded = np.pad(control, len(window), mode="edge")
    return np.convolve(padded, window / window.sum(), mode="same")[len(window) : -len(window)]


@lru_cache(maxsize=64)
def _voice(seed: int, duration: float, throat: Throat) -> Array:
    """Return what the talker of that seed sounds like; float32, read-only."""
    sound = synthesize(_score(seed, duration), np.random.default_rng([seed, 1]), throat)
    sound.flags.writeable = False
    return sound


@dataclass(frozen=True)
class SyntheticTalker:
    """A face that talks, and its voice.

    Attributes
    ----------
    seed
        Fixes what is said, and every other random thing.
    duration
        Seconds.
    start
        PTS seconds at which picture and voice begin.
    centre
        Pixels: the point between the eyes.
    width
        Pixels: the width of the face.
    opening
        How far the mouth opens at the loudest; 0 for a face that does not move at all.
    jitter
        Standard deviation of the landmarks' noise, in widths of the face; small beside the jaw's motion, and enough
        that no face but a frozen one is ever quite still.
    colour
        Of the face in pictures.
    throat
        Whose voice it is: what is said is the seed's, so that one throat can say many things.
    """

    seed: int = 0
    duration: float = 6.0
    start: float = 0.0
    centre: tuple[float, float] = (80.0, 45.0)
    width: float = 50.0
    opening: float = 1.0
    jitter: float = 0.001
    colour: Colour = RED
    throat: Throat = USUAL

    def frozen(self) -> SyntheticTalker:
        """Return the same face, still."""
        return replace(self, opening=0.0, jitter=0.0)

    def silent(self) -> SyntheticTalker:
        """Return the same face, its mouth closed, with the landmarks' jitter and the head's sway of a listener."""
        return replace(self, opening=0.0)

    @cached_property
    def _control(self) -> Array:
        return _score(self.seed, self.duration).openness

    def mouth(self, times: Array | float) -> Array:
        """Return how far the mouth is open at `times` (PTS seconds), 0..1; closed before and after the talk."""
        steps = (np.asarray(times, dtype=np.float64) - self.start) * CONTROL_RATE
        return self.opening * np.interp(steps, np.arange(len(self._control)), self._control, left=0.0, right=0.0)

    def audio(self, *, delay: float = 0.0, gain: float = 1.0) -> AudioSpan:
        """Return the voice.

        Parameters
        ----------
        delay
            Seconds by which the voice comes late (early where negative); what falls out of the span is lost.
        gain
            Factor; the loudest sample is ``voice.LOUDEST`` at 1.

        Returns
        -------
        AudioSpan
            From `start`, `duration` long.
        """
        said = _voice(self.seed, self.duration, self.throat)
        shift = round(delay * SAMPLE_RATE)
        moved = np.zeros_like(said)
        if abs(shift) < len(said):
            moved[max(shift, 0) : len(said) + min(shift, 0)] = said[max(-shift, 0) : len(said) - max(shift, 0)]
        return AudioSpan(moved * np.float32(gain), self.start)

    def landmarks(self, time: float) -> Array:
        """Return [478, 3]: the face's mesh at a time, in pixels."""
        mesh = face_mesh(float(self.mouth(time))) * (self.width / 2)
        mesh[:, :2] += np.asarray(self.centre) + self._sway(time)
        number = round(time * 1000)
        noise = np.random.default_rng([self.seed, 2, number % 2**31]).standard_normal(mesh.shape)
        return np.asarray(mesh + noise * self.jitter * self.width)

    def _sway(self, time: float) -> Array:
        """Return [2]: how far the head has moved, in pixels; slower than any speech, and still for a still picture."""
        amplitude = 0.04 * self.width if self.jitter else 0.0
        phase = 2 * np.pi * (0.25 * time + np.array([0.0, 0.3]) + 0.1 * self.seed)
        return np.asarray(amplitude * np.sin(phase))

    def faces(self, time: float) -> Faces:
        """Return the one face at a time, with every column."""
        mesh = self.landmarks(time)
        blendshapes = np.zeros((1, BLENDSHAPES))
        blendshapes[0, JAW_OPEN] = self.mouth(time)
        return Faces(
            boxes=bounding_box(mesh)[None],
            scores=np.ones(1),
            keypoints5=keypoints5(mesh)[None],
            landmarks478=mesh[None],
            pose=np.zeros((1, 3)),
            sharpness=np.ones(1),
            blendshapes=blendshapes,
        )

    def draw(self, image: Array, time: float) -> None:
        """Draw the face onto a picture, in place."""
        draw_person(image, bounding_box(self.landmarks(time)), self.colour, float(self.mouth(time)))


def mix(*spans: AudioSpan) -> AudioSpan:
    """Return the sum of sounds that lie anywhere on one clock, such as those of people who take turns."""
    start = min(span.start for span in spans)
    total = np.zeros(round((max(span.end for span in spans) - start) * SAMPLE_RATE), dtype=np.float32)
    for span in spans:
        begin = round((span.start - start) * SAMPLE_RATE)
        room = total[begin : begin + len(span.samples)]
        room += span.samples[: len(room)]
    return AudioSpan(total, start)


def together(faces: Sequence[Faces]) -> Faces:
    """Return the faces of several detections as those of one frame; a column is kept where all have it."""
    columns = {name: [getattr(face, name) for face in faces] for name in FACE_COLUMNS}
    joined: dict[str, Any] = {
        name: None if any(value is None for value in values) else np.concatenate(values)
        for name, values in columns.items()
    }
    return Faces(**joined)


def talker_frames(talkers: Sequence[SyntheticTalker], *, fps: float = 25.0) -> list[tuple[Frame, Faces]]:
    """Return every frame of the time that the first talker takes, and the faces of all of them on it."""
    first = talkers[0]
    right = max(talker.centre[0] + talker.width for talker in talkers)
    bottom = max(talker.centre[1] + 1.5 * talker.width for talker in talkers)
    made = []
    for index in range(int(first.duration * fps)):
        time = first.start + index / fps
        image = picture(int(right), int(bottom))
        for talker in talkers:
            talker.draw(image, time)
        made.append((Frame(index, time, image), together([talker.faces(time) for talker in talkers])))
    return made


def talker_tracks(speaker: Speaker, talkers: Sequence[SyntheticTalker], *, fps: float = 25.0) -> list[Track]:
    """Return a track a talker, as the pipeline would make them of what `speaker` observes.

    Parameters
    ----------
    speaker
        An open stage, started.
    talkers
        Who is on screen together, in the order of the tracks' ids, from 1.
    fps
        Frames a second.
    """
    return observed_tracks(speaker, talker_frames(talkers, fps=fps))


def observed_tracks(speaker: Speaker, seen: Sequence[tuple[Frame, Faces]]) -> list[Track]:
    """Return a track for each row of faces that are the same on every frame, as `speaker` observes them.

    Parameters
    ----------
    speaker
        An open stage, started.
    seen
        Frames in order of time, and the faces on each.
    """
    observed = np.stack([speaker.observe(frame, faces) for frame, faces in seen])
    boxes = np.stack([faces.boxes for _, faces in seen])
    indices, times = [frame.index for frame, _ in seen], [frame.time for frame, _ in seen]
    observed.flags.writeable = False
    return [
        Track(row + 1, np.array(indices), np.array(times), boxes[:, row], observed[:, row])
        for row in range(len(seen[0][1]))
    ]
