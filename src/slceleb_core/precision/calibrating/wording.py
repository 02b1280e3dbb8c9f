"""A calibration in words and tables, the same in the terminal and on its page."""

from __future__ import annotations

from collections.abc import Iterator

from slceleb_core.pages.sheets import Sheet
from slceleb_core.pages.wording import counted, lasting, percent
from slceleb_core.precision.calibrating.calibration import Calibration, Standing
from slceleb_core.precision.calibrating.lacking import Lacking
from slceleb_core.precision.calibrating.paths import MEASURES

ROWS = 12
"""Points in the table; the picture has more."""


def exact(part: float) -> str:
    """Return a part of one as a percentage with as many digits as it takes to tell it from 100 %."""
    return f"{100 * part:.2f} %" if 0.99 < part < 1 else percent(part)


def verdict(made: Calibration) -> str:
    """Return what came of it in one line."""
    wish, chosen = made.wish, made.chosen
    asked = f"{exact(wish.target)} at a confidence of {exact(wish.confidence)}"
    if chosen is None:
        return f"not reachable with this evidence: {asked}"
    kept = f"{lasting(chosen.seconds)} of {lasting(made.whole.seconds)} ({percent(_share(chosen, made))})"
    return f"{asked}: {kept} can be kept; at least {exact(made.low or 0.0)} of it is right"


def advice(lack: Lacking) -> str:
    """Return what to do where nothing can be promised."""
    if lack.more is None:
        return "at every point too many labels are wrong: no number of labels would help; ask for less, or find better"
    few = f"; only {counted(lack.free, 'segment')} there without a label, so it takes more videos like these"
    short = few if lack.free < lack.more else ""
    if not lack.labels:
        return (
            f"label about {lack.more:,} more, drawn at random: none of the labels there are can prove anything{short}"
        )
    seen = f"{counted(lack.errors, 'error')} in {counted(lack.labels, 'label')}"
    where = "" if not lack.point.limits else f" of the {lasting(lack.seconds)} that the best point keeps"
    return f"label about {lack.more:,} more{where}, drawn at random: so far {seen} there{short}"


def evidence_line(made: Calibration) -> str:
    """Return by how many labels it is so."""
    taught = f"; {counted(made.taught, 'label')} of what somebody chose to look at prove nothing" if made.taught else ""
    learned = ", and have taught which measures to tighten" if made.learned else ""
    return f"{counted(made.proved, 'label')} prove{'s' if made.proved == 1 else ''}{taught}{learned}"


def limits_sheet(chosen: Standing) -> Sheet:
    """Return the table of the limits of a point."""
    rows = [[name, f"{'at least' if MEASURES[name] == '>=' else 'at most'} {limit:g}"]
            for name, limit in chosen.point.limits.items()]  # fmt: skip
    return Sheet("Limits", ("gate", "of each segment"), rows or [["none", "everything is kept"]])


def points_sheet(made: Calibration) -> Sheet:
    """Return the table of some points, from strict to loose."""
    columns = ("point", ">kept", ">seconds", ">labels", ">wrong", ">precision", ">from", ">to")
    rows = [_row(point, made) for point in _some(made)]
    remark = (
        "Each row by itself, at the confidence that was asked for. Of many rows one looks good by chance: what is "
        "promised is only the chosen one, and its bound accounts for all that were tried."
    )
    return Sheet("Points", columns, rows, remark)


def _some(made: Calibration) -> Iterator[Standing]:
    step = max(len(made.curve) // ROWS, 1)
    shown = [*made.curve[::step], made.whole, *([made.chosen] if made.chosen else [])]
    yield from sorted({round(point.seconds, 6): point for point in shown}.values(), key=lambda point: point.seconds)


def _row(point: Standing, made: Calibration) -> list[str]:
    here = made.chosen is not None and point.seconds == made.chosen.seconds
    name = "chosen" if here else "everything" if point.seconds == made.whole.seconds else ""
    interval = point.precision
    told = [exact(value) for value in (interval.estimate, interval.low, interval.high)] if point.labels else [""] * 3
    counts = (f"{point.labels:,}", f"{point.errors:,}")
    return [name, percent(_share(point, made)), f"{point.seconds:,.1f}", *counts, *told]


def _share(point: Standing, made: Calibration) -> float:
    return point.seconds / made.whole.seconds if made.whole.seconds else 0.0
