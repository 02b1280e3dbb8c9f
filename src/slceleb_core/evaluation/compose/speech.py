"""When a talker speaks in a clip of their own: the labels that everything composed inherits."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np

from slceleb_core.errors import UsageError
from slceleb_core.evaluation.compose.stretches import Stretch, clipped, merged, moved
from slceleb_core.media.speech import SpeechFinder
from slceleb_core.types import Array, AudioSpan

Listener: TypeAlias = Callable[[AudioSpan], "tuple[Stretch, ...]"]
"""Returns the stretches of speech in a sound, in seconds of its clock."""

VAD_NAMES = {"silero": "Silero VAD", "energy": "energy VAD"}
"""What the manifest calls the detectors of ``slceleb_core.media.speech``."""

SPEECH_PROBABILITY = 0.5
"""From this probability on there is speech (the default of Silero VAD's own utilities)."""

MIN_PAUSE = 0.2
"""Seconds: shorter pauses belong to the speech around them."""

MIN_SPEECH = 0.1
"""Seconds: what is shorter is a click (Silero VAD's utilities drop less than 0.25 s, which would lose short words)."""


def stretches_where(speech: Array, step: float) -> tuple[Stretch, ...]:
    """Return the stretches of a decision taken every `step` seconds, short pauses bridged and clicks dropped."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.asarray(speech, dtype=np.int8), [0]])))
    found = ((float(a) * step, float(b) * step) for a, b in edges.reshape(-1, 2))
    return tuple((a, b) for a, b in merged(found, MIN_PAUSE) if b - a >= MIN_SPEECH)


def default_listener() -> tuple[str, Listener]:
    """Return the name of the best voice activity detector on this machine, and what finds speech with it."""
    finder = SpeechFinder()
    detector = finder.prepare("auto")

    def listen(sound: AudioSpan) -> tuple[Stretch, ...]:
        found = finder.find(sound, detector)
        speech = stretches_where(found.probability >= SPEECH_PROBABILITY, found.step)
        # a value stands for the time around its moment
        return clipped(moved(speech, found.start - found.step / 2), sound.start, sound.end)

    return VAD_NAMES[detector], listen


def read_labels(path: Path) -> dict[str, tuple[Stretch, ...]]:
    """Return the stretches of speech by clip from a CSV file with the columns ``clip``, ``start`` and ``end``.

    ``clip`` is the path below the folder of clips; times are PTS seconds.

    Raises
    ------
    UsageError
        The file cannot be read, lacks a column, or has a row that is no stretch.
    """
    labels: dict[str, list[Stretch]] = {}
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            for row in csv.DictReader(file):
                labels.setdefault(row["clip"], []).append(_stretch(row))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path}: cannot be read: {error}", "name a CSV file with the columns clip,start,end"
        ) from error
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{path}: not a table of labels: {error}", "columns clip,start,end; PTS seconds") from error
    return {clip: merged(stretches) for clip, stretches in labels.items()}


def _stretch(row: dict[str, str]) -> Stretch:
    start, end = float(row["start"]), float(row["end"])
    if not 0 <= start < end < float("inf"):
        raise ValueError(f"{row['clip']}: {start} to {end} is no stretch of time")
    return start, end
