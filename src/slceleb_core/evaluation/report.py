"""All figures of an evaluation, as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from slceleb_core.evaluation.attribution import REASONS, Attribution
from slceleb_core.evaluation.diarization import ErrorRate, error_rates
from slceleb_core.evaluation.face_scores import FaceReport, face_report
from slceleb_core.evaluation.frames import Curve
from slceleb_core.evaluation.intervals import length
from slceleb_core.evaluation.loading import Inputs, load
from slceleb_core.evaluation.matching import Scored
from slceleb_core.evaluation.tallies import LEVEL, RESAMPLES, ROUGH, SEED, Intervals95, Tally
from slceleb_core.evaluation.totals import Measured, Units, measure_segments, measure_time, resampled

FORMAT = 1
"""Version of the JSON layout; raised when a reader would have to change."""

DIGITS = 6
"""Decimals of the JSON."""


@dataclass(frozen=True, slots=True)
class Report:
    """An evaluation.

    Attributes
    ----------
    inputs
        What was compared with what.
    units
        What the bootstrap draws.
    time
        Seconds that are right: of everybody, and by person.
    segments
        Segments that are right: of everybody, and by person.
    attribution
        What became of the speech of the reference.
    error_rates
        Diarization and identification error rates.
    faces
        Figures of the frame scores; None where no output has any.
    """

    inputs: Inputs
    units: Units
    time: Measured
    segments: Measured
    attribution: Attribution
    error_rates: Sequence[ErrorRate]
    faces: FaceReport | None

    @property
    def videos(self) -> Sequence[Scored]:
        """What was scored."""
        return self.inputs.videos


def evaluate(
    reference: Path,
    outputs: Path,
    regions: Path | None = None,
    *,
    people: Sequence[str] = (),
    threshold: float | None = None,
) -> Report:
    """Return all figures of outputs against a reference.

    Parameters
    ----------
    reference
        Who speaks when: CSV or RTTM (:func:`slceleb_core.evaluation.reading.read_speech`).
    outputs
        What was found (:func:`slceleb_core.evaluation.outputs.read_outputs`).
    regions
        What is scored: CSV or UEM (:func:`slceleb_core.evaluation.reading.read_regions`); None scores all of every
        video that the reference names.
    people
        Score only these; empty: everybody.
    threshold
        At or above it a frame's score counts as speaking; None: what began a segment in the outputs.

    Raises
    ------
    UsageError
        A file does not hold, nothing can be scored, or the extra ``evaluation`` is not installed.
    """
    inputs = load(reference, outputs, regions, people)
    units = resampled(inputs.videos)
    attribution = Attribution()
    for video in inputs.videos:
        attribution.add(video.reference, video.found, None if video.frames is None else video.frames.seen)
    return Report(
        inputs,
        units,
        measure_time(inputs.videos, units),
        measure_segments(inputs.videos, units),
        attribution,
        error_rates(inputs.videos),
        face_report(inputs.videos, threshold),
    )


def as_json(report: Report) -> dict[str, Any]:
    """Return a report as JSON-ready values."""
    inputs = report.inputs
    made = {
        "format": FORMAT,
        "reference": str(inputs.reference),
        "outputs": str(inputs.outputs),
        "regions": None if inputs.regions is None else str(inputs.regions),
        "people": list(inputs.people),
        "notes": list(inputs.notes),
        "not_scored": {
            "without_output": list(inputs.without_output),
            "without_reference": list(inputs.without_reference),
        },
        "videos": [_video(video) for video in report.videos],
        "bootstrap": {
            "units": report.units.kind,
            "count": report.units.count,
            "rough": report.units.count < ROUGH,
            "resamples": RESAMPLES,
            "seed": SEED,
            "level": LEVEL,
        },
        "time": _measured(report.time),
        "segments": _measured(report.segments),
        "attribution": _attribution(report.attribution),
        "error_rates": [asdict(rate) for rate in report.error_rates],
        "frames": None if report.faces is None else _faces(report.faces),
    }
    return {key: _rounded(value) for key, value in made.items()}


def _video(video: Scored) -> dict[str, Any]:
    return {
        "video": video.name,
        "scored_seconds": length(video.regions),
        "reference_seconds": {person: length(times) for person, times in video.reference.items()},
        "found_seconds": {person: length(times) for person, times in video.found.items()},
        "frame_scores": video.frames is not None,
    }


def _measured(measured: Measured) -> dict[str, Any]:
    return {
        "overall": _tally(measured.overall, measured.interval),
        "people": {person: _tally(tally, measured.intervals[person]) for person, tally in measured.people.items()},
    }


def _tally(tally: Tally, interval: Intervals95 | None) -> dict[str, Any]:
    figures = {"precision": tally.precision, "recall": tally.recall, "f1": tally.f1}
    amounts = {"right": tally.right, "found": tally.claimed, "reference": tally.true}
    return {**amounts, **figures, "interval": None if interval is None else asdict(interval)}


def _attribution(attribution: Attribution) -> dict[str, Any]:
    return {
        "reference": attribution.reference,
        "right": attribution.right,
        "wrong_person": [
            {"speaker": speaker, "named": named, "seconds": seconds}
            for (speaker, named), seconds in sorted(attribution.wrong.items())
        ],
        "missed": dict(sorted(attribution.missed.items())),
        "missed_because": {reason: attribution.reasons.get(reason, 0.0) for reason in REASONS}
        if attribution.explained
        else None,
        "false_alarm": dict(sorted(attribution.false.items())),
    }


def _faces(faces: FaceReport) -> dict[str, Any]:
    return {
        "overall": asdict(faces.overall),
        "people": {person: asdict(metrics) for person, metrics in faces.people.items()},
        "unnamed_faces": faces.unnamed,
        "reliability": asdict(faces.reliability),
        "curve": None if faces.curve is None else _curve(faces.curve.thinned()),
    }


def _curve(curve: Curve) -> dict[str, Any]:
    return {name: getattr(curve, name).tolist() for name in ("recall", "precision", "thresholds")}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, DIGITS)
    if isinstance(value, Mapping):
        return {key: _rounded(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(entry) for entry in value]
    return value
