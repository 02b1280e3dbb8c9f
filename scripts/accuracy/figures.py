"""Figures of the scores of `measure.py`, by configuration and by kind of clip."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from cases import ACROSS, SPLITS, Bench, load_faces
from scores import Scored
from seconds import Shown, shown
from sklearn.metrics import average_precision_score, roc_auc_score

from slceleb_core.evaluation.compose.cases import FAMILIES
from slceleb_core.evaluation.compose.variants import CLEAN
from slceleb_core.evaluation.frames import frame_metrics
from slceleb_core.profile import load_profile
from slceleb_core.profiles import DEFAULT_PROFILE
from slceleb_core.types import Array

NONE = "\N{EN DASH}"
"""A figure that there is not."""

RESAMPLES = 200
"""Of the bootstrap."""

TURN_EDGE = 0.5
"""Seconds around the end of one's speech and the beginning of the next one's."""

CORE = (*FAMILIES["natural"], *FAMILIES["hard"])


class Figures:
    """Figures of the scores, by configuration and by kind of clip."""

    def __init__(self, bench: Bench, scored: Scored) -> None:
        self.bench, self.scored = bench, scored
        self.onset = load_profile(DEFAULT_PROFILE).segments.onset
        self.case = np.array([recipe.case for recipe in bench.recipes])[scored.recipe]
        self.variant = np.array([recipe.variant for recipe in bench.recipes])[scored.recipe]
        self.split = np.array([recipe.split for recipe in bench.recipes])[scored.recipe]
        self.faces = shown(bench, scored)
        self._faces = {0: self.faces}

    @property
    def splits(self) -> list[str]:
        """Those of which there are clips."""
        return [split for split in (*SPLITS, ACROSS) if (self.split == split).any()]

    def shown(self, *cases: str, split: str | None = None, row: int = 0) -> list[Shown]:
        """Return the faces of clean clips of these cases, with what is accepted by one of the configurations."""
        if row not in self._faces:
            self._faces[row] = shown(self.bench, self.scored, row)
        return [
            face
            for face in self._faces[row]
            if face.recipe.case in cases and face.recipe.variant == CLEAN and split in (None, face.recipe.split)
        ]

    def of(self, cases: Iterable[str], variant: str = CLEAN) -> Array:
        """Return which face-frames are of these cases and this variant."""
        return np.asarray(np.isin(self.case, list(cases)) & (self.variant == variant))

    def within(self, split: str | None) -> Array:
        """Return which face-frames are of one split; None: all."""
        return np.asarray(self.split == split) if split else np.ones(len(self.split), dtype=bool)

    def metrics(self, row: int, where: Array) -> tuple[float, float, float]:
        """Return AP, F1 and the expected calibration error."""
        found = frame_metrics(self.scored.label[where], self.scored.scores[row, where], self.onset)
        return found.ap or np.nan, found.f1 or np.nan, found.ece or np.nan

    def ap(self, row: int, where: Array) -> float:
        """Return the average precision."""
        return self.metrics(row, where)[0]

    def auc(self, row: int, negatives: Array) -> float:
        """Return the AUC of the core's speaking face-frames against some of those that do not speak."""
        scores, label = self.scored.scores[row], self.scored.label
        positive = self.of(CORE) & label
        chosen = positive | (negatives & ~label)
        return float(roc_auc_score(label[chosen], scores[chosen])) if (negatives & ~label).any() else np.nan

    def which(self, row: int, where: Array) -> tuple[float, float]:
        """Return how often, of two, the one who speaks scores higher: share of clips, share of frames."""
        leads = [self._lead(row, clip, where) for clip in np.unique(self.scored.recipe[where])]
        leads = [lead for lead in leads if len(lead)]
        if not leads:
            return np.nan, np.nan
        return float(np.mean([lead.mean() > 0 for lead in leads])), float(np.mean(np.concatenate(leads) > 0))

    def _lead(self, row: int, clip: int, where: Array) -> Array:
        """Return by how much the one who speaks scores higher than the other, on frames on which one of two does."""
        sides = [(self.scored.recipe == clip) & (self.scored.face == face) for face in (0, 1)]
        first, second = (self.scored.scores[row, side] for side in sides)
        labels = [self.scored.label[side] for side in sides]
        chosen = where[sides[0]] & (labels[0] != labels[1])
        return np.asarray(np.where(labels[0], first - second, second - first)[chosen])

    def at_turns(self, cases: Iterable[str]) -> Array:
        """Return which face-frames lie near a change: the end of one's speech, or the beginning of the other's."""
        near = np.zeros(len(self.scored.label), dtype=bool)
        for clip in np.unique(self.scored.recipe[self.of(cases)]):
            recipe, own = self.bench.recipes[clip], self.scored.recipe == clip
            change = recipe.voices[1].start
            spoken = [stretch for face in self.faces if face.recipe is recipe for stretch in face.spoken]
            before = sorted(end for _, end in spoken if end <= change + TURN_EDGE)
            after = sorted(start for start, _ in spoken if start >= change)
            for edge in [*before[-1:], *after[:1]]:
                near |= own & (np.abs(self.scored.time - edge) <= TURN_EDGE)
        return near

    def interval(self, row: int, where: Array) -> tuple[float, float]:
        """Return the 95 % interval of the average precision when talkers are drawn anew."""
        talkers, place = np.unique(self.scored.talker[where], return_inverse=True)
        label, scores = self.scored.label[where], self.scored.scores[row, where]
        random = np.random.default_rng(0)
        found = []
        for _ in range(RESAMPLES):
            weight = np.bincount(random.integers(len(talkers), size=len(talkers)), minlength=len(talkers))[place]
            if weight[label].any():
                found.append(average_precision_score(label, scores, sample_weight=weight))
        return tuple(np.percentile(found, [2.5, 97.5])) if found else (np.nan, np.nan)

    def cost(self, row: int) -> float:
        """Return the milliseconds of the speaker stage for each face-frame seen."""
        return float(1000 * self.scored.seconds[row] / max(self.scored.seen.sum(), 1))

    def detection_cost(self) -> float:
        """Return the milliseconds of detection for each face-frame seen."""
        found = [load_faces(path) for path in set(self.bench.faces.values())]
        return 1000 * sum(s for _, s in found) / max(sum(len(face) for faces, _ in found for face in faces), 1)


def number(value: float) -> str:
    """Return a share with three digits behind the point."""
    return NONE if np.isnan(value) else f"{value:.3f}".removeprefix("0")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
