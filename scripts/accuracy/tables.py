"""The tables of `measure.py`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from aims import aims, by_seconds, lags
from cases import Bench, split_of
from figures import CORE, NONE, Figures, number, table
from real import Footage, encoding_table, real_clips
from scores import Scored

from slceleb_core.evaluation.compose.cases import CASES, FAMILIES
from slceleb_core.evaluation.compose.variants import CLEAN, VARIANTS, VARIED_CASES
from slceleb_core.types import Array


def report(bench: Bench, scored: Scored, real: Footage) -> str:
    """Return everything as Markdown."""
    figures = Figures(bench, scored)
    parts: list[Callable[[Figures], str]] = [by_seconds, lags, methods, intervals, by_case, negatives, variants]
    composed = [material(figures), aims(figures, real), *(part(figures) for part in parts)]
    return "\n\n".join([*composed, real_clips(real), encoding_table(real)])


def material(f: Figures) -> str:
    """Return what was scored, in words."""
    core, talkers = f.of(CORE), sorted({source.talker for source in f.bench.sources.values()})
    return (
        f"{len(f.bench.recipes)} clips composed of {len(talkers)} talkers ({of_splits(f, talkers)}); "
        f"{len(f.scored.label)} face-frames. In the core set (natural and hard) "
        f"{core.sum()} face-frames, {100 * f.scored.label[core].mean():.1f} % of them speaking, "
        f"{100 * f.scored.seen[core].mean():.1f} % with a face found. Nobody speaks in the "
        f"hard cases; hard AP is that of the hard cases together with `single`. "
        f"Labels: {f.bench.labels} on each talker's own clean sound. "
        f"F1 at {f.onset:g}. Detection: {f.detection_cost():.1f} ms a face-frame; "
        f"speech activity: {1000 * f.scored.hearing / max(f.scored.seen.sum(), 1):.3f} ms, once for all configurations."
    )


def of_splits(f: Figures, talkers: list[str]) -> str:
    """Return whom each split that was scored has."""
    own = {split: [talker for talker in talkers if split_of(talker) == split] for split in f.splits}
    return "; ".join(f"{split}: {', '.join(names)}" for split, names in own.items() if names)


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
        which = f.which(row, f.of(["two"]))
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
    for case in CASES:
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
