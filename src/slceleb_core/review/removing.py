"""Taking a person or a video out of a corpus, as ``slceleb corpus remove`` does: with all that was made of it."""

from __future__ import annotations

from pathlib import Path

from slceleb_core.corpus import removal
from slceleb_core.corpus.choosing import choose_person, choose_video
from slceleb_core.corpus.claiming import alone_in
from slceleb_core.corpus.refreshing import Refresh
from slceleb_core.corpus.removal import REMOVING, Removed
from slceleb_core.disk.removals import Removal, whoever
from slceleb_core.registry import Registry
from slceleb_core.review.following import follow
from slceleb_core.review.refreshing import refreshing


def remove_person(
    output_dir: Path,
    name: str,
    *,
    by: str | None = None,
    reason: str = "",
    registry: Registry | None = None,
    refresh: Refresh | None = None,
) -> Removed:
    """Take everything of a person out of a corpus, its manifests, pages, books and intermediate results.

    The same call again goes on with one that was stopped in the middle.

    Parameters
    ----------
    output_dir
        The corpus.
    name
        The person's, as it stands there.
    by, reason
        Who decided it, None: the user of this machine; and why. Both are kept in ``removals.jsonl``.
    registry
        The plugins; None: all that are installed.
    refresh
        Has written again what other rooms make of a corpus; None: tables, manifests and the review page.

    Raises
    ------
    UsageError
        There is no such corpus, no such person in it, or another process works there.
    OutputError
        Something cannot be written.
    """
    known = registry or Registry.discover()
    with alone_in(output_dir):
        follow(output_dir)  # earlier results may be deleted now, and with them what is decided on other people
        choice = choose_person(output_dir, name)
        record = Removal("person", by or whoever(), reason)
        return removal.remove_person(output_dir, choice, record, known, refresh or refreshing(known))


def remove_video(
    output_dir: Path,
    name: str,
    *,
    by: str | None = None,
    reason: str = "",
    registry: Registry | None = None,
    refresh: Refresh | None = None,
) -> Removed:
    """Take everything of a video out of a corpus; `name` is its folder's, its path, or its file's.

    All else is as of :func:`remove_person`.
    """
    known = registry or Registry.discover()
    with alone_in(output_dir):
        follow(output_dir)
        choice = choose_video(output_dir, name, output_dir / REMOVING)
        record = Removal("video", by or whoever(), reason)
        return removal.remove_videos(output_dir, choice, record, known, refresh or refreshing(known))
