"""Which decisions have been spent on teaching a stage: ``OUTPUT_DIR/learned/spent.json``.

What a decision has taught a stage, it can prove of that stage no more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from slceleb_core.corpus.reading import recording_folders
from slceleb_core.disk.atomic import write_durably
from slceleb_core.disk.output import statement_of
from slceleb_core.disk.refusals import writing
from slceleb_core.disk.syncing import make_folder
from slceleb_core.errors import UsageError

LEARNED = "learned"
"""Folder of what was learned, in an output folder."""

FILE = "spent.json"


def spend(output_dir: Path, segments: Iterable[str]) -> None:
    """Write down that decisions on segments have taught.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    with writing(f"to {output_dir / LEARNED}"):
        make_folder(output_dir / LEARNED)
    _write(output_dir, spent_in(output_dir) | set(segments))


def spent_in(output_dir: Path) -> frozenset[str]:
    """Return the segments on which decisions have taught.

    Raises
    ------
    UsageError
        The list is damaged.
    """
    path = output_dir / LEARNED / FILE
    try:
        return frozenset(map(str, json.loads(path.read_text(encoding="utf-8"))))
    except FileNotFoundError:
        return frozenset()
    except (OSError, ValueError, TypeError) as error:
        hint = "restore it, or delete it with all decisions that have taught: it says which prove nothing any more"
        raise UsageError(f"cannot read {path}: {error}", hint) from None


def unspend(output_dir: Path, segments: Iterable[str]) -> None:
    """Take segments out of the list: what was decided on them says so itself now, and their ids are others' ids.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    spent = spent_in(output_dir)
    left = spent - set(segments)
    if left != spent:
        _write(output_dir, left)


def forget_unknown(output_dir: Path) -> None:
    """Take segments out of the list that are in no video any more, nor taken out by a review; ids name videos."""
    spent = spent_in(output_dir)
    if not spent:
        return
    known: set[str] = set()
    for folder in recording_folders(output_dir):
        stated = statement_of(folder)
        known |= {segment["id"] for segment in (stated.get("report") or {}).get("segments", ())}
        known |= set(stated.get("review") or {})
    if spent - known:
        _write(output_dir, spent & known)


def _write(output_dir: Path, segments: Iterable[str]) -> None:
    text = json.dumps(sorted(segments), ensure_ascii=False, indent=1)
    write_durably(output_dir / LEARNED / FILE, f"{text}\n".encode())
