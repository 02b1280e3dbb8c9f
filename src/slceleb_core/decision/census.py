"""Who is nobody in a video, counted before the first decision: the video's own cohort of strangers."""

from __future__ import annotations

from dataclasses import replace

from slceleb_core.decision.identity import Gallery, Vote, stranger
from slceleb_core.decision.operating import AnyPoint, OperatingPoint, RatedPoint, point_of
from slceleb_core.decision.spans import Span
from slceleb_core.decision.strangers import DIGITS, NOT_RAISED, Cohort
from slceleb_core.types import JsonValue


class Census:
    """Collects the votes of all tracks, span by span; what it holds is that of the running shot.

    Parameters
    ----------
    gallery
        The persons of interest, or None.
    point
        What a track must reach by what was known before.

    Attributes
    ----------
    cohort
        The strangers among the tracks of the shots that have ended, where the point is that of a stated rate.
    """

    def __init__(self, gallery: Gallery | None, point: AnyPoint) -> None:
        self._gallery, self._point = gallery, point_of(point)
        self._votes: dict[int, Vote] = {}
        self.cohort = Cohort()

    def take(self, span: Span) -> None:
        """Take the own frames of a span, the next one of the video."""
        if self._gallery is None or not isinstance(self._point, RatedPoint):
            return
        for row in span.rows[span.keep]:
            for face, track in enumerate(row.tracks):
                vote = self._votes.setdefault(int(track), Vote())
                vote.add(row.similarities[face : face + 1], row.weights[face : face + 1], row.growth_of(face))
        if span.last:
            self._close(self._gallery, self._point)

    def _close(self, gallery: Gallery, point: RatedPoint) -> None:
        for vote in self._votes.values():
            standing = stranger(vote, gallery, point)
            if standing is not None:
                self.cohort.take(standing)
        self._votes = {}

    def statistics(self) -> dict[str, JsonValue]:
        """Return what is kept of the cohort with the results, JSON-ready; nothing where no rate was asked for."""
        if self._gallery is None or not isinstance(self._point, RatedPoint):
            return {}
        asked = self.cohort.asked()
        raised = {"shift": round(asked.shift, DIGITS), "widening": round(asked.widening, DIGITS)}
        return {"strangers": {**self.cohort.to_json(), "raised": raised}}

    def warnings(self) -> list[str]:
        """Return the one line that is said where the point was raised."""
        asked, cohort = self.cohort.asked(), self.cohort
        if asked == NOT_RAISED:
            return []
        where = (
            f"their median lies {cohort.median():+.1f} deviations off, they spread {cohort.spread():.1f} times as far"
        )
        what = (
            f"strangers of this video come nearer to the gallery than the calibration says ({cohort.tracks:,} tracks: "
        )
        return [f"{what}{where}); who is named had to come nearer, too: see `slceleb poi calibrate`"]

    def point(self) -> OperatingPoint:
        """Return what a track must reach, by what is known now: as much as before, or more."""
        if isinstance(self._point, RatedPoint):
            return replace(self._point, raised=self.cohort.asked())
        return self._point
