"""Taking something out of a corpus: single segments, a person, or a video, with everything that is known of them.

First it is written down that something is being removed (``records``), so that it does not come back, whatever
happens meanwhile. Then everything is taken out file by file, each replaced as a whole. Whoever is stopped in the middle
runs the same command again: what is done already is left alone. The caller holds the folder's lock (``batch.lock``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from glob import escape
from pathlib import Path

from slceleb_core.corpus.artefact_pruning import forget
from slceleb_core.corpus.bookkeeping import Gone, correct_books, frame_limits
from slceleb_core.corpus.choosing import Choice, toll_of_segments
from slceleb_core.corpus.editing import delete, delete_results, sweep
from slceleb_core.corpus.folders import CLIPS, Dispose, moving_to, take_segments
from slceleb_core.corpus.mentions import find_mentions
from slceleb_core.corpus.persons import take_person
from slceleb_core.corpus.reading import read_corpus
from slceleb_core.corpus.redaction import Redaction
from slceleb_core.corpus.refreshing import refresh_derived
from slceleb_core.disk.naming import safe_name
from slceleb_core.disk.output import EARLIER, statement_of, writing
from slceleb_core.disk.removals import Removal, RemovalStats, read_removals, write_removal
from slceleb_core.disk.timestamps import utc_timestamp
from slceleb_core.manifests.collecting import collect_again
from slceleb_core.registry import Registry
from slceleb_core.review.writing import refresh_report

REMOVING = ".removing"
"""Folder of the videos that are being removed, in an output folder; gone when they are."""


@dataclass(frozen=True, slots=True)
class Removed:
    """What came of a removal.

    Attributes
    ----------
    stats
        How much was taken out.
    left
        Files that still name what was removed: the user's to look at.
    """

    stats: RemovalStats
    left: tuple[Path, ...] = ()


def take_out(
    output_dir: Path,
    chosen: Collection[str],
    record: Removal,
    registry: Registry | None = None,
    aside: Path | None = None,
) -> RemovalStats:
    """Take segments out of a corpus, and out of everything that is about all of it.

    Parameters
    ----------
    output_dir
        The corpus; the caller holds its lock.
    chosen
        Ids of segments.
    record
        Who decided it and why: ``Removal("segments", by, reason)``. It is kept in ``removals.jsonl``.
    registry
        The plugins; None: all that are installed.
    aside
        Folder into which clips are moved, each to the place that it had in the output folder; None: they are deleted.

    Raises
    ------
    UsageError
        There is no such corpus.
    OutputError
        Something cannot be written; the same call again goes on from there.
    """
    dispose: Dispose = delete if aside is None else moving_to(aside, output_dir)
    folders = {output_dir / one.rpartition("-")[0] for one in chosen}
    record = _begun(output_dir, record, (), toll_of_segments(output_dir, chosen))
    with writing(f"to {output_dir}"):
        sweep(output_dir)
        files = sum(take_segments(folder, set(chosen), dispose) for folder in sorted(folders))
        _write_again(output_dir, Gone(Redaction(())), registry or Registry.discover())
    stats = replace(record.stats, files=record.stats.files + files)
    write_removal(output_dir, replace(record, stats=stats, finished=utc_timestamp()))
    return stats


def remove_person(output_dir: Path, choice: Choice, record: Removal, registry: Registry) -> Removed:
    """Take everything of a person out of a corpus.

    Parameters
    ----------
    output_dir
        The corpus; the caller holds its lock.
    choice
        The person (``choosing.choose_person``).
    record
        Who decided it and why.
    registry
        The plugins.

    Raises
    ------
    OutputError
        Something cannot be written; the same call again goes on from there.
    """
    record = _begun(output_dir, record, (choice.name,), choice.stats)
    corpus, redaction = read_corpus(output_dir), Redaction([choice.name], choice.others)
    with writing(f"to {output_dir}"):
        sweep(output_dir)
        untouched = [one for one in corpus.recordings if one.name not in choice.recordings]
        files = forget(output_dir, untouched, registry, frame_limits(output_dir))
        files += sum(delete_results(one) for one in _earlier(output_dir) if any(find_mentions(one, redaction)))
        files += sum(delete(one) for one in output_dir.glob(f".*/*/{CLIPS}/{escape(safe_name(choice.name))}"))
        files += sum(take_person(one.folder, choice.name, redaction) for one in corpus.recordings)
        _write_again(output_dir, Gone(redaction), registry)
    stats = replace(record.stats, files=record.stats.files + files)
    return _finished(output_dir, replace(record, stats=stats), redaction)


def remove_videos(output_dir: Path, choice: Choice, record: Removal, registry: Registry) -> Removed:
    """Take everything of a video out of a corpus; parameters and errors as of :func:`remove_person`."""
    record = _begun(output_dir, record, choice.secrets, choice.stats)
    condemned = output_dir / REMOVING
    with writing(f"to {output_dir}"):
        sweep(output_dir)
        condemned.mkdir(exist_ok=True)
        for name in choice.recordings:
            if (output_dir / name).exists():
                (output_dir / name).rename(condemned / name)
        files = forget(output_dir, read_corpus(output_dir).recordings, registry, frame_limits(output_dir))
        files += sum(delete_results(one) for one in _earlier(output_dir) if _is_of(one, choice))
        files += sum(delete(one) for name in choice.recordings for one in _set_aside(output_dir, name))
        redaction = Redaction(choice.words, choice.others)
        _write_again(output_dir, Gone(redaction, recordings=frozenset(choice.recordings)), registry)
        files += delete(condemned)
    stats = replace(record.stats, files=record.stats.files + files)
    return _finished(output_dir, replace(record, stats=stats), redaction)


def _begun(output_dir: Path, record: Removal, secrets: Sequence[str], stats: RemovalStats) -> Removal:
    """Write down that a removal begins; one that was stopped in the middle, or did it all, is gone on with."""
    earlier = [one for one in read_removals(output_dir) if one.kind == record.kind]
    same = [one for one in earlier if one.concerns(secrets) or not (one.hashes or secrets)]
    open_ = [one for one in same if one.finished is None or stats == RemovalStats()]
    salt = next((one.salt for one in read_removals(output_dir)), None)
    begun = open_[-1] if open_ else replace(record.about(secrets, salt), stats=stats)
    write_removal(output_dir, begun)
    return begun


def _finished(output_dir: Path, record: Removal, redaction: Redaction) -> Removed:
    write_removal(output_dir, replace(record, finished=utc_timestamp()))
    return Removed(record.stats, tuple(find_mentions(output_dir, redaction)))


def _write_again(output_dir: Path, gone: Gone, registry: Registry) -> None:
    """Bring everything in line that is about the whole corpus."""
    collect_again(output_dir, registry)
    correct_books(output_dir, gone)
    refresh_derived(output_dir)
    refresh_report(output_dir)


def _earlier(output_dir: Path) -> list[Path]:
    shelf = output_dir / EARLIER
    return sorted(shelf.iterdir()) if shelf.is_dir() else []


def _set_aside(output_dir: Path, recording: str) -> list[Path]:
    """Return what a review has moved out of a video's folder."""
    return [one for one in output_dir.glob(f".*/{escape(recording)}") if one.parent.name != REMOVING]


def _is_of(folder: Path, choice: Choice) -> bool:
    """Tell whether results are of a video that goes, of the same file or the same path; or nothing is left of them."""
    stated = statement_of(folder)
    if not stated:
        return folder.is_dir() and not any(folder.iterdir())
    return stated.get("fingerprint") in choice.secrets or stated.get("video") in choice.words
