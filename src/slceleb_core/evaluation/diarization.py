"""Diarization and identification error rates, by ``pyannote.metrics``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from slceleb_core.evaluation.extras import extra
from slceleb_core.evaluation.intervals import Intervals
from slceleb_core.evaluation.matching import Scored

COLLARS = (0.0, 0.25)
"""Seconds on *either* side of each boundary of the reference that are not scored: none, and that of NIST's md-eval.
``pyannote.metrics`` counts both sides together, so that 0.25 s is 0.5 there."""

RATES: Mapping[str, tuple[str, str]] = {
    "identification": ("pyannote.metrics.identification", "IdentificationErrorRate"),
    "diarization": ("pyannote.metrics.diarization", "DiarizationErrorRate"),
}
"""Where each rate is found: with people matched by name, and with each video's people matched as fits best."""


@dataclass(frozen=True, slots=True)
class ErrorRate:
    """An error rate and what it is made of.

    Attributes
    ----------
    kind
        ``identification``, people matched by name; ``diarization``, people matched as fits best, video by video.
    collar
        Seconds on either side of each boundary that are not scored.
    rate
        (confusion + missed + false alarm) / total; may exceed 1. None without speech in the reference.
    total, correct, confusion, missed, false_alarm
        Seconds, summed over people.
    """

    kind: str
    collar: float
    rate: float | None
    total: float
    correct: float
    confusion: float
    missed: float
    false_alarm: float


def error_rates(videos: Iterable[Scored]) -> list[ErrorRate]:
    """Return both rates with each collar, over all videos together.

    Raises
    ------
    UsageError
        ``pyannote.metrics`` is not installed.
    """
    core = extra("pyannote.core")
    cases = [
        (
            _annotation(core, video.name, video.reference),
            _annotation(core, video.name, video.found),
            _timeline(core, video),
        )
        for video in videos
    ]
    return [_rate(kind, collar, cases) for kind in RATES for collar in COLLARS]


def _rate(kind: str, collar: float, cases: Iterable[tuple[Any, Any, Any]]) -> ErrorRate:
    module, name = RATES[kind]
    metric = getattr(extra(module), name)(collar=2 * collar)
    for reference, found, regions in cases:
        metric(reference, found, uem=regions)
    parts = {key.replace(" ", "_"): float(value) for key, value in metric[:].items()}
    missed = parts.pop("missed_detection")
    return ErrorRate(kind, collar, float(abs(metric)) if parts["total"] else None, missed=missed, **parts)


def _annotation(core: Any, name: str, people: Mapping[str, Intervals]) -> Any:
    annotation = core.Annotation(uri=name)
    for person, times in people.items():
        for number, (start, end) in enumerate(times):
            annotation[core.Segment(start, end), (person, number)] = person
    return annotation


def _timeline(core: Any, video: Scored) -> Any:
    return core.Timeline([core.Segment(start, end) for start, end in video.regions], uri=video.name)
