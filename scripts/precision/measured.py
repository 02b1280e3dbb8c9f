"""The figures of a voice stage, measured on people whom one knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.optimize import nnls
from talkers import Talk, pieces

from slceleb_core.stages import Voice
from slceleb_core.types import AudioSpan, VoiceFigures

LENGTHS = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
"""Seconds of the stretches that are compared."""

SESSION = 0.4
"""By how much a voice moves from video to video cannot be measured on one recording each. Of the one person of whom
there are recordings of two occasions it comes out at .3 to .55, of channels as they are made here at .1 to .25."""


def measured_figures(voice: Voice, talks: Sequence[Talk]) -> VoiceFigures:
    """Return figures of what is spoken in recordings, stretches of one length compared with each other."""
    own: list[tuple[float, float, float]] = []  # seconds, cosine's mean and standard deviation
    other: list[tuple[float, float, float]] = []
    for seconds in LENGTHS:
        cut = [(talk.person, talk.name, samples) for talk in talks for _, samples in pieces(talk, seconds)]
        if len(cut) < 2:
            continue
        rows = voice.embed([AudioSpan(samples, 0.0) for _, _, samples in cut]).astype(np.float64)
        cosines, (first, second) = rows @ rows.T, np.triu_indices(len(cut), 1)
        values = cosines[first, second]
        people = np.array([cut[a][0] == cut[b][0] for a, b in zip(first, second, strict=True)])
        recordings = np.array([cut[a][1] == cut[b][1] for a, b in zip(first, second, strict=True)])
        for chosen, found in ((people & recordings, own), (~people, other)):
            if chosen.sum() > 2:
                found.append((seconds, float(np.median(values[chosen])), float(values[chosen].std())))
    words = float(np.median([seconds * (1 / mean - 1) for seconds, mean, _ in own]))
    spread = float(np.median([deviation / (1 - mean) for _, mean, deviation in own]))
    near = np.array([1 / (1 + SESSION + words / seconds) for seconds, _, _ in other])
    means, deviations = (
        np.array(values) for values in zip(*[(mean, spread_) for _, mean, spread_ in other], strict=True)
    )
    (pairs, noise), _ = nnls(np.stack([near**2, 1 - near**2], axis=1), deviations**2)
    return replace(
        VoiceFigures(),
        words=words,
        session=SESSION,
        spread=spread,
        strangers=float((means * near).sum() / (near**2).sum()),
        pairs=float(np.sqrt(max(pairs, 1e-4))),
        noise=float(max(noise, 1e-4)),
        people=len({talk.person for talk in talks}),
        recordings=len(talks),
    )
