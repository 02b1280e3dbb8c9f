"""Items, faults and reports as JSON-ready values, and back: for the journal, the checkpoint and ``source.json``.

File names may hold bytes that are not UTF-8, which Python keeps as lone surrogates. The ``json`` module of the standard
library, which escapes them, brings them through; pydantic's would refuse them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from slceleb_core.batch.orders import Fault, Item, Report
from slceleb_core.types import JsonValue

Plain = dict[str, JsonValue]


def plain_item(item: Item) -> Plain:
    """Return an item; its path is made absolute, as the next run may be started elsewhere."""
    return {
        "video": str(item.video.absolute()),
        "id": item.id,
        "poi": list(item.poi),
        "start": item.start,
        "end": item.end,
        "facts": dict(item.facts),
        "audio_track": item.audio_track,
    }


def item_of(plain: Mapping[str, JsonValue]) -> Item:
    """Return the item of :func:`plain_item`.

    Raises
    ------
    ValueError
        It is none.
    """
    try:
        return Item(**{**plain, "video": Path(plain["video"]), "poi": tuple(plain["poi"])})
    except (TypeError, KeyError) as error:
        raise ValueError(f"no item: {error}") from error


def plain_fault(fault: Fault) -> Plain:
    """Return a fault."""
    return asdict(fault)


def fault_of(plain: Mapping[str, JsonValue]) -> Fault:
    """Return the fault of :func:`plain_fault`.

    Raises
    ------
    ValueError
        It is none.
    """
    try:
        return Fault(**plain)
    except TypeError as error:
        raise ValueError(f"no fault: {error}") from error


def plain_report(report: Report) -> Plain:
    """Return a report."""
    return {
        "name": report.name,
        "fault": None if report.fault is None else plain_fault(report.fault),
        "folder": None if report.folder is None else str(report.folder),
        "fingerprint": report.fingerprint,
        "warnings": list(report.warnings),
        "statistics": dict(report.statistics),
        "provenance": dict(report.provenance),
        "segments": [dict(segment) for segment in report.segments],
        "duration": report.duration,
    }


def report_of(plain: Mapping[str, JsonValue]) -> Report:
    """Return the report of :func:`plain_report`.

    Raises
    ------
    ValueError
        It is none.
    """
    try:
        fault, folder = plain["fault"], plain["folder"]
        return Report(
            **{
                **plain,
                "fault": None if fault is None else fault_of(fault),
                "folder": None if folder is None else Path(folder),
                "warnings": tuple(plain["warnings"]),
                "segments": tuple(plain["segments"]),
            }
        )
    except (TypeError, KeyError) as error:
        raise ValueError(f"no report: {error}") from error
