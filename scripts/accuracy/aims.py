"""What is asked of the speaker stage, row by row, and what a user gets of each case in seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from figures import CORE, NONE, Figures, number, table
from real import TALKER, Footage
from seconds import Share, Shown, accepted_share, found_share, lag_errors, overlap_share

from slceleb_core.evaluation.compose.cases import CASES, FAMILIES
from slceleb_core.types import Array

LAG_LIMIT = 25.0
"""Milliseconds within which a constant lag is to be found."""

IN_SYNC, FAR_OFF = 0.13, 0.31
"""Seconds: most downloads are up to 0.12 s late, and what is up to 0.3 s late is to be found."""

UNMOVED = ("single", "long")
"""The cases of one talker with the sound as it was."""

WEB = "web_"
"""How the names of talkers begin whose clips were downloaded."""


@dataclass(frozen=True)
class Aim:
    """One row of the table.

    Attributes
    ----------
    name, asked
        What is measured, and what it is to be.
    measure
        Returns the figure of one split, None for all.
    interval
        Returns the 95 % interval over talkers, of all splits; NaN where there is none.
    """

    name: str
    asked: str
    measure: Callable[[str | None], str]
    interval: Callable[[], str] = lambda: NONE


def aims(f: Figures, real: Footage) -> str:
    """Return what is asked, and what was found, of all talkers and split by split; for the first configuration."""
    head = ["measured", "asked", "all", "95 % over talkers", *f.splits]
    rows = [
        [a.name, a.asked, a.measure(None), a.interval(), *map(a.measure, f.splits)]
        for a in [*asked(f), *asked_of(real)]
    ]
    words = "What is asked for (issue 12), with `" + f.scored.names[0] + "`; seconds are those of the default profile:"
    return f"{words}\n\n" + table(head, rows)


def asked(f: Figures) -> Iterator[Aim]:
    """Yield every row."""
    yield seconds_of(f, "long dubs: seconds accepted", "<= 2 %", accepted_share, ("longdub",))
    yield seconds_of(f, "own voice 0.8 s off: seconds accepted", "<= 3 %", accepted_share, ("shift",))
    yield seconds_of(f, "grimaces: seconds accepted", "<= 1 %", accepted_share, ("grimace",))
    yield seconds_of(f, "silent faces: seconds accepted", "<= 0.2 %", accepted_share, tuple(CASES), waiting)
    yield seconds_of(f, "own voice in sync: seconds found", ">= 88 %", found_share, UNMOVED, in_sync)
    yield seconds_of(
        f, "own voice up to 0.3 s off: seconds found", ">= 80 %", found_share, (*UNMOVED, *FAMILIES["late"]), off
    )
    yield seconds_of(f, "own voice further off: seconds found", "", found_share, FAMILIES["late"], far_off)
    yield Aim("lags found within 25 ms: share of segments", "all", lambda split: share_of_lags(f, split))
    yield seconds_of(f, "both speak: seconds accepted", "0", overlap_share, ("overlap",))
    yield average_precision(f, "core AP", "", f.of(CORE))
    yield average_precision(f, "core AP, talkers of the web", ">= .95", f.of(CORE) & np.char.startswith(names(f), WEB))
    yield average_precision(f, "turns AP", ">= .97", f.of(["turns"]))
    yield average_precision(f, "swap AP", ">= .92", f.of(["swap"]))
    yield which(f, "which of two: clips", "1.00", f.of(["two"]), 0)
    yield which(f, "which of two: frames", ">= .95", f.of(["two"]), 1)
    yield which(f, "which of two within 0.5 s of a turn (`turns`)", ">= .88", f.at_turns(["turns"]), 1)
    yield which(f, "which of two within 0.5 s of a swap (`swap`)", "", f.at_turns(["swap"]), 1)
    yield average_precision(f, "babble at 0 dB, AP", ">= .85", babble(f))
    yield Aim("cost, as a share of detection's", "< 3 %", lambda split: cost(f, split))


def asked_of(real: Footage) -> Iterator[Aim]:
    """Yield the rows on clips that are not composed, which belong to no split."""
    for name, wanted, value in (
        ("`obama_biden`: speech found", ">= 60 %", percent(real.found)),
        ("real clips: s accepted of people who are silent", "0", seconds(real.silent(real.clips))),
        ("encodings: largest to least, a talker of the web", "<= 10 %", percent(real.spread(TALKER))),
        ("encodings: largest to least, `obama_biden`", "<= 10 %", percent(real.spread("obama_biden"))),
        ("encodings: s accepted of people who are silent", "0", seconds(real.silent(real.encodings))),
    ):
        yield Aim(name, wanted, partial(whole_only, value))


def whole_only(value: str, split: str | None) -> str:
    """Return a figure that there is for all and for no split."""
    return NONE if split else value


def seconds(value: float) -> str:
    """Return seconds in tenths."""
    return NONE if np.isnan(value) else f"{value:.1f}"


def names(f: Figures) -> Array:
    """Return the talker of every face-frame, as strings that NumPy can look into."""
    return np.asarray(f.scored.talker, dtype=np.str_)


def seconds_of(
    f: Figures,
    name: str,
    asked_for: str,
    share: Callable[[list[Shown]], Share],
    cases: tuple[str, ...],
    which_of_them: Callable[[Shown], bool] = lambda _: True,
) -> Aim:
    """Return a row on a share of seconds, of some of the faces in some cases."""

    def of(split: str | None) -> Share:
        return share([face for face in f.shown(*cases, split=split) if which_of_them(face)])

    return Aim(name, asked_for, lambda split: percent(of(split).value), lambda: between(of(None).interval))


def waiting(face: Shown) -> bool:
    """Tell whether somebody does nothing but listen, or pause."""
    return face.waits


def in_sync(face: Shown) -> bool:
    """Tell whether the sound is as late as that of most downloads, at most."""
    return abs(face.lag) <= IN_SYNC


def off(face: Shown) -> bool:
    """Tell whether the sound is late or early, by up to as much as is to be found."""
    late = face.recipe.case in FAMILIES["late"] or not in_sync(face)
    return late and not far_off(face)


def far_off(face: Shown) -> bool:
    """Tell whether the sound is further off than that, what the recording lacks itself included."""
    return abs(face.lag) > FAR_OFF


def average_precision(f: Figures, name: str, asked_for: str, where: Array) -> Aim:
    """Return a row on the average precision of some face-frames."""
    interval = " to ".join(map(number, f.interval(0, where))) if (where & f.scored.label).any() else NONE
    return Aim(name, asked_for, lambda split: number(f.ap(0, where & f.within(split))), lambda: interval)


def which(f: Figures, name: str, asked_for: str, where: Array, unit: int) -> Aim:
    """Return a row on which of two speaks; `unit` 0 counts clips, 1 frames."""
    return Aim(name, asked_for, lambda split: number(f.which(0, where & f.within(split))[unit]))


def babble(f: Figures) -> Array:
    """Return the face-frames with other voices as loud as the speaker's."""
    return f.of(["single", "two", "dub"], "babble0")


