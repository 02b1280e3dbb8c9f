"""What is said of a folder of photos: what is not read, what is left out, and how far looking at it has come."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from slceleb_core.cli.console import err, tell
from slceleb_core.perception.photos.examining import Seen
from slceleb_core.perception.photos.listing import Listing


def tell_listing(listing: Listing) -> None:
    """Say on stderr what lies in a folder of photos beside photos that can be read."""
    for warning in listing.warnings():
        tell("warning", warning)
    for note in listing.notes():
        tell("note", note)


@contextmanager
def showing() -> Iterator[Seen]:
    """Give what is told of each photo, and show it on a terminal while the block lasts."""
    columns = (TextColumn("photos"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task("photos", total=None)
        yield lambda done, photos: progress.update(task, completed=done, total=photos)
