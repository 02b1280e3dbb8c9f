"""Taking something out of a corpus: single segments, a person, or a video, with everything that is known of them.

First it is written down that something is being removed (``removals``), so that it does not come back, whatever
happens meanwhile. Then everything is taken out file by file, each replaced as a whole. Whoever is stopped in the middle
runs the same command again: what is done already is left alone. The caller holds the folder's lock (``disk.lock``),
and says what is to be written again by rooms that this one does not know (:data:`refreshing.Refresh`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from glob import escape
from pathlib import Path

from slceleb_core.corpus.artefact_pruning import ARTEFACTS, forget, forget_clips
from slceleb_core.corpus.bookkeeping import Gone, frame_limits
from slceleb_core.corpus.choosing import Choice, stats_of_segments
from slceleb_core.corpus.editing import delete, delete_results, sweep
from slceleb_core.corpus.folders import CLIPS, Dispose, moving_to, outputs_of_others, take_segments
from slceleb_core.corpus.growths import retire
from slceleb_core.corpus.mentions import find_mentions
from slceleb_core.corpus.persons import take_person
from slceleb_core.corpus.reading import read_corpus
from slceleb_core.corpus.redaction import Redaction
from slceleb_core.corpus.refreshing import Refresh, bring_in_line
from slceleb_core.corpus.revising import Revisers, dispose_of, revision_of, setting_aside
from slceleb_core.corpus.voices.keeping import forget_all_but
from slceleb_core.disk.naming import safe_name
from slceleb_core.disk.output import EARLIER, statement_of
from slceleb_core.disk.refusals import writing
from slceleb_core.disk.removals import Removal, RemovalStats, read_removals, write_removal
from slceleb_core.disk.syncing import sync_file_system
from slceleb_core.disk.timestamps import utc_timestamp
from slceleb_core.registry import Registry

REMOVING = ".removing"
"""Folder of the videos that are being removed, in an output folder; gone when they are."""

NO_SHELVES = {REMOVING, ARTEFACTS}
"""Hidden folders that no review has moved anything into: what is kept has folders of its own names."""


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
    refresh: Refresh,
    aside: Path | None = None,
    registry: Registry | None = None,
) -> RemovalStats:
    """Take segments out of a corpus, and out of everything that is about all of it.

    What somebody else had begun to take out, and was stopped, is taken out first, under the record that was made then.

    Parameters
    ----------
    output_dir
        The corpus; the caller holds its lock.
    chosen
        Ids of segments.
    record
        Who decided it and why: ``Removal("segments", by, reason)``. It is kept in ``removals.jsonl``.
    refresh
        Has written again what other rooms make of a corpus (``review.refreshing.refreshing``).
    aside
        Folder into which clips are moved, each to the place that it had in the output folder; None: they are deleted.
    registry
        The plugins, whose sinks are asked to revise what they have written; None: all that are installed.

    Raises
    ------
    UsageError
        There is no such corpus.
    OutputError
        Something cannot be written; the same call again goes on from there.
    """
    finish_segments(output_dir, refresh, registry)
    stats = stats_of_segments(output_dir, chosen)
    wanted = replace(record.about(sorted(chosen), _salt(output_dir)), stats=stats, aside=_stated(aside, output_dir))
    earlier = [removal for removal in read_removals(output_dir) if removal.kind == "segments"]
    same = [removal for removal in earlier if removal.hashes == wanted.hashes]
    if same and stats == RemovalStats():
        return same[-1].stats  # the same call has done it before
    write_removal(output_dir, wanted)
    return _carry_out(output_dir, wanted, chosen, refresh, registry)


def finish_segments(output_dir: Path, refresh: Refresh, registry: Registry | None = None) -> None:
    """Take out the segments of every record that was not carried out to its end.

    Parameters and errors are those of :func:`take_out`. Whoever was stopped, what is taken out is what the record is
    about, and nothing else.
    """
    for record in unfinished_segments(output_dir):
        chosen = record.among(utterance.id for utterance in read_corpus(output_dir).utterances())
        _carry_out(output_dir, record, chosen, refresh, registry)


def unfinished_segments(output_dir: Path) -> list[Removal]:
    """Return the records of segments that were not carried out to their end."""
    removals = read_removals(output_dir)
    return [removal for removal in removals if removal.kind == "segments" and removal.finished is None]


def _carry_out(
    output_dir: Path, record: Removal, chosen: Collection[str], refresh: Refresh, registry: Registry | None
) -> RemovalStats:
    """Take out the segments that a record is about, as far as they are there, and return how much it was in all."""
    dispose: Dispose = delete if record.aside is None else moving_to(output_dir / record.aside, output_dir)
    retire: Dispose = delete if record.aside is None else setting_aside(output_dir / record.aside, output_dir)
    going, corpus = frozenset(chosen), read_corpus(output_dir)
    touched = [video for video in corpus.recordings if any(utterance.id in going for utterance in video.utterances)]
    untouched = {video.fingerprint for video in corpus.recordings} - {video.fingerprint for video in touched}
    with writing(f"to {output_dir}"), Revisers(registry) as revisers:
        sweep(output_dir)
        if touched:
            forget_clips(output_dir, corpus.recordings, going, untouched)
        files = 0
        for video in touched:  # one after another: whoever is stopped has some behind them, and the rest before them
            stale = revisers.ask(revision_of(video.folder, lambda segment: segment["id"] not in going))
            files += dispose_of(stale, retire) + take_segments(video.folder, going, dispose)
        bring_in_line(output_dir, Gone(Redaction(())), refresh)
    stats = replace(record.stats, files=record.stats.files + files)
    _finish(output_dir, replace(record, stats=stats))
    return stats


def _salt(output_dir: Path) -> str | None:
    """Return the salt of the folder's hashes; None where there is none yet."""
    return next((removal.salt for removal in read_removals(output_dir)), None)


