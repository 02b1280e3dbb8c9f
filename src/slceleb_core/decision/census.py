"""Who is nobody in a video, counted before the first decision: the video's own cohort of strangers.

A track that does not reach the point is not always a stranger's: whoever is named in a video has other tracks there,
small or turned away, that lie just below it. A track is of one face, so only the person that it is nearest to can be
who it is: what it says of that one is left out where that one is in the video beyond doubt. Else a video of somebody
alone would raise the point until the name is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from slceleb_core.decision.identity import Gallery, Vote, comparisons
from slceleb_core.decision.operating import AnyPoint, OperatingPoint, RatedPoint, point_of
from slceleb_core.decision.spans import Span
from slceleb_core.decision.strangers import DIGITS, NOT_RAISED, Cohort, Comparison
from slceleb_core.types import JsonValue


class Census:
    """Collects the votes of all tracks, span by span; what it holds is that of the running shot.

    Parameters
    ----------
    gallery
        The persons of interest, or None.
    point
        What a track must reach by what was known before.
    """

    def __init__(self, gallery: Gallery | None, point: AnyPoint) -> None:
        self._gallery, self._point = gallery, point_of(point)
        self._votes: dict[int, Vote] = {}
        self._far, self._nearest = Cohort(), Cohort()  # comparisons with all but the nearest person, and with that one
        self._best: dict[str, Comparison] = {}

    @property
    def cohort(self) -> Cohort:
        """The strangers among the tracks of the shots that have ended, where the point is that of a stated rate."""
        cohort = self._far.without(frozenset())
        cohort.add(self._nearest.without(self._there()))
        return cohort

    def _there(self) -> set[str]:
        """Return who is in the video even if strangers come nearer than they should."""
        raised = self._far.likely()
        if not self._far.counts:  # nobody else to tell it by; and the one person's own tracks widen what there is
            raised = replace(replace(self._nearest, tracks=self._far.tracks).likely(), widening=1.0)
        return {person for person, best in self._best.items() if best.excess(raised) >= 0}

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
            self._take(comparisons(vote, gallery, point))
        self._votes = {}

    def _take(self, compared: Mapping[str, Comparison]) -> None:
        """Take a track: of somebody, if it reaches the point of anybody, whatever the margin says."""
        reached = {person: by for person, by in compared.items() if by.excess() >= 0}
        for person, by in reached.items():
            best = self._best.get(person)
            if best is None or best.excess() < by.excess():
                self._best[person] = by
        if compared and not reached:
            nearest = max(compared, key=lambda person: compared[person].deviations)
            self._nearest.compare(nearest, compared[nearest].deviations)
            self._far.take({person: by.deviations for person, by in compared.items() if person != nearest})

    def statistics(self) -> dict[str, JsonValue]:
        """Return what is kept of the cohort with the results, JSON-ready; nothing where no rate was asked for."""
        if self._gallery is None or not isinstance(self._point, RatedPoint):
            return {}
        cohort = self.cohort
        asked = cohort.asked()
        raised = {"shift": round(asked.shift, DIGITS), "widening": round(asked.widening, DIGITS)}
        return {"strangers": {**cohort.to_json(), "raised": raised}}

    def warnings(self) -> list[str]:
        """Return the one line that is said where the point was raised."""
        cohort = self.cohort
        if cohort.asked() == NOT_RAISED:
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
