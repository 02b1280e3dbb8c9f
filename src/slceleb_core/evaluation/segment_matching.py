"""Whole segments against whole segments."""

from __future__ import annotations

from slceleb_core.evaluation.intervals import Intervals, Span
from slceleb_core.evaluation.tallies import Tally

IOU = 0.5
"""Least intersection over union of a segment that is right; the usual one of temporal localisation (ActivityNet)."""

ROUNDING = 1e-9
"""By which a ratio of sums may be off."""


def match_segments(reference: Intervals, found: Intervals) -> list[tuple[Span, Span]]:
    """Return the pairs of segments that are the same, each segment in one pair at most.

    Segments of one side do not overlap, so two of them can share a partner only at an intersection over union of
    exactly one half each; taking the best pair first is therefore as good as any assignment.

    Parameters
    ----------
    reference, found
        Of one person in one video.
    """
    pairs = sorted(
        (-iou, true, claimed)
        for true in reference
        for claimed in found
        if (iou := overlap(true, claimed)) >= IOU - ROUNDING
    )
    taken: set[tuple[str, Span]] = set()
    matched: list[tuple[Span, Span]] = []
    for _, true, claimed in pairs:
        if not {("reference", true), ("found", claimed)} & taken:
            taken |= {("reference", true), ("found", claimed)}
            matched.append((true, claimed))
    return matched


def overlap(one: Span, other: Span) -> float:
    """Return the intersection over union of two stretches, 0..1."""
    common = max(min(one[1], other[1]) - max(one[0], other[0]), 0.0)
    return common / (one[1] - one[0] + other[1] - other[0] - common)


def segment_tally(reference: Intervals, found: Intervals) -> Tally:
    """Return how many segments of one person in one video are right, were found, and are true."""
    return Tally(len(match_segments(reference, found)), len(found), len(reference))