def _stated(aside: Path | None, output_dir: Path) -> str | None:
    """Return a folder as the record states it: one that moves with the output folder, as far as it lies there."""
    if aside is None:
        return None
    below = aside.absolute().is_relative_to(output_dir.absolute())
    return str(aside.absolute().relative_to(output_dir.absolute()) if below else aside.absolute())


def remove_person(output_dir: Path, choice: Choice, record: Removal, registry: Registry, refresh: Refresh) -> Removed:
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
        The plugins: by them intermediate results are known that may stay; their sinks revise what they have written.
    refresh
        As of :func:`take_out`.

    Raises
    ------
    OutputError
        Something cannot be written; the same call again goes on from there.
    """
    record = _begun(output_dir, record, (choice.name,), choice.stats)
    corpus, redaction = read_corpus(output_dir), Redaction([choice.name], choice.others)
    names = {recording.name for recording in corpus.recordings}
    with writing(f"to {output_dir}"), Revisers(registry) as revisers:
        sweep(output_dir)
        untouched = [recording for recording in corpus.recordings if recording.name not in choice.recordings]
        files = forget(output_dir, untouched, registry, frame_limits(output_dir))
        files += forget_all_but(output_dir, (recording.name for recording in untouched))
        files += sum(delete_results(folder) for folder in _earlier(output_dir) if any(find_mentions(folder, redaction)))
        files += sum(delete(path) for path in output_dir.glob(f".*/*/{CLIPS}/{escape(safe_name(choice.name))}"))
        files += sum(delete(path) for name in choice.recordings for path in _outputs_set_aside(output_dir, name))
        files += retire(output_dir, lambda photo: photo.person == choice.name and photo.origin.recording in names)
        files += sum(take_person(recording.folder, choice.name, redaction, revisers) for recording in corpus.recordings)
        bring_in_line(output_dir, Gone(redaction), refresh)
    stats = replace(record.stats, files=record.stats.files + files)
    return _finished(output_dir, replace(record, stats=stats), redaction)


def remove_videos(output_dir: Path, choice: Choice, record: Removal, registry: Registry, refresh: Refresh) -> Removed:
    """Take everything of a video out of a corpus; parameters and errors as of :func:`remove_person`."""
    record = _begun(output_dir, record, choice.secrets, choice.stats)
    condemned = output_dir / REMOVING
    with writing(f"to {output_dir}"), Revisers(registry) as revisers:
        sweep(output_dir)
        condemned.mkdir(exist_ok=True)
        for name in choice.recordings:
            if (output_dir / name).exists():
                (output_dir / name).rename(condemned / name)
        for name in choice.recordings:
            revisers.ask(replace(revision_of(condemned / name, lambda _segment: False), removed=True))
        files = forget(output_dir, read_corpus(output_dir).recordings, registry, frame_limits(output_dir))
        files += sum(delete_results(folder) for folder in _earlier(output_dir) if _is_of(folder, choice))
        files += sum(delete(path) for name in choice.recordings for path in _set_aside(output_dir, name))
        files += retire(output_dir, lambda photo: photo.origin.fingerprint in choice.secrets)
        redaction = Redaction(choice.words, choice.others)
        bring_in_line(output_dir, Gone(redaction, recordings=frozenset(choice.recordings)), refresh)
        files += delete(condemned)
    stats = replace(record.stats, files=record.stats.files + files)
    return _finished(output_dir, replace(record, stats=stats), redaction)


def _begun(output_dir: Path, record: Removal, secrets: Sequence[str], stats: RemovalStats) -> Removal:
    """Write down that a removal begins; one that was stopped in the middle, or did it all, is gone on with."""
    earlier = [removal for removal in read_removals(output_dir) if removal.kind == record.kind]
    same = [removal for removal in earlier if removal.concerns(secrets)]
    open_ = [record for record in same if record.finished is None or stats == RemovalStats()]
    begun = open_[-1] if open_ else replace(record.about(secrets, _salt(output_dir)), stats=stats)
    write_removal(output_dir, begun)
    return begun


def _finished(output_dir: Path, record: Removal, redaction: Redaction) -> Removed:
    _finish(output_dir, record)
    return Removed(record.stats, tuple(find_mentions(output_dir, redaction)))


def _finish(output_dir: Path, record: Removal) -> None:
    """Write down that a removal is done: when a power cut cannot bring back what was deleted or moved."""
    with writing(f"to {output_dir}"):
        sync_file_system(output_dir)
    write_removal(output_dir, replace(record, finished=utc_timestamp()))


def _earlier(output_dir: Path) -> list[Path]:
    shelf = output_dir / EARLIER
    return sorted(shelf.iterdir()) if shelf.is_dir() else []


def _set_aside(output_dir: Path, recording: str) -> list[Path]:
    """Return what a review has moved out of a video's folder."""
    return [path for path in output_dir.glob(f".*/{escape(recording)}") if path.parent.name not in NO_SHELVES]


def _outputs_set_aside(output_dir: Path, recording: str) -> list[Path]:
    """Return what a review has moved out of a video's folder of which nobody can tell what is in it."""
    shelves = {removal.aside for removal in read_removals(output_dir) if removal.aside is not None}
    below = [shelf for shelf in shelves if not Path(shelf).is_absolute()]  # what lies elsewhere is not of the corpus
    return [path for shelf in below for path in outputs_of_others(output_dir / shelf / recording)]


def _is_of(folder: Path, choice: Choice) -> bool:
    """Tell whether results are of a video that goes, of the same file or the same path; or nothing is left of them."""
    stated = statement_of(folder)
    if not stated:
        return folder.is_dir() and not any(folder.iterdir())
    prints = {stated.get("fingerprint"), *(stated.get("files") or {}).values()}
    return not prints.isdisjoint(choice.secrets) or stated.get("video") in choice.words
