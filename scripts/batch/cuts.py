"""Cuts at random places of real files in ten containers: length, first and last picture, and sound are what they were.

Each picture of the files carries its number, so that it is known which one a clip shows. What is right is what reading
the file from its beginning gives. The same seed makes the same files and cuts.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import wave
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from cut_files import CLIPS, KINDS, Kind, number_of, write_file

from slceleb_core.media import AudioTrack, MediaClipper, VideoReader
from slceleb_core.media.container import StreamDecoder, open_media
from slceleb_core.media.excerpt import SoundForm, sound_between, sound_form
from slceleb_core.media.sound import SoundPlacer
from slceleb_core.media.soundtracks import stream_of
from slceleb_core.media.ticks import CLOCK, tick_of
from slceleb_core.types import SAMPLE_RATE, Array, SoundTrack

MEDIA = Path(__file__).resolve().parents[3] / "shared" / "media"

LONGEST = 0.6
"""Seconds of a cut; the shortest is a picture's length."""

LAG_SECONDS = 0.0015
"""How far the sound of a cut may lie beside that of the whole file: containers that count in milliseconds say no better
where a packet begins."""

LIKE = 0.99
"""Correlation from which two sounds are one. What goes into the encoder is compared, not what that leaves of it."""

LOUD = 0.003
"""Level below which there is nothing to compare."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What reading a file from its beginning gives.

    Attributes
    ----------
    path
        The file.
    times, numbers
        PTS seconds of the pictures, and their marks.
    form, sound, origin
        Rate and channels of the sound, all its samples, float32 [channels, n], and the PTS second of the first.
    """

    path: Path
    times: list[float]
    numbers: list[int]
    form: SoundForm
    sound: Array
    origin: float

    @classmethod
    def of(cls, path: Path, audio: AudioTrack | None) -> Truth:
        """Read a file, with the sound that was chosen, from its beginning."""
        with VideoReader(path) as reader:
            seen = [(frame.time, number_of(frame.image)) for frame in reader.frames()]
        times, numbers = [time for time, _ in seen], [number for _, number in seen]
        if audio is None:
            return cls(path, times, numbers, SoundForm(SAMPLE_RATE, 1), np.zeros((1, 0), np.float32), 0.0)
        form = sound_form(path, audio.source, audio.start, audio.end)
        return cls(path, times, numbers, form, *whole_sound(path, audio.source, form))

    def shown_at(self, time: float) -> int:
        """Return the mark of the picture on display at a PTS second; the first one before it begins."""
        half = float(CLOCK) / 2
        return self.numbers[max((place for place, begin in enumerate(self.times) if begin <= time + half), default=0)]


def whole_sound(path: Path, track: SoundTrack, form: SoundForm) -> tuple[Array, float]:
    """Return a file's sound, read from its beginning, and the PTS second at which that begins."""
    with open_media(path) as container:
        placer = SoundPlacer(StreamDecoder(container, stream_of(container, track)), form.rate, form.layout)
        pieces = list(placer.pieces())
    sound = np.zeros((form.channels, max((piece.index + piece.samples.shape[1] for piece in pieces), default=0)))
    for piece in pieces:
        sound[:, piece.index : piece.index + piece.samples.shape[1]] = piece.samples
    return sound, placer.origin or 0.0


def arguments() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, help="folder to work in, kept; default: a temporary one")
    parser.add_argument("--count", type=int, default=100, help="cuts of each file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="files whose description contains this")
    return parser.parse_args()


def place_of(truth: Truth, chance: random.Random) -> tuple[float, float]:
    """Return a stretch to cut: anywhere, or, as often, where a picture begins but for a rounding."""
    latest = truth.times[-1] - 2 * LONGEST
    start = chance.uniform(truth.times[0], latest)
    if chance.random() < 0.5:
        start = (chance.choice([time for time in truth.times if time <= latest]) + 0.1) - 0.1
    return start, start + chance.uniform(0.04, LONGEST)


def faults_of(truth: Truth, audio: AudioTrack | None, start: float, end: float, work: Path) -> list[str]:
    """Return what is wrong with a cut, one line each."""
    clipper, target = MediaClipper(truth.path, audio), work / "cut.mp4"
    try:
        clipper.cut_video(start, end, target)
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]
    faults = faults_of_pictures(truth, start, end, target)
    if audio is not None:
        clipper.cut_audio(start, end, work / "cut.wav")
        faults += faults_of_sound(truth, audio, start, end, work / "cut.wav")
    return faults


