"""``failures.csv``: every video of the batch that has failed, and why. Without failures it is a header."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from slceleb_core.batch.planning import Planned
from slceleb_core.disk.naming import readable
from slceleb_core.durable import write_durably

FAILURES = "failures.csv"
"""What the file is called."""

COLUMNS = ("video", "id", "kind", "reason", "hint", "attempts")


def write_failures(path: Path, videos: Iterable[Planned]) -> None:
    """Write which of the videos have failed, those of earlier runs that were not tried again included.

    Raises
    ------
    OutputError
        It cannot be written; the last one stands.
    """
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(COLUMNS)
    for video in videos:
        fault = video.outcome.fault
        if fault is not None:
            item = video.row.item
            file = readable(item.video.absolute() if item.absence is None else item.absence.written)
            table.writerow([file, video.row.name, fault.kind, fault.message, fault.hint, video.row.attempts])
    write_durably(path, text.getvalue().encode("utf-8", "backslashreplace"))
