"""The tables of `measure.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from cases import Bench, load_faces
from scores import Scored
from sklearn.metrics import average_precision_score, roc_auc_score

from slceleb_core.evaluation.compose.cases import FAMILIES
from slceleb_core.evaluation.compose.variants import CLEAN, VARIANTS, VARIED_CASES
from slceleb_core.evaluation.frames import frame_metrics
from slceleb_core.profile import load_profile
from slceleb_core.profiles import DEFAULT_PROFILE
from slceleb_core.types import Array

NONE = "\N{EN DASH}"
"""A figure that there is not."""

RESAMPLES = 200
"""Of the bootstrap."""

CORE = (*FAMILIES["natural"], *FAMILIES["hard"])


class Figures:
    """Figures of the scores, by configuration and by kind of clip."""

    def __init__(self, bench: Bench, scored: Scored) -> None:
        self.bench, self.scored = bench, scored
        self.onset = load_profile(DEFAULT_PROFILE).segments.onset
        self.case = np.array([recipe.case for recipe in bench.recipes])[scored.recipe]
        self.variant = np.array([recipe.variant for recipe in bench.recipes])[scored.recipe]

    def of(self, cases: Iterable[str], variant: str = CLEAN) -> Array:
        """Return which face-frames are of these cases and this variant."""
        return np.asarray(np.isin(self.case, list(cases)) & (self.variant == variant))

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

    def which(self, row: int) -> tuple[float, float]:
        """Return how often, of two who move, the one who speaks scores higher: share of clips, share of frames."""
        scored, clips, frames = self.scored, [], []
        for number in np.unique(scored.recipe[self.of(["two"])]):
            own = scored.recipe == number
            scores = np.stack([scored.scores[row, own & (scored.face == face)] for face in (0, 1)])
            labels = np.stack([scored.label[own & (scored.face == face)] for face in (0, 1)])
            speaking = labels.any(axis=0)
            right = np.where(labels[0], scores[0] - scores[1], scores[1] - scores[0])[speaking]
            clips.append(right.mean() > 0)
            frames.extend(right > 0)
        return (float(np.mean(clips)), float(np.mean(frames))) if clips else (np.nan, np.nan)

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


def report(bench: Bench, scored: Scored) -> str:
    """Return everything as Markdown."""
    figures = Figures(bench, scored)
    parts: list[Callable[[Figures], str]] = [material, methods, intervals, by_case, negatives, variants]
    return "\n\n".join(part(figures) for part in parts)


def material(f: Figures) -> str:
    """Return what was scored, in words."""
    core, talkers = f.of(CORE), sorted({source.talker for source in f.bench.sources.values()})
    return (
        f"{len(f.bench.recipes)} clips composed of {len(f.bench.sources)} clips of {len(talkers)} talkers "
        f"({', '.join(talkers)}); {len(f.scored.label)} face-frames. In the core set (natural and hard) "
        f"{core.sum()} face-frames, {100 * f.scored.label[core].mean():.1f} % of them speaking, "
        f"{100 * f.scored.seen[core].mean():.1f} % with a face found. Nobody speaks in the "
        f"hard cases; hard AP is that of the hard cases together with `single`. "
        f"Labels: {f.bench.labels} on each talker's own clean sound. "
        f"F1 at {f.onset:g}. Detection: {f.detection_cost():.1f} ms a face-frame; "
        f"speech activity: {1000 * f.scored.hearing / max(f.scored.seen.sum(), 1):.3f} ms, once for all configurations."
    )


def methods(f: Figures) -> str:
    """Return the configurations side by side."""
    head = [
        "configuration",
        "core AP",
        "natural AP / F1",
        "hard AP",
        "turns AP",
        "swap AP",
        "which of two (clips / frames)",
        "core ECE",
        "ms a face-frame",
    ]
    rows = []
    for row, name in enumerate(f.scored.names):
        natural, core = f.metrics(row, f.of(FAMILIES["natural"])), f.metrics(row, f.of(CORE))
        hard = f.ap(row, hard_and_single(f))
        which = f.which(row)
        rows.append(
            [
                name,
                number(core[0]),
                f"{number(natural[0])} / {number(natural[1])}",
                number(hard),
                number(f.ap(row, f.of(["turns"]))),
                number(f.ap(row, f.of(["swap"]))),
                f"{number(which[0])} / {number(which[1])}",
                number(core[2]),
                f"{f.cost(row):.3f}",
            ]
        )
    return table(head, rows)


def hard_and_single(f: Figures) -> Array:
    """Return the face-frames of the hard cases, in which nobody speaks, and those of the single talkers beside them."""
    return f.of([*FAMILIES["hard"], "single"])


def intervals(f: Figures) -> str:
    """Return 95 % intervals of the first configuration."""
    sets = {
        "core": f.of(CORE),
        "natural": f.of(FAMILIES["natural"]),
        "hard": hard_and_single(f),
        "turns": f.of(["turns"]),
        "swap": f.of(["swap"]),
    }
    rows = [
        [name, number(f.ap(0, where)), " to ".join(map(number, f.interval(0, where)))] for name, where in sets.items()
    ]
    return f"`{f.scored.names[0]}`, 95 % bootstrap by talker:\n\n" + table(["set", "AP", "interval"], rows)


def by_case(f: Figures) -> str:
    """Return the mean score of those who speak and of those who do not, by case, for the first configuration."""
    rows = []
    for case in (*CORE, "turns", "swap"):
        where = f.of([case])
        if where.any():
            label, score = f.scored.label[where], f.scored.scores[0, where]
            means = [number(score[label == side].mean()) if (label == side).any() else NONE for side in (True, False)]
            above = number((score[~label] >= f.onset).mean())
            rows.append([case, str(len(np.unique(f.scored.recipe[where]))), *means, above])
    return table(["case", "clips", "mean score, speaking", "mean score, not", f"not speaking, yet ≥ {f.onset:g}"], rows)


def negatives(f: Figures) -> str:
    """Return the AUC of speaking against each kind of negative, for all configurations."""
    kinds = {
        "silence": f.of(["single"]),
        "second talker": f.of(["two"]),
        "listener": f.of(["listener", "voiceover"]),
        "dub": f.of(["dub"]),
        "shifted": f.of(["shift"]),
        "still": f.of(["frozen", "jitter"]),
        "muted": f.of(["muted"]),
    }
    rows = [[name, *(number(f.auc(row, where)) for where in kinds.values())] for row, name in enumerate(f.scored.names)]
    return "AUC of speaking face-frames against each kind of those that are not:\n\n" + table(
        ["configuration", *kinds], rows
    )


def variants(f: Figures) -> str:
    """Return AP / F1 of each variant, for all configurations, and the faces' size."""
    cases = VARIED_CASES
    present = [v for v in (CLEAN, *VARIANTS) if f.of(cases, v).any()]
    if len(present) < 2:
        return "No variants."
    numbers = {recipe.clip[-3:] for recipe in f.bench.recipes if recipe.variant != CLEAN}
    same = np.isin(f.scored.recipe, [i for i, recipe in enumerate(f.bench.recipes) if recipe.clip[-3:] in numbers])
    rows = []
    for variant in present:
        where = f.of(cases, variant) & same
        found = (f.metrics(row, where) for row in range(len(f.scored.names)))
        size = f"{np.nanmedian(f.scored.size[where]):.0f} px, {100 * f.scored.seen[where].mean():.0f} %"
        rows.append([variant, size, *(f"{number(ap)} / {number(f1)}" for ap, f1, _ in found)])
    return "AP / F1 of single, two and dub:\n\n" + table(["variant", "faces, found", *f.scored.names], rows)