def faults_of_pictures(truth: Truth, start: float, end: float, target: Path) -> list[str]:
    """Return what is wrong with the pictures of a cut."""
    with av.open(str(target)) as container:
        stream = container.streams.video[0]
        length = (stream.duration or 0) * (stream.time_base or Fraction(0)) / CLOCK
    with VideoReader(target) as reader:
        frames = list(reader.frames())
    shown = [number_of(frame.image) for frame in frames]
    last = truth.shown_at(end - float(CLOCK))
    wanted = [truth.shown_at(start), last]
    due = sum(tick_of(start, 0.0) < tick_of(time, 0.0) < tick_of(end, 0.0) for time in truth.times) + 1
    notes = {
        f"{float(length)} ticks long, not {tick_of(end, start)}": length != tick_of(end, start),
        f"shows {[shown[0], shown[-1]]} first and last, not {wanted}": [shown[0], shown[-1]] != wanted,
        f"has {len(shown)} pictures, not {due}": abs(len(shown) - due) > 1,
        f"begins at {frames[0].time}": frames[0].time != 0.0,
    }
    return [note for note, is_so in notes.items() if is_so]


def faults_of_sound(truth: Truth, audio: AudioTrack, start: float, end: float, sound: Path) -> list[str]:
    """Return what is wrong with the sound of a cut: the WAV, and what was read by a seek for the MP4."""
    faults = []
    with wave.open(str(sound)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    if not np.array_equal(samples, np.rint(audio.span(start, end).samples * 32_768).clip(-32_768, 32_767)):
        faults.append("the WAV holds other samples")
    rate = truth.form.rate
    got = np.concatenate(list(sound_between(truth.path, audio.source, audio.start, start, end, truth.form)), axis=1)
    if got.shape != (truth.form.channels, round((end - start) * rate)):
        faults.append(f"the MP4's sound is {got.shape}")
    lag, first = round(LAG_SECONDS * rate), round((start - truth.origin) * rate)
    return faults + differences(truth.sound[:, max(first, 0) :][:, : got.shape[1]], got[:, max(-first, 0) :], lag)


def differences(wanted: Array, got: Array, lag: int) -> list[str]:
    """Return how the sound of an MP4 differs from what it was; both float32 [channels, n] from one moment on."""
    count = min(wanted.shape[1], got.shape[1])
    inner = wanted[0, lag : count - lag]
    if len(inner) < 20 * lag or inner.std() < LOUD:
        return []
    likes = [float(np.corrcoef(inner, got[0, place : place + len(inner)])[0, 1]) for place in range(2 * lag + 1)]
    best = int(np.argmax(likes))
    return [] if likes[best] >= LIKE else [f"the MP4's sound is another: {likes[best]:.3f} at {best - lag} samples"]


def try_file(kind: Kind, path: Path, options: argparse.Namespace, work: Path) -> int:
    """Cut one file at random places, say how that went, and return how many cuts were wrong."""
    audio, wrong = AudioTrack.decode(path), 0
    truth, chance = Truth.of(path, audio), random.Random(f"{options.seed} {path.name}")
    if truth.numbers != list(range(len(truth.numbers))):
        print(f"{kind}: read from its beginning its pictures are not in order: {truth.numbers[:20]}", flush=True)
        return 1
    for _ in range(options.count):
        start, end = place_of(truth, chance)
        faults = faults_of(truth, audio, start, end, work)
        wrong += bool(faults)
        for fault in faults:
            print(f"  {path.name} {start!r} to {end!r}: {fault}", flush=True)
    if audio is not None:
        audio.close()
    print(f"{kind}: {options.count} cuts, {wrong} wrong", flush=True)
    return wrong


def main() -> int:
    """Cut every file; return the exit code."""
    options = arguments()
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        wrong = cuts = 0
        for number, kind in enumerate(KINDS):
            if options.only not in str(kind):
                continue
            name, start = list(CLIPS.items())[number % len(CLIPS)]
            path = work / f"{number:02}{kind.suffix}"
            if not path.exists():
                write_file(next(MEDIA.glob(f"*/{name}")), start, path, kind)
            wrong += try_file(kind, path, options, work)
            cuts += options.count
    print(f"{cuts} cuts, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
