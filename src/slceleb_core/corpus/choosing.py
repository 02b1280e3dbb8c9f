"""What a removal is about: whom or what is meant, in which videos, and how much that is. Nothing is written."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slceleb_core.corpus.editing import read_json
from slceleb_core.corpus.folders import ABSENT, RESULT, REVIEW
from slceleb_core.corpus.reading import Recording, read_corpus
from slceleb_core.corpus.verdicts import left_out
from slceleb_core.disk.output import EARLIER, statement_of
from slceleb_core.disk.removals import KeptOut, RemovalStats, stamp_of
from slceleb_core.errors import UsageError, did_you_mean


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be removed.

    Attributes
    ----------
    name
        As it stands in the corpus: the person's, or the first recording's.
    recordings
        Names of the videos concerned: those in which the person was seen, or the video's own, if only in the books.
    secrets
        By what it is recognized later: the name; a video's fingerprint, and its file's path, size and date.
    words
        By what it may be called in text.
    others
        Names that stay, though they may contain one of the words.
    stats
        How much it is.
    """

    name: str
    recordings: tuple[str, ...]
    secrets: tuple[str, ...]
    words: tuple[str, ...]
    others: tuple[str, ...]
    stats: RemovalStats


def choose_person(output_dir: Path, name: str) -> Choice:
    """Return what there is of a person.

    Raises
    ------
    UsageError
        There is no such corpus, or no such person in it, and none has been removed from it.
    """
    corpus, wanted = read_corpus(output_dir), unicodedata.normalize("NFC", name).strip()
    known = set(_people((*corpus.recordings, *_there(output_dir / EARLIER))))
    if wanted not in known and KeptOut.of(output_dir).person(wanted) is None:
        raise UsageError(f"{wanted} is nobody of the corpus {output_dir}", did_you_mean(wanted, known))
    seen = tuple(recording.name for recording in corpus.recordings if _seen(recording, wanted))
    stats = _stats((recording, wanted) for recording in corpus.recordings)
    return Choice(wanted, seen, (wanted,), (wanted,), tuple(sorted(known - {wanted})), stats)


def stats_of_segments(output_dir: Path, chosen: Collection[str]) -> RemovalStats:
    """Return how much some segments are, by id.

    Raises
    ------
    UsageError
        There is no such corpus.
    """
    stats = RemovalStats()
    for recording in read_corpus(output_dir).recordings:
        said = [utterance.segment.duration for utterance in recording.utterances if utterance.id in chosen]
        stats += RemovalStats(len(said), round(sum(said), 3), 1 if said else 0)
    return stats


def choose_video(output_dir: Path, wanted: str, removing: Path) -> Choice:
    """Return what there is of a video, by its folder's name, its path, or its file's name.

    The same file may have been processed more than once, as a whole, in parts, and in groups of cameras: all of it
    goes. Of a group that is named by one of its files the others stay what they are, alone and in other groups. It may
    also be that only results are left of a video which others have replaced (``.earlier``).

    Parameters
    ----------
    output_dir
        The corpus.
    wanted
        As the user named it.
    removing
        Where videos are whose removal was stopped in the middle.

    Raises
    ------
    UsageError
        There is no such corpus, no such video in it, or more than one file of that name.
    """
    corpus, pending, earlier = read_corpus(output_dir), _there(removing), _there(output_dir / EARLIER)
    standing = (*corpus.recordings, *pending)
    everything = (*standing, *earlier)
    meant = _meant(wanted, standing) or _meant(wanted, earlier)
    prints = frozenset[str]().union(*(_prints(recording, wanted) for recording in meant))
    going = [
        recording for recording in everything if recording in meant or recording in pending or recording.prints & prints
    ]
    here = [recording for recording in going if recording not in earlier]
    replaced = {recording.name.rpartition(".")[0] for recording in going if recording in earlier} - _names(
        corpus.recordings
    )
    if not going:
        if KeptOut.of(output_dir).named(wanted):
            return Choice(wanted, (), (wanted,), (), (), RemovalStats())
        raise UsageError(f"{wanted} is no video of the corpus {output_dir}", did_you_mean(wanted, _names(everything)))
    files = {path for recording in going for path in _files(recording, prints)}
    words = {str(path) for path in files} | {path.name for path in files if _alone(path, going, everything)}
    groups = {recording.fingerprint for recording in going if recording.files}
    names = {recording.name for recording in here} | {wanted}
    secrets = prints | groups | {stamp_of(path) for path in files} | names
    return Choice(
        wanted,
        tuple(sorted(replaced | _names(here))),
        tuple(sorted(secrets - {""})),
        tuple(sorted(words - {"", "."})),
        tuple(str(path) for recording in everything if recording not in going for path in recording.sources),
        _stats((recording, None) for recording in here),
    )


