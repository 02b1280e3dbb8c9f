"""What a node has to have in common with the driver: Python, the program, its plugins, and the place of the results."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

CORE = "slceleb-core"

GROUP = "slceleb"
"""Entry points by which plugins are found (``hookspecs.PROJECT``)."""

Facts = dict[str, Any]
"""What a probe returns: ``python`` (major.minor), ``versions`` by distribution, ``seen`` (the token that was read)
and ``unseen`` (why it was not)."""


def probe_function() -> Callable[[str, list[str]], Facts]:
    """Return a function that a node can run even where this package, or the core, is not installed.

    Ray sends a function that is defined inside another one by value; so it may use nothing from around it.
    """

    def probe(sight: str, names: list[str]) -> dict[str, Any]:
        import importlib.metadata
        import platform

        versions: dict[str, str | None] = {}
        for name in names:
            try:
                versions[name] = importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                versions[name] = None
        facts: dict[str, Any] = {"python": ".".join(platform.python_version_tuple()[:2]), "versions": versions}
        try:
            if "://" in sight:
                import fsspec

                with fsspec.open(sight, "rt", encoding="ascii") as file:
                    return {**facts, "seen": file.read(), "unseen": ""}
            with open(sight, encoding="ascii") as file:  # noqa: PTH123 - as above
                return {**facts, "seen": file.read(), "unseen": ""}
        except Exception as error:
            return {**facts, "seen": "", "unseen": f"{type(error).__name__}: {error}"}

    return probe


def distributions() -> list[str]:
    """Return what must be the same everywhere: the core, and whatever brings a plugin."""
    entries = importlib.metadata.entry_points(group=GROUP)
    found = {entry.dist.metadata["Name"] for entry in entries if entry.dist is not None}
    return sorted({CORE, *found})


@dataclass(frozen=True, slots=True)
class Requirements:
    """What every node is held against.

    Attributes
    ----------
    facts
        The driver's.
    token
        What stands at `sight`.
    sight
        The path or URL of the token.
    """

    facts: Mapping[str, Any]
    token: str
    sight: str

    @classmethod
    def here(cls, sight: str, token: str) -> Requirements:
        """Return those of this process."""
        return cls(probe_function()(sight, distributions()), token, sight)

    def objection(self, facts: Mapping[str, Any]) -> str:
        """Return why a node with these facts cannot be used, in a line; empty if it can."""
        differences = [
            f"{name} is {theirs or 'missing'} there, {ours} here"
            for name, ours, theirs in self._pairs(facts)
            if ours != theirs
        ]
        if differences:
            return "; ".join(differences)
        if facts["seen"] != self.token:
            return f"it does not see {self.sight} ({facts['unseen'] or 'what is there is another one'})"
        return ""

    def _pairs(self, facts: Mapping[str, Any]) -> list[tuple[str, str, str | None]]:
        versions = [(name, ours, facts["versions"].get(name)) for name, ours in self.facts["versions"].items()]
        return [("Python", self.facts["python"], facts["python"]), *versions]
