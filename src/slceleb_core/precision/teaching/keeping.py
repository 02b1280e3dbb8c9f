"""What was learned, on disk: ``OUTPUT_DIR/learned/<stage>.yaml``, and which decisions have been spent on it.

A decision that has taught a stage says nothing any more of how good that stage is on it. So it is written down which
they are, and they prove nothing from then on.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from pathlib import Path

import yaml

from slceleb_core.disk.atomic import write_durably
from slceleb_core.disk.naming import safe_name
from slceleb_core.disk.refusals import writing
from slceleb_core.disk.syncing import make_folder
from slceleb_core.errors import UsageError
from slceleb_core.precision.teaching.learning import Taught

FOLDER = "learned"
"""In an output folder."""

SPENT = "spent.json"
"""Ids of the segments that have taught."""

HEADER = "# Made by `slceleb review learn`; a profile names it: {option}: FILE\n"


def keep(output_dir: Path, taught: Taught, into: Path | None = None) -> Path:
    """Write what a stage has learned, and return where.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    folder = into or output_dir / FOLDER
    path = folder / f"{safe_name(taught.stage.replace(' ', '-'))}.yaml"
    with writing(f"to {folder}"):
        make_folder(folder)
    text = yaml.safe_dump(taught.learned, sort_keys=False, allow_unicode=True)
    write_durably(path, (HEADER.format(option=taught.option) + text).encode())
    return path


def spend(output_dir: Path, segments: Iterable[str]) -> None:
    """Write down that decisions on segments have taught.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    every = sorted(spent_in(output_dir) | set(segments))
    folder = output_dir / FOLDER
    with writing(f"to {folder}"):
        make_folder(folder)
    write_durably(folder / SPENT, (json.dumps(every, indent=1) + "\n").encode())


def spent_in(output_dir: Path) -> frozenset[str]:
    """Return the segments on which decisions have taught.

    Raises
    ------
    UsageError
        The list is damaged.
    """
    path = output_dir / FOLDER / SPENT
    try:
        stated = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return frozenset()
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {path}: {error}", "it says which decisions have taught; restore it") from None
    return frozenset(str(key) for key in stated)


def forget_segments(output_dir: Path, staying: Collection[str]) -> None:
    """Take the ids of segments that are gone out of the list, where there is one."""
    spent = spent_in(output_dir)
    if spent - set(staying):
        write_durably(output_dir / FOLDER / SPENT, (json.dumps(sorted(spent & set(staying)), indent=1) + "\n").encode())
