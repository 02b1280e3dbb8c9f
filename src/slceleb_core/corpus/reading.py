"""The corpus in an output folder: recordings, and the utterances cut out of them.

All of it is read from what each video's folder states of itself (``source.json``), so it does not depend on which sinks
a profile names. Cut files are listed where the sink ``clips`` has written them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slceleb_core.disk.naming import safe_name
from slceleb_core.disk.output import results_in, statement_of
from slceleb_core.errors import UsageError
from slceleb_core.results import Segment
from slceleb_core.types import JsonValue


@dataclass(frozen=True, slots=True)
class Utterance:
    """A segment of the corpus.

    Attributes
    ----------
    recording
        Name of the recording that it is cut from.
    segment
        Who, from when to when, how sure.
    audio, video
        The cut files; None where they are not there.
    """

    recording: str
    segment: Segment
    audio: Path | None
    video: Path | None

    @property
    def id(self) -> str:
        """Unique in the corpus: ``<recording>-<number>``."""
        return self.segment.id

    @property
    def person(self) -> str:
        """Who speaks."""
        return self.segment.person


@dataclass(frozen=True, slots=True)
class Recording:
    """A finished video.

    Attributes
    ----------
    name
        Unique in the corpus: what its folder is called.
    folder
        Where its results are.
    video
        The file, as it was named; it may be gone. Of a group of cameras: the one whose clock is that of the results.
    fingerprint
        ``sha256:`` and the file's hash; empty where it is not known. Of a group: of all its files together.
    duration
        Seconds; None where the file does not say.
    facts
        Further columns of the video list: source URL, licence, consent.
    utterances
        In order of time.
    files
        Of a group: the fingerprint of each of its files; empty: there is but the one.
    """

    name: str
    folder: Path
    video: Path
    fingerprint: str
    duration: float | None
    facts: Mapping[str, str]
    utterances: tuple[Utterance, ...]
    files: Mapping[Path, str] = field(default_factory=dict)

    @property
    def sources(self) -> Mapping[Path, str]:
        """The fingerprint of each of its files."""
        return self.files or {self.video: self.fingerprint}

    @property
    def prints(self) -> frozenset[str]:
        """The fingerprints of its files, as far as they are known; of a group also that of all of them as one."""
        return frozenset({self.fingerprint, *self.sources.values()} - {""})

    @property
    def sha256(self) -> str:
        """The file's hash in hex; empty where it is not known."""
        return self.fingerprint.removeprefix("sha256:")

    def report(self) -> Mapping[str, JsonValue]:
        """Return what the run reported of it: warnings, statistics, provenance. Read anew each time: it is large."""
        report = statement_of(self.folder).get("report")
        return report if isinstance(report, dict) else {}


@dataclass(frozen=True, slots=True)
class Corpus:
    """What an output folder holds.

    Attributes
    ----------
    folder
        The output folder.
    recordings
        In order of name, also those in which nobody was found.
    """

    folder: Path
    recordings: tuple[Recording, ...]

    def utterances(self) -> Iterator[Utterance]:
        """Yield all utterances, by recording and time."""
        for recording in self.recordings:
            yield from recording.utterances

    def persons(self) -> tuple[str, ...]:
        """Return everyone who speaks in it, in order of name."""
        return tuple(sorted({utterance.person for utterance in self.utterances()}))


def read_corpus(output_dir: Path) -> Corpus:
    """Return the corpus in an output folder.

    Raises
    ------
    UsageError
        The folder does not exist.
    """
    return Corpus(output_dir, tuple(_recording(folder) for folder in recording_folders(output_dir)))


def recording_folders(output_dir: Path) -> list[Path]:
    """Return the folders of the videos in an output folder, in order of name.

    Raises
    ------
    UsageError
        The folder does not exist.
    """
    try:
        return results_in(output_dir)
    except OSError as error:
        raise UsageError(f"cannot read the output folder {output_dir}: {error.strerror}", "name another") from None


def _recording(folder: Path) -> Recording:
    stated: dict[str, Any] = statement_of(folder)
    report = stated.get("report") or {}
    return Recording(
        name=folder.name,
        folder=folder,
        video=Path(str(stated.get("main") or stated.get("video", ""))),
        fingerprint=str(stated.get("fingerprint") or ""),
        duration=report.get("duration"),
        facts=stated.get("source") or {},
        utterances=tuple(_utterance(folder, fields_of) for fields_of in report.get("segments", ())),
        files={Path(path): str(known) for path, known in (stated.get("files") or {}).items()},
    )


def _utterance(folder: Path, stated: Mapping[str, Any]) -> Utterance:
    segment = Segment.from_json(stated)
    stem = folder / "clips" / safe_name(segment.person) / segment.id
    return Utterance(folder.name, segment, _there(stem, ".wav"), _there(stem, ".mp4"))


def _there(stem: Path, suffix: str) -> Path | None:
    path = stem.with_name(stem.name + suffix)
    return path if path.is_file() else None
