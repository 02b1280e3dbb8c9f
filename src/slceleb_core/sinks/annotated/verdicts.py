"""What was decided of a face at a moment: the segment that it is in, or why it is in none."""

from __future__ import annotations

import bisect
from collections import defaultdict
from operator import attrgetter

from slceleb_core.results import FrameResult, Gate, Rejection, Segment

Verdict = Segment | Rejection


class Verdicts:
    """The segments and rejections of one video.

    Attributes
    ----------
    onset
        The least speaking score with which speech may begin, as the gates had it; None as long as no gate was asked.
    """

    def __init__(self) -> None:
        self.onset: float | None = None
        self._segments: defaultdict[int, list[Verdict]] = defaultdict(list)
        self._rejections: defaultdict[int, list[Verdict]] = defaultdict(list)

    def add(self, verdict: Verdict) -> None:
        """Take one."""
        of_kind = self._segments if isinstance(verdict, Segment) else self._rejections
        bisect.insort(of_kind[verdict.track], verdict, key=attrgetter("start"))
        self.onset = next((gate.limit for gate in verdict.gates if gate.name == "asd"), self.onset)

    def on(self, track: int, frame: FrameResult) -> Verdict | None:
        """Return what was decided of a track at a frame: the segment, its padding included, or else the rejection.

        None: nothing was, as of somebody who is not looked for.
        """
        segment = _latest(self._segments.get(track, []), frame.time)
        if segment is not None and segment.start <= frame.time < segment.end:
            return segment
        rejection = _latest(self._rejections.get(track, []), frame.time)
        if rejection is not None and rejection.first_frame <= frame.index <= rejection.last_frame:
            return rejection
        return None


def _latest(ordered: list[Verdict], time: float) -> Verdict | None:
    """Return the one that began last; they follow each other."""
    place = bisect.bisect_right(ordered, time, key=attrgetter("start"))
    return ordered[place - 1] if place else None


UNITS = {"face size": " px", "face pose": " deg", "offset": " ms", "length": " s"}
"""Of the gates whose values have one."""


def reason(gate: Gate) -> str:
    """Return in words why a gate was not passed."""
    if gate.name == "co_visible":
        return "another face is nearer to that name"
    unit = UNITS.get(gate.name, "")
    bound = "at least" if gate.comparison == ">=" else "at most"
    return f"{gate.name} {_figure(gate.value)}{unit}, must be {bound} {_figure(gate.limit)}{unit}"


def _figure(value: float | None) -> str:
    """Return two decimals, or none where the figure is large."""
    if value is None:
        return "unknown"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.2f}"
