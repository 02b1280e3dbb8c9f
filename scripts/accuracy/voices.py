"""What a voice stage makes of recordings of people whom one knows, by the length of what is compared.

    python scripts/accuracy/voices.py campplus ada=one.mp4 ada=two.mp4 grace=three.mp4

prints Markdown. Each recording is of one person, who is named before it. What is spoken in it is cut into pieces, and
all pieces are compared with each other: those of one person, most of them from one recording, and those of two. Beside
that: what a softer recording does to an embedding, and the processor time of a second of sound, on one thread.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
from figures import table

from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.speech import SpeechFinder
from slceleb_core.profile import bind_stage
from slceleb_core.registry import Registry
from slceleb_core.settings import load_settings
from slceleb_core.stages import Voice
from slceleb_core.types import Array, AudioSpan

LENGTHS = (0.5, 1.0, 2.0, 3.0)
"""Seconds of a piece."""

SPOKEN = 0.6
"""Share of a piece in which a voice has to be heard."""

GAINS = (0.1, 0.03)
"""By which a recording is made softer."""


@dataclass(frozen=True)
class Piece:
    """A stretch of a recording.

    Attributes
    ----------
    person, recording
        Whose, and which.
    sound
        What is heard.
    """

    person: str
    recording: Path
    sound: AudioSpan


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", help="a voice stage, as it is called")
    parser.add_argument("recordings", nargs="+", metavar="PERSON=FILE", help="a recording of one person")
    options = parser.parse_args()
    bound = bind_stage(Registry.discover(), "voice", options.stage, {}, "voice")
    named = [(person, Path(file)) for person, _, file in (given.partition("=") for given in options.recordings)]
    with cast("Voice", bound.stage(bound.config, replace(load_settings().stage_context(), threads=1))) as voice:
        rows = [_row(voice, list(_pieces(named, length)), length) for length in LENGTHS if length >= voice.shortest]
        head = ("seconds", "pieces", "people", "one person, of them from two recordings", "two people", "EER", "at")
        missed = f"one person below {voice.threshold}", f"two people above {voice.threshold}"
        print(table((*head, *missed, "ms a second"), rows))
        print(_softer(voice, list(_pieces(named, LENGTHS[-1]))))


def _pieces(named: Sequence[tuple[str, Path]], length: float) -> Iterator[Piece]:
    """Yield the pieces of recordings in which something is said."""
    for person, path in named:
        track = AudioTrack.decode(path)
        if track is None:
            raise SystemExit(f"{path}: no sound")
        with track:
            finder = SpeechFinder()
            heard = finder.find(track, finder.prepare("auto"))
            for start in np.arange(track.start, track.end - length, length):
                spoken, _ = heard.at(np.arange(start, start + length, 0.05))
                if (spoken >= 0.5).mean() >= SPOKEN:
                    yield Piece(person, path, track.span(float(start), float(start) + length))


def _row(voice: Voice, pieces: Sequence[Piece], length: float) -> tuple[str, ...]:
    """Return what comes of pieces of one length."""
    begun = time.process_time()
    embedding = voice.embed([piece.sound for piece in pieces])
    cost = 1000 * (time.process_time() - begun) / (length * len(pieces))
    similarity = embedding @ embedding.T
    pairs = np.tril(np.ones_like(similarity, dtype=bool), -1)
    people, recordings = (_equal([getattr(piece, name) for piece in pieces]) for name in ("person", "recording"))
    same, other = similarity[pairs & people], similarity[pairs & ~people]
    apart = similarity[pairs & people & ~recordings]
    rate, at = _equal_error(same, other)
    return (
        f"{length:g}",
        str(len(pieces)),
        str(len({piece.person for piece in pieces})),
        f"{_told(same, 5)}, {_told(apart, 5)}",
        _told(other, 95),
        f"{rate:.1%}",
        f"{at:.2f}",
        f"{(same < voice.threshold).mean():.1%}",
        f"{(other >= voice.threshold).mean():.1%}",
        f"{cost:.0f}",
    )


def _equal(values: Sequence[object]) -> Array:
    """Return bool [n, n]: which values are equal."""
    return np.array([[one == other for other in values] for one in values])


def _told(similarity: Array, percentile: float) -> str:
    """Return the median and a percentile."""
    if not len(similarity):
        return "none"
    return f"{np.median(similarity):.2f} ({percentile:g} %: {np.percentile(similarity, percentile):.2f})"


def _equal_error(same: Array, other: Array) -> tuple[float, float]:
    """Return the rate at which as many of either kind are taken for the other, and the similarity at which they are."""
    points = np.sort(np.concatenate([same, other]))
    misses = np.searchsorted(np.sort(same), points) / len(same)
    alarms = 1 - np.searchsorted(np.sort(other), points) / len(other)
    best = int(np.argmin(np.abs(misses - alarms)))
    return float(misses[best] + alarms[best]) / 2, float(points[best])


def _softer(voice: Voice, pieces: Sequence[Piece]) -> str:
    """Return how alike pieces are to themselves when they are softer."""
    usual, told = voice.embed([piece.sound for piece in pieces]), []
    for gain in GAINS:
        softer = [replace(piece.sound, samples=piece.sound.samples * np.float32(gain)) for piece in pieces]
        alike = (usual * voice.embed(softer)).sum(axis=1)
        told.append(f"{gain:g} times as loud: {np.median(alike):.3f}, {alike.min():.3f} at the least")
    return f"\nThe same {LENGTHS[-1]:g} s, {'; '.join(told)}."


if __name__ == "__main__":
    main()
