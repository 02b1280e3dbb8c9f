"""``review.json``: what a reviewer has decided on the page, read back with nothing taken on trust."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast
from urllib.parse import unquote_to_bytes, urlsplit

from slceleb_core.errors import UsageError

FORMAT = 1

Verdict: TypeAlias = Literal["accept", "reject"]

SAVE_AGAIN = "download it again from the page"


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided on one segment.

    Attributes
    ----------
    verdict
        Whether it stays.
    note
        Why; may be empty.
    when
        ISO 8601, as the browser's clock had it; may be empty.
    person, start, end
        The segment as it was seen, so that the decision is not taken for one about another; None: not said.
    """

    verdict: Verdict
    note: str = ""
    when: str = ""
    person: str | None = None
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """All decisions of one reviewer.

    Attributes
    ----------
    reviewer
        Who; may be empty.
    corpus
        URL of the folder that the page stood in; may be empty.
    decisions
        By segment id.
    notes
        By segment id, what was written on segments on which nothing was decided.
    """

    reviewer: str
    corpus: str
    decisions: Mapping[str, Decision]
    notes: Mapping[str, str] = field(default_factory=dict)

    def folder(self) -> Path | None:
        """Return the output folder that the page stood in; None where it was not opened from this machine's disk."""
        place = urlsplit(self.corpus)
        if place.scheme != "file" or place.netloc not in ("", "localhost") or not place.path:
            return None
        return Path(unquote_to_bytes(place.path).decode("utf-8", "surrogateescape"))


def read_review(path: Path) -> Review:
    """Return what a file holds.

    Raises
    ------
    UsageError
        It cannot be read, or is no review.
    """
    try:
        stated = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}", "name the review.json of the page") from None
    except ValueError as error:
        raise UsageError(f"{path} is no JSON: {error}", SAVE_AGAIN) from None
    if not isinstance(stated, dict) or not isinstance(stated.get("decisions"), dict):
        raise UsageError(f"{path} is no review: it has no decisions", "name the review.json of the page")
    if stated.get("format") != FORMAT:
        raise UsageError(
            f"{path} has the format {stated.get('format')!r}, this program knows {FORMAT}", "write the page anew"
        )
    decisions = {identity: _decision(path, identity, entry) for identity, entry in stated["decisions"].items()}
    notes = dict(_notes(path, stated.get("notes") or {}))
    return Review(str(stated.get("reviewer") or ""), str(stated.get("corpus") or ""), decisions, notes)


def _notes(path: Path, stated: Any) -> Iterator[tuple[str, str]]:
    """Yield the notes that wait for a decision: objects with a note, or the bare text."""
    if not isinstance(stated, dict):
        raise UsageError(f"{path}: its notes are {stated!r}, which is none by segment", SAVE_AGAIN)
    for identity, given in stated.items():
        note = given.get("note") if isinstance(given, dict) else given
        if not isinstance(note, str):
            raise UsageError(f"{path}: the note on {identity} is {note!r}, which is no text", SAVE_AGAIN)
        yield identity, note


def _decision(path: Path, identity: str, stated: Any) -> Decision:
    """Return one decision: an object with a verdict, or the bare verdict."""
    given = {"decision": stated} if isinstance(stated, str) else stated
    if not isinstance(given, dict) or given.get("decision") not in ("accept", "reject"):
        raise UsageError(f"{path}: the decision on {identity} is neither accept nor reject", SAVE_AGAIN)
    person, note, when = (given.get(name) for name in ("person", "note", "when"))
    start, end = (given.get(name) for name in ("start", "end"))
    for name, value, kinds in (
        ("person", person, (str,)),
        ("note", note, (str,)),
        ("when", when, (str,)),
        ("start", start, (int, float)),
        ("end", end, (int, float)),
    ):
        if value is not None and (not isinstance(value, kinds) or isinstance(value, bool)):
            raise UsageError(f"{path}: the decision on {identity} has {value!r} as its {name}", SAVE_AGAIN)
    return Decision(cast("Verdict", given["decision"]), note or "", when or "", person, start, end)
