"""Compares two output folders of the same batch, file by file.

Compared bit for bit: sound, clips, frames, tables. Compared by content: JSON, without :data:`INCIDENTAL` (times, speeds
and what was taken from artefacts), and with the output folder's own path as ``OUTPUT``; ``failures.csv``, without
the attempts; of the checkpoint, which videos are done and which failed, and why.

Not compared, as they tell how the work went and not what came out: the journal, the log, the summary. Not compared, as
they are no results: what begins with a dot, artefacts among it. But ``.partial`` must be empty.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from slceleb_core.batch.checkpoint import CHECKPOINT, FAILURES
from slceleb_core.disk.atomic import PARTIAL

INCIDENTAL = frozenset({"wall_seconds", "frames_per_second", "real_time_factor", "stage_seconds", "cache"})
"""Fields that tell how the work went."""

HOW_IT_WENT = ("journal.sqlite*", "slceleb.log*", "batch_summary.*")
"""Files that do."""

ATTEMPTS = "attempts"


def differences(first: Path, second: Path) -> list[str]:
    """Return where two output folders differ, a line each; none: they are equal."""
    files = [set(results(output)) for output in (first, second)]
    only = (f"{file}: only in one of them" for file in sorted(files[0] ^ files[1]))
    differ = (
        f"{file} differs" for file in sorted(files[0] & files[1]) if content(first, file) != content(second, file)
    )
    left = (f"{output / PARTIAL} holds {path.name}" for output in (first, second) for path in left_behind(output))
    return [*chain(only, differ, left)]


def results(output: Path) -> Iterator[Path]:
    """Yield the files that count, relative to the output folder."""
    for file in output.rglob("*"):
        relative = file.relative_to(output)
        hidden = relative.parts[0].startswith(".")
        if file.is_file() and not hidden and not any(relative.match(pattern) for pattern in HOW_IT_WENT):
            yield relative


def content(output: Path, file: Path) -> Any:
    """Return what of a file counts."""
    path = output / file
    if file == Path(FAILURES):
        return failures(output)
    if file == Path(CHECKPOINT):
        return checkpoint(output)
    if file.suffix == ".json":
        return essential(json.loads(path.read_text(encoding="utf-8")), str(output.absolute()))
    return path.read_bytes()


def essential(tree: Any, output: str) -> Any:
    """Return JSON without what is incidental, and without the place of the output folder."""
    if isinstance(tree, dict):
        return {key: essential(value, output) for key, value in tree.items() if key not in INCIDENTAL}
    if isinstance(tree, list):
        return [essential(value, output) for value in tree]
    return tree.replace(output, "OUTPUT") if isinstance(tree, str) else tree


def failures(output: Path) -> list[dict[str, str]]:
    """Return which videos failed, and why; none where there is no list of them."""
    if not (output / FAILURES).is_file():
        return []
    with (output / FAILURES).open(newline="", encoding="utf-8") as stream:
        return [{name: value for name, value in row.items() if name != ATTEMPTS} for row in csv.DictReader(stream)]


def checkpoint(output: Path) -> dict[str, Any]:
    """Return how every video stands."""
    stated = json.loads((output / CHECKPOINT).read_text(encoding="utf-8"))
    done = {video["name"]: (video["video"], video["key"], video["fingerprint"]) for video in stated["completed_videos"]}
    failed = {video["name"]: (video["video"], video["kind"], video["reason"]) for video in stated["failed_videos"]}
    return {"done": done, "failed": failed, "state": stated["state"]}


def left_behind(output: Path) -> list[Path]:
    """Return what is still in the folder of unfinished results."""
    folder = output / PARTIAL
    return sorted(folder.iterdir()) if folder.is_dir() else []
