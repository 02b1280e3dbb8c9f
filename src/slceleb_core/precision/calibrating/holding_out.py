"""What chosen limits make of labels that did not choose them: whole videos or persons are held out, one part at a time.

It is no bound and needs none: it shows whether what was promised of some videos or people holds for others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from slceleb_core.precision.calibrating.calibration import Wish, prove, sample_of
from slceleb_core.precision.evidence import Evidence, Label

Unit: TypeAlias = Literal["video", "person"]

PARTS = 5
"""Into how many the videos or persons are divided."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What came of labels that were held out.

    Attributes
    ----------
    by
        What of each was held out together.
    parts, reached
        Into how many it was divided, and with how many of them left out a point was proven.
    labels, errors
        Of what those points keep of the parts that were left out.
    """

    by: Unit
    parts: int
    reached: int
    labels: int
    errors: int

    @property
    def precision(self) -> float | None:
        """How many of those labels are right; None of none."""
        return 1.0 - self.errors / self.labels if self.labels else None


def held_out(evidence: Evidence, wish: Wish, by: Unit) -> HeldOut:
    """Return what points that are chosen without some videos or persons make of those."""
    names = sorted({_name(label, by) for label in evidence.labels})
    parts = [frozenset(names[place::PARTS]) for place in range(min(PARTS, len(names)))]
    kept = [_kept(evidence, wish, by, part) for part in parts]
    told = [labels for labels in kept if labels is not None]
    labels = [label for found in told for label in found]
    return HeldOut(by, len(parts), len(told), len(labels), sum(not label.right for label in labels))


def _kept(evidence: Evidence, wish: Wish, by: Unit, part: frozenset[str]) -> Sequence[Label] | None:
    """Return the proving labels of one part that the point keeps which the rest proves; None: it proves none."""
    rest = tuple(label for label in evidence.labels if _name(label, by) not in part)
    proof = prove(replace(evidence, labels=rest), wish)
    if proof.best is None:
        return None
    out = [label for label in evidence.proving if _name(label, by) in part]
    entries = sample_of(proof.path, evidence, out).entries
    return [label for label, entry in zip(out, entries, strict=True) if entry <= proof.best.point]


def _name(label: Label, by: Unit) -> str:
    return label.recording if by == "video" else label.person
