"""Speaker stages side by side: the tables of `docs/speakers.md`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from aims import UNMOVED, in_sync, percent, seconds, waiting
from cases import Bench
from figures import NONE, Figures, table
from real import HIDDEN, Footage
from scores import Scored
from seconds import Share, Shown, accepted_share, found_share
from tables import material, methods, variants

from slceleb_core.evaluation.compose.cases import CASES
from slceleb_core.evaluation.compose.stretches import shared, total

WRONG: Mapping[str, tuple[str, ...]] = {
    "second talker": ("two",),
    "listener": ("listener", "voiceover"),
    "dub, 4 s": ("dub",),
    "dub, 20 s": ("longdub",),
    "grimace": ("grimace",),
    "0.8 s off": ("shift",),
    "still": ("frozen", "jitter"),
    "muted": ("muted",),
    "pause": ("single",),
}
"""Kinds of faces that do not speak, by their cases."""


def side_by_side(bench: Bench, scored: Scored, reals: Sequence[Footage]) -> str:
    """Return the stages beside each other, as Markdown."""
    f = Figures(bench, scored)
    return "\n\n".join([material(f), methods(f), wrong_faces(f), in_seconds(f), variants(f), on_real(f, reals)])


def wrong_faces(f: Figures) -> str:
    """Return which share of each kind of wrong face scores at the onset or above it."""
    rows = []
    for row, name in enumerate(f.scored.names):
        shares = []
        for cases in WRONG.values():
            where = f.of(cases) & ~f.scored.label & f.scored.seen
            shares.append(percent(float((f.scored.scores[row, where] >= f.onset).mean())) if where.any() else NONE)
        rows.append([name, *shares])
    words = f"Share of face-frames that do not speak, and score {f.onset:g} or more:"
    return f"{words}\n\n" + table(["configuration", *WRONG], rows)


def in_seconds(f: Figures) -> str:
    """Return what becomes segments by the default profile's rules, whichever stage scores."""
    measured: Mapping[str, tuple[Callable[[list[Shown]], Share], tuple[str, ...], Callable[[Shown], bool]]] = {
        "own voice found": (found_share, UNMOVED, in_sync),
        "turns found": (found_share, ("turns",), anybody),
        "swaps found": (found_share, ("swap",), anybody),
        "dubs of 20 s accepted": (accepted_share, ("longdub",), anybody),
        "dubs of 4 s accepted": (accepted_share, ("dub",), anybody),
        "grimaces accepted": (accepted_share, ("grimace",), anybody),
        "0.8 s off accepted": (accepted_share, ("shift",), anybody),
        "silent faces accepted": (accepted_share, tuple(CASES), waiting),
    }
    rows = []
    for row, name in enumerate(f.scored.names):
        shares = [
            percent(share([face for face in f.shown(*cases, row=row) if chosen(face)]).value)
            for share, cases, chosen in measured.values()
        ]
        rows.append([name, *shares])
    return "Seconds of segments, by the rules and gates of the default profile:\n\n" + table(
        ["configuration", *measured], rows
    )


def anybody(face: Shown) -> bool:  # noqa: ARG001 - all are chosen
    """Tell that a face counts."""
    return True


def on_real(f: Figures, reals: Sequence[Footage]) -> str:
    """Return what is accepted of clips that are not composed."""
    everybody = [(row.clip, row.person.name) for row in reals[0].clips]
    rows = []
    for name, real in zip(f.scored.names, reals, strict=True):
        accepted = {(row.clip, row.person.name): row for row in real.clips}
        rows.append([name, *(_cell(accepted[key].person.speaks, accepted[key].accepted) for key in everybody)])
    head = ["configuration", *(f"{name} (`{clip}`)" for clip, name in everybody)]
    known = [row for row in reals[0].clips if row.person.speaks is not None and row.clip != HIDDEN]
    spoken = ", ".join(f"{row.person.name} {seconds(total(row.person.speaks or ()))}" for row in known)
    return (
        "Seconds accepted of clips that are not composed; where it is known when somebody speaks, what is found of "
        f"that, and what is accepted elsewhere (seconds of speech: {spoken}):\n\n" + table(head, rows)
    )


def _cell(speaks: Sequence[tuple[float, float]] | None, accepted: Sequence[tuple[float, float]]) -> str:
    taken = total(accepted)
    if speaks is None:
        return seconds(taken)
    found = total(shared(speaks, accepted))
    return f"{seconds(found)} / {seconds(taken - found)}"
