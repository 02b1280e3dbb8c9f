"""What is remembered of one video, and how a table of SQLite holds it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

from slceleb_core.batch.outcomes import Status
from slceleb_core.disk.fingerprint import Stamp
from slceleb_core.disk.naming import readable
from slceleb_core.jobs import Fault, Item, fault_from_json, fault_to_json, item_from_json, item_to_json
from slceleb_core.types import JsonValue


@dataclass(frozen=True, slots=True)
class VideoRecord:
    """What the journal says of one video.

    Attributes
    ----------
    name, item, key
        As in its order.
    status
        In a word.
    stamp
        Of the file, before it was last begun; None where there was no file.
    fingerprint
        Of the file with that stamp; empty where it is not known.
    reason
        Why it has its status, in a few words.
    fault
        Why it failed; None unless it did.
    attempts
        How often it was tried, in the last run that touched it.
    begun, ended
        When the last attempt was; None where there was none.
    seconds
        How long the last attempt took.
    place
        Its place among the videos of its run.
    run
        The last run that it was part of; None: of no run of this journal.
    """

    name: str
    item: Item
    key: str
    status: Status
    stamp: Stamp | None = None
    fingerprint: str = ""
    reason: str = ""
    fault: Fault | None = None
    attempts: int = 0
    begun: str | None = None
    ended: str | None = None
    seconds: float = 0.0
    place: int = 0
    run: int | None = None


def columns_of(row: VideoRecord) -> list[JsonValue]:
    """Return a row as the values of the table's columns, in order."""
    return [
        row.name,
        readable(row.item.video.absolute()),
        None if row.stamp is None else row.stamp.size,
        None if row.stamp is None else row.stamp.mtime_ns,
        row.fingerprint,
        row.key,
        json.dumps(item_to_json(row.item)),
        row.status,
        os.fsencode(row.reason).decode("utf-8", "backslashreplace"),
        None if row.fault is None else json.dumps(fault_to_json(row.fault)),
        row.attempts,
        row.begun,
        row.ended,
        row.seconds,
        row.place,
        row.run,
    ]


def row_of(values: tuple[JsonValue, ...]) -> VideoRecord:
    """Return the row of the table's columns.

    Raises
    ------
    ValueError
        They are not what :func:`columns_of` returns.
    """
    name, _, size, mtime_ns, fingerprint, key, item, status, reason, fault, attempts, *rest = values
    begun, ended, seconds, place, run = rest
    return VideoRecord(
        name,
        item_from_json(json.loads(item)),
        key,
        status,
        None if size is None else Stamp(size, mtime_ns),
        fingerprint,
        reason,
        None if fault is None else fault_from_json(json.loads(fault)),
        attempts,
        begun,
        ended,
        seconds,
        place,
        run,
    )
