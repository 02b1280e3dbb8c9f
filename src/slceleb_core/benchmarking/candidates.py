"""What is measured: a profile, and the installation that works it off."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from slceleb_core.errors import UsageError

DECODE = "decode only"
"""The yardstick that does nothing but decode every picture."""

SEED = "seed-2025"
"""The profile that is the other yardstick: the pipeline as it was first specified."""

SUBSTITUTE = "embed.options.model=sface"
"""What takes the place of that profile's own recognizer, whose weights not everybody may use."""


@dataclass(frozen=True, slots=True)
class Installation:
    """A program to measure.

    Attributes
    ----------
    python
        Its interpreter.
    name
        What stands behind a profile's name; empty for the program that runs now.
    sources
        Folders that are looked in for its packages first; None leaves what the environment says.
    """

    python: str = field(default_factory=lambda: sys.executable)
    name: str = ""
    sources: tuple[str, ...] | None = None

    def environment(self) -> Mapping[str, str]:
        """Return the variables that its processes get."""
        kept = {**os.environ, "COLUMNS": "400"}
        if self.sources is not None:
            kept["PYTHONPATH"] = os.pathsep.join(self.sources)
        return kept


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row of the tables.

    Attributes
    ----------
    name
        What it is called.
    profile
        A shipped profile or a YAML file; empty for the yardstick that only decodes.
    overrides
        Values of the profile that are replaced, ``PATH=VALUE``.
    installation
        The program.
    substitute
        Overrides that are added where the profile cannot run without them; what is missing is said.
    """

    name: str
    profile: str = ""
    overrides: tuple[str, ...] = ()
    installation: Installation = field(default_factory=Installation)
    substitute: tuple[str, ...] = ()

    @property
    def decodes(self) -> bool:
        """Whether it only decodes."""
        return not self.profile


def candidates(
    profiles: Sequence[str], overrides: Sequence[str], against: Sequence[Path], *, yardsticks: bool
) -> tuple[Candidate, ...]:
    """Return what is to be measured: each profile in each installation, and the yardsticks.

    Parameters
    ----------
    profiles
        ``NAME`` or ``NAME,PATH=VALUE,...``; the first is what all others are compared with.
    overrides
        What is replaced in each of them.
    against
        Other installations: an interpreter, or a folder with sources.
    yardsticks
        Whether to measure these, too.

    Raises
    ------
    UsageError
        A profile is named twice, or there is no such installation.
    """
    installations = [Installation(), *map(installation, against)]
    made = [_candidate(spelled, overrides, used) for spelled in profiles for used in installations]
    if yardsticks and all(candidate.profile != SEED for candidate in made):
        made.append(Candidate(SEED, SEED, substitute=(SUBSTITUTE,)))
    if yardsticks:
        made.append(Candidate(DECODE))
    twice = _first_double(candidate.name for candidate in made)
    if twice is not None:
        raise UsageError(f"{twice} is to be measured twice", "name it once; --repeat says how often")
    return tuple(made)


def installation(place: Path) -> Installation:
    """Return another installation.

    Raises
    ------
    UsageError
        It is neither an interpreter nor a folder with sources.
    """
    if (place / "src" / "slceleb_core").is_dir():
        root = place.resolve()
        sources = (root / "src", *sorted(root.glob("plugins/*/src")))
        return Installation(name=root.name, sources=tuple(map(str, sources)))
    if place.is_file() and os.access(place, os.X_OK):
        # Not resolved: an interpreter finds its environment by the link through which it is called.
        return Installation(str(place.absolute()), str(place), ())
    raise UsageError(
        f"--against {place}: neither an interpreter nor a folder with src/slceleb_core",
        "name the python of another environment, or a checkout of the sources",
    )


def _candidate(spelled: str, overrides: Sequence[str], used: Installation) -> Candidate:
    profile, own = _split(spelled)
    name = f"{spelled} @ {used.name}" if used.name else spelled
    return Candidate(name, profile, (*overrides, *own), used, (SUBSTITUTE,) if profile == SEED else ())


def _split(spelled: str) -> tuple[str, tuple[str, ...]]:
    """Return a profile's name and the overrides behind it; a comma inside of a value parts nothing."""
    profile, *pieces = spelled.split(",")
    overrides: list[str] = []
    for piece in pieces:
        if "=" in piece or not overrides:
            overrides.append(piece)
        else:
            overrides[-1] += f",{piece}"
    return profile, tuple(overrides)


def _first_double(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None
