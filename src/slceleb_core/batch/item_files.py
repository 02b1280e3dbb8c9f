"""The files of an item: one video, or those of a group of cameras."""

from __future__ import annotations

from pathlib import Path

from slceleb_core.disk.fingerprint import Stamp, fingerprint, fingerprint_of_all, stamp_of_all
from slceleb_core.disk.removals import refuse_results
from slceleb_core.jobs import Item, Report


def stamp_of(item: Item) -> Stamp | None:
    """Return the stamp of an item's files, as one; None where one of them is not there."""
    return stamp_of_all(item.files)


def fingerprints_of(item: Item) -> dict[Path, str]:
    """Return the fingerprint of each of an item's files, in their order.

    Raises
    ------
    VideoError
        One of them is not there, or cannot be read.
    """
    return {path: fingerprint(path) for path in item.files}


def fingerprint_of(item: Item) -> str:
    """Return the fingerprint of an item's files, as one; errors as of :func:`fingerprints_of`."""
    return fingerprint_of_all(list(fingerprints_of(item).values()))


def refuse_report(output_dir: Path, item: Item, report: Report) -> None:
    """Raise for results that must not come in; to be asked right before they are put into place.

    Parameters
    ----------
    output_dir
        The corpus.
    item
        The files that they are of.
    report
        What became of them.

    Raises
    ------
    OneVideoError, UsageError
        As of ``disk.refuse_results``, of any of the files.
    """
    for path, known in (report.files or {item.video: report.fingerprint}).items():
        refuse_results(output_dir, path, known, report.people)
