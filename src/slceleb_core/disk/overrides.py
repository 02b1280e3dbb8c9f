"""Single values of a profile that are set beside it: ``path=value`` each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from slceleb_core.errors import ProfileError

USE, OPTIONS = "use", "options"
"""Which plugin, and its options: entries of each part of a profile that a plugin fills."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """One value, and where it goes.

    Attributes
    ----------
    text
        As it was written.
    path
        The names on the way there; a number counts into a list.
    value
        What is put there.
    """

    text: str
    path: tuple[str, ...]
    value: Any

    def within(self, path: Sequence[str]) -> bool:
        """Tell whether this is about something below a place, or about it."""
        return self.path[: len(path)] == tuple(path)


@dataclass(frozen=True, slots=True)
class Replacement:
    """A plugin that gave way to another, and the options that it had.

    Attributes
    ----------
    assignment
        What replaced it.
    plugin
        Its name.
    options
        Names of what it was given by the profile.
    place
        The part of the profile, as it is now.
    """

    assignment: Assignment
    plugin: str
    options: tuple[str, ...]
    place: dict[str, Any]

    def told(self) -> str:
        """Return in one line what was dropped; empty where nothing was."""
        kept = self.place.get(OPTIONS) or {}
        dropped = ", ".join(sorted(name for name in self.options if name not in kept))
        return f"--set {self.assignment.text}: the options of {self.plugin} are dropped: {dropped}" if dropped else ""


def override(tree: dict[str, Any], overrides: Iterable[str]) -> list[str]:
    """Apply ``path=value`` each to a tree, in place and in order.

    Another plugin knows nothing of the options of the one whose place it takes: where a ``use`` gets another name, what
    the tree had for the old one goes. What other overrides say of the new one's options stays, before or behind it.

    Returns
    -------
    list of str
        A line for each plugin whose options were dropped.

    Raises
    ------
    ProfileError
        One is not of that form, or leads through something that is no mapping.
    """
    done: list[Assignment] = []
    replaced: list[Replacement] = []
    for text in overrides:
        assignment = _read(text)
        place = _assign(tree, assignment)
        if place.had not in (None, assignment.value) and assignment.path[-1] == USE:
            replaced += _dropped(tree, assignment, place, done)
        done.append(assignment)
    return [line for replacement in replaced if (line := replacement.told())]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value was put, and what was there before."""

    holder: Any
    had: Any


def _read(text: str) -> Assignment:
    path, equals, value = text.partition("=")
    parts = tuple(path.split("."))
    if not equals or not all(parts):
        raise ProfileError(f"--set {text}: expected path=value", "such as embed.options.model=buffalo_l")
    try:
        return Assignment(text, parts, yaml.safe_load(value))
    except yaml.YAMLError:
        raise ProfileError(f"--set {text}: the value is not YAML", "quote it") from None


def _assign(tree: dict[str, Any], assignment: Assignment) -> _Place:
    """Put a value into its place."""
    holder: Any = tree
    *way, last = assignment.path
    for part in way:
        holder = _step(holder, part, assignment.text)
    if isinstance(holder, list):
        place = _index(holder, last, assignment.text)
        had, holder[place] = holder[place], assignment.value
    elif isinstance(holder, dict):
        had, holder[last] = holder.get(last), assignment.value
    else:
        raise ProfileError(f"--set {assignment.text}: {way[-1]} holds a value, not options")
    return _Place(holder, had)


def _dropped(
    tree: dict[str, Any], assignment: Assignment, place: _Place, done: Sequence[Assignment]
) -> list[Replacement]:
    """Take away the options of the plugin that was there, and put back those that were set beside it."""
    options = place.holder.get(OPTIONS)
    if not isinstance(options, dict) or not options:
        return []
    place.holder[OPTIONS] = {}
    for earlier in done:
        if earlier.within((*assignment.path[:-1], OPTIONS)):
            _assign(tree, earlier)
    return [Replacement(assignment, str(place.had), tuple(options), place.holder)]


def _step(place: Any, part: str, assignment: str) -> Any:
    if isinstance(place, list):
        return place[_index(place, part, assignment)]
    if isinstance(place, dict):
        if place.get(part) is None:
            place[part] = {}
        return place[part]
    raise ProfileError(f"--set {assignment}: nothing can lie below a plain value")


def _index(place: list[Any], part: str, assignment: str) -> int:
    if part.isdecimal() and int(part) < len(place):
        return int(part)
    raise ProfileError(f"--set {assignment}: {part} is not one of the {len(place)} entries (counted from 0)")
