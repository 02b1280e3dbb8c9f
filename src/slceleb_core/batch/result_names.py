"""What the results of each video are called: the same in every run, and no two alike."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slceleb_core.disk.naming import safe_name
from slceleb_core.disk.output import is_reserved, statement_of
from slceleb_core.jobs import Item
from slceleb_core.types import JsonValue

MARKS = (8, 64)
"""Hex digits that tell apart what would be called the same; the second only for those that eight leave alike, as among
ten thousand downloads that are all called ``video.mp4`` a few may be."""


def assign_names(items: Sequence[Item], output_dir: Path) -> list[str]:
    """Return what each item's results folder is called; each name once, also where upper and lower case are the same.

    It is the item's id, or the file's stem. Hex digits that depend on path, range and id are added where other items
    would have that name, or where something else of that name stands in the output folder. An item whose results
    stand keeps its name, and among others the only one with an id does. So a name depends neither on the order of the
    items nor on how many of them are done.

    Parameters
    ----------
    items
        Each once.
    output_dir
        Where results stand already.
    """
    standing = _names_in(output_dir)
    taken = {name.casefold() for name in standing}
    candidates = [_Candidate.of(item) for item in items]
    for candidate in candidates:
        candidate.keep_own(standing, output_dir)
    for digits in MARKS:
        groups: dict[str, list[_Candidate]] = defaultdict(list)
        for candidate in candidates:
            groups[candidate.name.casefold()].append(candidate)
        for folded, group in groups.items():
            winner = _winner(group, free=folded not in taken and not is_reserved(folded))
            for candidate in group:
                if candidate is not winner:
                    candidate.name, candidate.kept = candidate.marked(digits), False
    return [candidate.name for candidate in candidates]


@dataclass(slots=True, eq=False)
class _Candidate:
    """An item, the name that it has for now, and whether that is the one under which its results stand."""

    item: Item
    plain: str
    name: str
    kept: bool = False

    @classmethod
    def of(cls, item: Item) -> _Candidate:
        plain = safe_name(item.id or item.video.stem)
        return cls(item, plain, plain)

    def marked(self, digits: int) -> str:
        """Return the name with so many hex digits that depend on all that tells this item from others."""
        item = self.item
        told = [str(path.absolute()) for path in item.files]
        if (item.start, item.end) != (None, None):
            told.append(f"{item.start}\0{item.end}")
        if item.id:
            told.append(item.id)
        content = "\0".join(told).encode("utf-8", "surrogateescape")
        return f"{self.plain}-{hashlib.sha256(content).hexdigest()[:digits]}"

    def keep_own(self, standing: frozenset[str], output_dir: Path) -> None:
        """Take the name under which results of this item stand, if there are any."""
        for name in (self.plain, *map(self.marked, MARKS)):
            if name in standing and self._is_of(output_dir / name):
                self.name, self.kept = name, True
                return

    def _is_of(self, folder: Path) -> bool:
        stated = statement_of(folder)
        if self.item.cameras or stated.get("files"):
            return self._is_of_group(stated)
        if stated.get("video") != str(self.item.video.absolute()):
            return False
        try:
            part = stated["report"]["provenance"].get("part") or {}
        except (KeyError, TypeError, AttributeError):
            return True  # without a report it may be of any part: what is there is compared when its turn comes
        return (part.get("start"), part.get("end")) == (self.item.start, self.item.end)

    def _is_of_group(self, stated: Mapping[str, JsonValue]) -> bool:
        """Tell whether results are of this group: of its name, and of one of its files at least.

        A video and a group that it is in are two things, though the group may be named after it; but a group to which
        a camera is added, or whose files are named in another order, is the same one.
        """
        own = {str(path.absolute()) for path in self.item.files} if self.item.cameras else set()
        try:
            name = stated["report"]["provenance"]["group"]["name"]
            return name == self.item.id and not own.isdisjoint(stated["files"])
        except (KeyError, TypeError, AttributeError):
            return not own.isdisjoint(stated.get("files") or {})


def _winner(group: Sequence[_Candidate], *, free: bool) -> _Candidate | None:
    """Return the one of those who would share a name that may have it; `free`: nothing of that name stands."""
    kept = [candidate for candidate in group if candidate.kept]
    if kept or not free:
        return kept[0] if len(kept) == 1 else None
    called = group if len(group) == 1 else [candidate for candidate in group if candidate.item.id]
    return called[0] if len(called) == 1 else None


def _names_in(output_dir: Path) -> frozenset[str]:
    try:
        return frozenset(entry.name for entry in output_dir.iterdir() if not entry.name.startswith("."))
    except OSError:
        return frozenset()  # it is not there yet, or cannot be read, which is said when it is to be written to
