"""What ``slceleb corpus remove`` does and says."""

from __future__ import annotations

import unicodedata
from dataclasses import asdict, dataclass
from pathlib import Path

from slceleb_core.batch.resuming import resumption
from slceleb_core.cli.console import err, out, say, show_json, tell
from slceleb_core.cli.session import session
from slceleb_core.corpus.choosing import Choice, choose_person, choose_video
from slceleb_core.corpus.removal import REMOVING, Removed
from slceleb_core.errors import SlcelebError, UsageError
from slceleb_core.pages.wording import counted, lasting
from slceleb_core.perception.photos import list_photos
from slceleb_core.precision.auditing.refreshing import refreshing
from slceleb_core.registry import Registry
from slceleb_core.review.removing import remove_person, remove_video


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command asks for.

    Attributes
    ----------
    output_dir
        The corpus.
    person, video
        One of them is given.
    reason
        Why.
    by
        Who decided it; None: the user.
    """

    output_dir: Path
    person: str | None
    video: str | None
    reason: str
    by: str | None


def preview(wanted: Wanted) -> Removed:
    """Return what would be taken out; nothing is written."""
    return Removed(_choice(wanted).stats)


def carry_out(wanted: Wanted) -> Removed:
    """Take it out, and return what came of it."""
    _demand_one(wanted)
    with session():
        registry = Registry.discover()
        refresh = refreshing(registry)
        if wanted.person is None:
            return remove_video(
                wanted.output_dir,
                str(wanted.video),
                by=wanted.by,
                reason=wanted.reason,
                registry=registry,
                refresh=refresh,
            )
        removed = remove_person(
            wanted.output_dir, wanted.person, by=wanted.by, reason=wanted.reason, registry=registry, refresh=refresh
        )
        _tell_of_photos(wanted.output_dir, unicodedata.normalize("NFC", wanted.person).strip())
    return removed


def show(outcome: Removed, wanted: Wanted, *, dry_run: bool, as_json: bool) -> None:
    """Say what was taken out, or would be."""
    stats, left = outcome.stats, [str(path) for path in outcome.left]
    if as_json:
        show_json({**asdict(stats), "left": left})
    else:
        amount = f"{counted(stats.segments, 'segment')} ({lasting(stats.seconds)}) in {counted(stats.videos, 'video')}"
        what = "would be removed" if dry_run else f"removed; {counted(stats.files, 'file')} deleted"
        say(out, f"{wanted.person or wanted.video}: {amount} {what}")
    if left:
        tell("warning", "the name still stands in files that are not of this corpus, or in names of videos")
        for path in left:
            say(err, f"  {path}")


def _demand_one(wanted: Wanted) -> None:
    if (wanted.person is None) == (wanted.video is None):
        raise UsageError("what is to be removed?", "give either --person NAME or --video NAME")


def _choice(wanted: Wanted) -> Choice:
    _demand_one(wanted)
    if wanted.person is not None:
        return choose_person(wanted.output_dir, wanted.person)
    return choose_video(wanted.output_dir, str(wanted.video), wanted.output_dir / REMOVING)


def _tell_of_photos(output_dir: Path, person: str) -> None:
    """Say that photos of the person are still there, by which the next run would find them again."""
    try:
        poi_dir = resumption(output_dir).options.get("poi_dir")
        people = list_photos(Path(poi_dir)) if poi_dir else {}
    except SlcelebError:
        return  # there was no batch, or its photos are gone
    if person in people:
        hint = "delete them: the next run refuses to look for somebody who was removed"
        tell("warning", f"photos of {person} are still in {poi_dir}", hint)
