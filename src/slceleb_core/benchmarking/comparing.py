"""Two benchmarks against each other: ratios, what is only in one, and in what their findings differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from slceleb_core.benchmarking.candidates import DECODE
from slceleb_core.benchmarking.findings import Difference, difference, findings_of, in_words
from slceleb_core.errors import UsageError
from slceleb_core.pages.sheets import Sheet
from slceleb_core.pages.wording import ABSENT, decimals, size

FORMAT = 1
"""Version of the JSON layout; raised when a reader would have to change."""

Key = tuple[str, str]
"""A video's name and a candidate's."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The same candidate on the same video, in two benchmarks.

    Attributes
    ----------
    video, candidate
        Which.
    speed
        Frames a second of the second against the first, start-up left out.
    against_decoding
        The same, each measured by decoding only in its own benchmark, which takes out how busy the machine was; None
        where one lacks it.
    peak
        Memory of the second against the first.
    peaks
        Bytes of both.
    differing
        What the second found, from what the first did.
    """

    video: str
    candidate: str
    speed: float
    against_decoding: float | None
    peak: float
    peaks: tuple[float, float]
    differing: Difference

    def as_json(self) -> dict[str, Any]:
        """Return it JSON-ready."""
        return {**asdict(self), "differing": self.differing.as_json()}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two benchmarks.

    Attributes
    ----------
    pairs
        What both have measured.
    only_first, only_second
        What only one has: candidate and video.
    changed
        Facts of the machine and of the installed packages that are not the same.
    """

    pairs: tuple[Pair, ...]
    only_first: tuple[Key, ...]
    only_second: tuple[Key, ...]
    changed: tuple[tuple[str, str, str], ...]

    def as_json(self) -> dict[str, Any]:
        """Return it JSON-ready."""
        return {**asdict(self), "format": FORMAT, "pairs": [pair.as_json() for pair in self.pairs]}


def compare(first: Mapping[str, Any], second: Mapping[str, Any]) -> Comparison:
    """Return two benchmarks against each other; videos are the same by their names.

    Raises
    ------
    UsageError
        They have nothing in common, or one is damaged.
    """
    try:
        before, after = _by_key(first), _by_key(second)
        pairs = tuple(_pair(key, before[key], after[key]) for key in before if key in after)
        only_first = tuple(key for key in before if key not in after)
        only_second = tuple(key for key in after if key not in before)
        changed = tuple(_changed(_facts(first), _facts(second)))
    except (KeyError, TypeError, ZeroDivisionError) as error:
        raise UsageError(f"a benchmark is damaged: {type(error).__name__}: {error}", "run it again") from None
    if not pairs:
        raise UsageError(
            "the two benchmarks have no candidate on the same video in common", "measure the same profiles and videos"
        )
    return Comparison(pairs, only_first, only_second, changed)


def _by_key(made: Mapping[str, Any]) -> dict[Key, Mapping[str, Any]]:
    return {(Path(row["video"]).name, row["candidate"]): row for row in made["figures"]}


def _pair(key: Key, before: Mapping[str, Any], after: Mapping[str, Any]) -> Pair:
    peaks = (before["peak"]["median"], after["peak"]["median"])
    by_decoding = None
    if before["decoding"] is not None and after["decoding"] is not None:
        by_decoding = before["decoding"]["median"] / after["decoding"]["median"]
    return Pair(
        *key,
        after["rate_started"]["median"] / before["rate_started"]["median"],
        by_decoding,
        peaks[1] / peaks[0],
        peaks,
        Difference()
        if key[1] == DECODE
        else difference(findings_of(before["findings"]), findings_of(after["findings"])),
    )


def _facts(made: Mapping[str, Any]) -> dict[str, str]:
    facts = {name: str(value) for name, value in made["machine"].items() if name != "versions"}
    return facts | {name: str(value) for name, value in made["machine"]["versions"].items()}


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for name in dict.fromkeys([*before, *after]):
        here, there = before.get(name, ABSENT), after.get(name, ABSENT)
        if here != there:
            yield name, here, there


def sheets(compared: Comparison) -> Iterator[Sheet]:
    """Yield the tables of a comparison."""
    columns = ("video", "candidate", ">frames/s x", ">of decoding x", ">memory x", ">peak memory", "found")
    remark = (
        "The second benchmark against the first. Frames/s: start-up left out. Of decoding: the same, each against "
        "decoding only in its own run; prefer it, as no two runs meet the same machine. Found: what the second has "
        "not, or has more than 0.1 s elsewhere."
    )
    yield Sheet("Compared", columns, [_row(pair) for pair in compared.pairs], remark)
    sides = (("the first", compared.only_first), ("the second", compared.only_second))
    alone = [[*key, side] for side, keys in sides for key in keys]
    if alone:
        yield Sheet("Only in one", ("video", "candidate", "in"), alone)
    if compared.changed:
        yield Sheet("Changed", ("what", "the first", "the second"), [list(change) for change in compared.changed])


def _row(pair: Pair) -> list[str]:
    return [
        pair.video,
        pair.candidate,
        decimals(pair.speed, 2),
        decimals(pair.against_decoding, 2),
        decimals(pair.peak, 2),
        " -> ".join(map(size, pair.peaks)),
        in_words(pair.differing),
    ]