def share_of_lags(f: Figures, split: str | None) -> str:
    """Return the share of segments whose constant lag is found."""
    errors = lag_errors(f.shown("single", "long", *FAMILIES["late"], split=split))
    return percent(float((errors <= LAG_LIMIT).mean())) if len(errors) else NONE


def cost(f: Figures, split: str | None) -> str:
    """Return what the stage costs; measured over everything, so not for one split."""
    return whole_only(percent(f.cost(0) / f.detection_cost()), split)


def by_seconds(f: Figures) -> str:
    """Return, case by case, the seconds shown, accepted, spoken, found and wrong."""
    rows = []
    for case in CASES:
        faces = f.shown(case)
        if not faces:
            continue
        accepted, found = accepted_share(faces), found_share(faces)
        wrong = sum(face.wrong for face in faces)
        rows.append(
            [
                case,
                f"{len({face.recipe.clip for face in faces})} / {len({face.talker for face in faces})}",
                f"{sum(face.available for face in faces):.1f}",
                f"{sum(face.taken for face in faces):.1f}",
                with_interval(accepted),
                f"{sum(face.true for face in faces):.1f}",
                with_interval(found),
                f"{wrong:.1f}",
                str(len({face.recipe.clip for face in faces if face.wrong > 0})),
            ]
        )
    head = ["case", "clips / talkers", "s of faces", "s accepted", "share", "s of speech", "found", "s wrong", "clips"]
    return (
        f"Seconds, with `{f.scored.names[0]}` and the segments of the default profile; 95 % bootstrap by talker. "
        "Wrong is what is accepted away from a face's own speech, and the last column says in how many clips:\n\n"
    ) + table(head, rows)


def lags(f: Figures) -> str:
    """Return how well a constant lag is found, for each."""
    rows = []
    for case in FAMILIES["late"]:
        faces = f.shown(case)
        if faces:
            errors = lag_errors(f.shown("single", "long", case))
            within = percent(float((errors <= LAG_LIMIT).mean())) if len(errors) else NONE
            middle, most = (f"{v:.0f}" for v in np.percentile(errors, [50, 90])) if len(errors) else (NONE, NONE)
            rows.append([case, with_interval(found_share(faces)), str(len(errors)), middle, most, within])
    head = ["case", "speech found", "segments", "error in ms, median", "90 %", "within 25 ms"]
    words = "Sound that is late or early by a constant; errors are against the lag found in the clip as it was:"
    return f"{words}\n\n" + table(head, rows)


def percent(value: float) -> str:
    """Return a share in per cent."""
    return NONE if np.isnan(value) else f"{100 * value:.1f} %"


def between(interval: tuple[float, float]) -> str:
    """Return an interval of shares in per cent."""
    return NONE if np.isnan(interval[0]) else f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f} %"


def with_interval(share: Share) -> str:
    """Return a share and its interval."""
    return (
        percent(share.value) if np.isnan(share.interval[0]) else f"{percent(share.value)} ({between(share.interval)})"
    )
