"""Frame scores of outputs against a reference: whether the person of each face is speaking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from slceleb_core.errors import UsageError
from slceleb_core.evaluation.frames import (
    Curve,
    FrameMetrics,
    Reliability,
    frame_metrics,
    precision_recall,
    reliability,
)
from slceleb_core.evaluation.intervals import contains
from slceleb_core.evaluation.matching import Scored
from slceleb_core.types import Array


@dataclass(frozen=True, slots=True, eq=False)
class FaceReport:
    """Figures of the frame scores.

    Attributes
    ----------
    overall
        Of every face-frame that has a name and a score and lies in scored time.
    people
        By name.
    reliability, curve
        Of the same face-frames as `overall`; the curve is None where nobody ever speaks.
    unnamed
        Face-frames without a name, of which a reference cannot say whether they speak: left out.
    """

    overall: FrameMetrics
    people: Mapping[str, FrameMetrics]
    reliability: Reliability
    curve: Curve | None
    unnamed: int


def face_report(videos: Sequence[Scored], threshold: float | None) -> FaceReport | None:
    """Return the figures of the frame scores; None where no video has any.

    Parameters
    ----------
    videos
        What is scored.
    threshold
        At or above it a score counts as speaking; None: what began a segment in the outputs.

    Raises
    ------
    UsageError
        The outputs differ in what began a segment, or scikit-learn is not installed.
    """
    people = labelled(videos)
    if not people:
        return None
    chosen = _onset(videos) if threshold is None else threshold
    labels, scores = (np.concatenate([rows[side] for rows in people.values()]) for side in (0, 1))
    return FaceReport(
        frame_metrics(labels, scores, chosen),
        {person: frame_metrics(*rows, chosen) for person, rows in sorted(people.items())},
        reliability(labels, scores),
        precision_recall(labels, scores),
        sum(video.frames.unnamed for video in videos if video.frames is not None),
    )


def labelled(videos: Sequence[Scored]) -> dict[str, tuple[Array, Array]]:
    """Return the face-frames in scored time of each person: bool [n] speaking, and float64 [n] score."""
    rows: dict[str, list[tuple[Array, Array]]] = {}
    for video in videos:
        for person, (times, scores) in ({} if video.frames is None else video.frames.people).items():
            inside = contains(video.regions, times)
            speaking = contains(video.reference.get(person, ()), times[inside])
            rows.setdefault(person, []).append((speaking, scores[inside]))
    joined = {
        p: (np.concatenate([r[0] for r in parts]), np.concatenate([r[1] for r in parts])) for p, parts in rows.items()
    }
    return {person: pair for person, pair in joined.items() if len(pair[0])}


def _onset(videos: Sequence[Scored]) -> float:
    onsets = sorted({video.onset for video in videos if video.frames is not None})
    if len(onsets) > 1:
        raise UsageError(
            f"the outputs were made with different onsets: {', '.join(f'{onset:g}' for onset in onsets)}",
            "choose one with --threshold",
        )
    return onsets[0]