def _names(recordings: Iterable[Recording]) -> set[str]:
    return {recording.name for recording in recordings}


def _meant(wanted: str, recordings: tuple[Recording, ...]) -> list[Recording]:
    called = [recording for recording in recordings if recording.name == wanted]
    if called:
        return called
    of_file = [recording for recording in recordings if _named_files(recording, wanted)]
    if len({path for recording in of_file for path in _named_files(recording, wanted)}) > 1:
        names = ", ".join(recording.name for recording in of_file)
        raise UsageError(f"{wanted} is the name of several videos", f"name one by its folder or path: {names}")
    return of_file


def _prints(recording: Recording, wanted: str) -> frozenset[str]:
    """Return the fingerprints of what is meant of a recording: all of it, or of a group the file that is named."""
    if recording.name == wanted or not recording.files:
        return recording.prints
    return frozenset(recording.files[path] for path in _named_files(recording, wanted)) - {""}


def _named_files(recording: Recording, wanted: str) -> set[Path]:
    """Return which files of a recording have that path, or else that name."""
    paths = {Path(wanted), Path(wanted).absolute()} & recording.sources.keys()
    return paths or {file for file in recording.sources if file.name == wanted}


def _files(recording: Recording, prints: Collection[str]) -> list[Path]:
    """Return the files of a recording that go with it: of a group only those that are meant."""
    return [path for path, known in recording.sources.items() if not recording.files or known in prints]


def _alone(path: Path, going: list[Recording], everything: tuple[Recording, ...]) -> bool:
    others = (file for other in everything if other not in going for file in other.sources)
    return not any(file.name == path.name for file in others)


def _there(folder: Path) -> tuple[Recording, ...]:
    """Return the recordings in a folder that need not be there."""
    return read_corpus(folder).recordings if folder.is_dir() else ()


def _people(recordings: Iterable[Recording]) -> Iterator[str]:
    for recording in recordings:
        yield from (utterance.person for utterance in recording.utterances)
        yield from (entry["person"] for entry in _set_aside(recording))
        gallery = (recording.report().get("provenance") or {}).get("gallery") or {}
        yield from gallery.get("persons") or ()


def _seen(recording: Recording, name: str) -> bool:
    """Tell whether a person was found in a video, or taken for somebody who was nearest to them."""
    result: dict[str, Any] = read_json(recording.folder / RESULT) or {}
    stated = statement_of(recording.folder)
    report = stated.get("report") or {}
    told = [*result.get("tracks", ()), *result.get("rejected", ()), *report.get("rejected", ()), *_set_aside(recording)]
    named = any(stretch.get("person") == name for stretch in told)
    return named or any(utterance.person == name for utterance in recording.utterances)


def _set_aside(recording: Recording) -> list[dict[str, Any]]:
    """Return the segments of a video that reviewers have taken out, and those that their voices keep out."""
    stated = statement_of(recording.folder)
    reviewed = [entry["segment"] for entry in (stated.get(REVIEW) or {}).values() if entry.get("segment")]
    absent = [entry["segment"] for entry in stated.get(ABSENT, ())]
    return [*reviewed, *absent, *(segment.to_json() for segment in left_out(stated).values())]


def _stats(concerned: Iterable[tuple[Recording, str | None]]) -> RemovalStats:
    """Return how much is said in videos, by one person or by all."""
    stats = RemovalStats()
    for recording, name in concerned:
        said = [utterance.segment for utterance in recording.utterances if name in (None, utterance.person)]
        if said or name is None:
            stats += RemovalStats(len(said), round(sum(segment.duration for segment in said), 3), 1)
    return stats
