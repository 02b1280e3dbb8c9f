"""What passes between a batch and whoever carries it out: plain values that survive a pipe and a network.

A batch hands :class:`Order` after order to a runner (``runners.Runner``); the runner has each carried out by a
:class:`~slceleb_core.batch.worker.Worker` somewhere, and hands back events. Paths are those of a file system that both
sides see.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from slceleb_core.types import JsonValue

if TYPE_CHECKING:
    from slceleb_core.disk.removals import KeptOut


@dataclass(frozen=True, slots=True)
class Absence:
    """Why there is no file where one was named.

    Attributes
    ----------
    written
        What was written, such as ``https://example.org/talk.mp4``.
    where
        Where that stands, for people: ``videos.csv:12``; empty: on the command line.
    reason
        What is wrong, in a few words.
    hint
        What to do.
    """

    written: str
    where: str
    reason: str
    hint: str

    @property
    def message(self) -> str:
        """What is wrong, and where, in one line."""
        return ": ".join(filter(None, [self.where, self.written, self.reason]))


EVERYTHING = "all"
"""What is redone where no stage is named."""

REDONE: Mapping[str, tuple[str, ...]] = {
    EVERYTHING: ("faces", "meshes", "embeddings", "observations", "scores", "photo", "cut"),
    "detect": ("faces", "meshes", "embeddings", "observations", "scores", "photo", "cut"),
    "embed": ("embeddings", "photo", "cut"),
    "speaker": ("observations", "scores", "cut"),
    "sinks": ("cut",),
}
"""By stage, as profiles name them, which kinds of artefacts are made by it or from what it makes, and redone with it.
What is decided and written is made from all of them."""


@dataclass(frozen=True, slots=True)
class Redo:
    """Results, and what they are made from, are made anew although they are there.

    Attributes
    ----------
    stage
        From which one on: a key of :data:`REDONE`.
    token
        Which time it is that this was asked for. It is stated of whatever is made anew, so that a redo that was broken
        off goes on where it stopped.
    """

    stage: str
    token: str

    def __str__(self) -> str:
        return f"--redo {self.stage}"


@dataclass(frozen=True, slots=True)
class Camera:
    """One file of a group of cameras, as it was named.

    Attributes
    ----------
    video
        The file; one without pictures can be heard.
    name
        What it is called in the group; empty: by its file.
    offset
        Seconds on the group's clock at which its PTS 0 lies, where that is known; None: it is found out.
    audio_track
        Which of its audio tracks is listened to; empty: as of the group.
    absence
        As of :class:`Item`.
    """

    video: Path
    name: str = ""
    offset: float | None = None
    audio_track: str = ""
    absence: Absence | None = field(default=None, compare=False)


Views: TypeAlias = Literal["best", "all"]
"""Of a group: whether of each segment the camera's pictures are cut that shows it best, or those of all that do."""


@dataclass(frozen=True, slots=True)
class Item:
    """A video to be processed, or a group of them, as it was named on the command line or in a list.

    Attributes
    ----------
    video
        The file; of a group, its first one.
    id
        What its results are to be called; empty: the file's stem. Of a group: its name.
    poi
        Names to look for in it; empty: those of the batch.
    start, end
        PTS seconds between which it is looked at, `end` excluded; None: from its beginning, to its end.
    facts
        Further columns of the list (source URL, licence, consent), kept in the result.
    audio_track
        Which of its audio tracks is listened to, by number or language; empty: what the profile says.
    absence
        Why there was no such file when it was named; None: there was one. It is not written down: what is not there
        today may be there tomorrow.
    cameras
        Of a group: all of its files; empty: it is one video.
    microphone
        Of a group: the name of the camera, or the file, that is heard; empty: the one that is heard best.
    views
        Of a group: whose pictures are cut.
    """

    video: Path
    id: str = ""
    poi: tuple[str, ...] = ()
    start: float | None = None
    end: float | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    audio_track: str = ""
    absence: Absence | None = field(default=None, compare=False)
    cameras: tuple[Camera, ...] = ()
    microphone: str = ""
    views: Views = "best"

    @property
    def files(self) -> tuple[Path, ...]:
        """All its files, each once."""
        return tuple(dict.fromkeys(camera.video for camera in self.cameras)) or (self.video,)

    @property
    def title(self) -> str:
        """What it is called for people: the file's name, or the group's."""
        return f"{self.id} ({len(self.cameras)} files)" if self.cameras else self.video.name

    def absences(self) -> tuple[tuple[Path, Absence | None], ...]:
        """Return its files, each with why there was none when it was named."""
        return tuple((camera.video, camera.absence) for camera in self.cameras) or ((self.video, self.absence),)


@dataclass(frozen=True, slots=True)
class BatchJob:
    """What all orders of a batch share; enough to open a pipeline in another process, or on another machine.

    Attributes
    ----------
    profile
        The profile with every default written out (``BoundProfile.resolved``).
    output_dir
        Where results go.
    poi_dir
        The photos; None: no gallery.
    poi
        Names to look for; empty: everyone in `poi_dir`.
    max_frames
        Stop each video after so many frames; None: at its end.
    settings
        The machine's facts (``Settings.model_dump``): what is not the profile's, such as where models are found.
    artefacts
        Folder in which intermediate results are kept; None: none are.
    photos
        Folder in which it is kept, while the batch lasts, what is known of photos, so that not every worker looks at
        all of them; None: with the other artefacts.
    threads
        Processor threads that a worker should keep to; None: as many as its libraries like.
    kept_out
        What had been removed from the corpus when the batch began, and must not come back: for workers that do not see
        the corpus. None: it is looked up in `output_dir` alone.
    redo
        Which intermediate results are made anew; None: none.
    """

    profile: Mapping[str, JsonValue]
    output_dir: Path
    poi_dir: Path | None = None
    poi: tuple[str, ...] = ()
    max_frames: int | None = None
    settings: Mapping[str, JsonValue] = field(default_factory=dict)
    artefacts: Path | None = None
    photos: Path | None = None
    threads: int | None = None
    kept_out: KeptOut | None = None
    redo: Redo | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """One video to be carried out.

    Attributes
    ----------
    name
        Unique in the batch: what the folder of its results is called.
    item
        The video.
    key
        Hash of all that decides its result but the file itself (``artefacts.keys.ResultKey``); written beside the
        results.
    attempt
        1 for the first time.
    redo
        Which of its results are made anew, whatever stands; None: none.
    """

    name: str
    item: Item
    key: str
    attempt: int = 1
    redo: Redo | None = None

    def is_met_by(self, stated: Mapping[str, JsonValue]) -> bool:
        """Tell whether results were made in the way that is wanted, of whatever file.

        Parameters
        ----------
        stated
            What is stated of them (``disk.statement_of``).
        """
        redone = self.redo is None or stated.get("redo") == self.redo.token
        return redone and stated.get("key") == self.key


FaultKind: TypeAlias = Literal["video", "output", "usage", "unexpected", "lost", "timeout"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a video failed.

    Attributes
    ----------
    kind
        ``video``: the file is at fault. ``output``: results cannot be written. ``usage``: no video can be done with
        this profile, these plugins, photos or models. ``unexpected``: the program is at fault. ``lost``: the worker
        died. ``timeout``: it took too long.
    message, hint
        What is wrong, in one line, and what to do.
    transient
        Whether another attempt might go well.
    fatal
        Whether every other video would fail likewise, so that the batch had better stop: a full disk, a missing model.
    trace
        The traceback, for the log; empty where the message says it all.
    program
        Hash of the program that failed (``artefacts.program.program_of``), as far as it is known: written down with the
        failure.
    """

    kind: FaultKind
    message: str
    hint: str = ""
    transient: bool = False
    fatal: bool = False
    trace: str = ""
    program: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one order.

    Attributes
    ----------
    name
        The order's.
    fault
        Why it failed; None: it is done, and its results stand.
    folder
        Where they are; None unless it is done.
    fingerprint
        ``sha256:`` and the hash of the whole file; empty where it could not be read.
    warnings
        Of its summary.
    statistics
        Of its summary, JSON-ready.
    provenance
        Of its summary, JSON-ready.
    segments
        What was found: each segment's fields and its duration, JSON-ready.
    duration
        The video's length in seconds; None where it does not say.
    """

    name: str
    fault: Fault | None = None
    folder: Path | None = None
    fingerprint: str = ""
    warnings: tuple[str, ...] = ()
    statistics: Mapping[str, JsonValue] = field(default_factory=dict)
    provenance: Mapping[str, JsonValue] = field(default_factory=dict)
    segments: tuple[Mapping[str, JsonValue], ...] = ()
    duration: float | None = None

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody whom the video's faces were compared with, looked for or not."""
        gallery = self.provenance.get("gallery") or {}
        return tuple(gallery["persons"]) if gallery else ()

    @property
    def files(self) -> Mapping[Path, str]:
        """Of a group of cameras: the fingerprint of each of its files; empty where it is of one video."""
        return {Path(path): known for path, known in (self.provenance.get("files") or {}).items()}


@dataclass(frozen=True, slots=True)
class Progressed:
    """A sign of life: how far an order has come. Sent a few times a second at most.

    Attributes
    ----------
    name
        The order's.
    frames
        Frames perceived.
    position, duration
        Seconds of the video passed, and how many there are; None where it does not say.
    stage
        What is being done now, in a word.
    stages
        Seconds spent, by stage.
    """

    name: str
    frames: int
    position: float
    duration: float | None
    stage: str
    stages: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Logged:
    """A log record of a worker.

    Attributes
    ----------
    name
        The order's during which it was made; empty between orders.
    level
        As in ``logging``.
    logger, message, hint, trace
        Of the record; `hint` and `trace` may be empty.
    """

    name: str
    level: int
    logger: str
    message: str
    hint: str = ""
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Began:
    """An order has left the queue: somebody works on it.

    Attributes
    ----------
    name
        The order's.
    where
        Who works on it, for people: ``worker 2 (pid 4711)``, ``node 10.0.0.3``.
    """

    name: str
    where: str


@dataclass(frozen=True, slots=True)
class Finished:
    """An order has been carried out, well or not.

    Attributes
    ----------
    report
        What became of it.
    """

    report: Report


@dataclass(frozen=True, slots=True)
class Lost:
    """Whoever worked on an order is gone: killed, crashed, out of memory, or cancelled. Nothing of it is published.

    Attributes
    ----------
    name
        The order's.
    reason
        In a few words: ``killed by signal 11 (SIGSEGV)``.
    """

    name: str
    reason: str


Event: TypeAlias = Began | Progressed | Logged | Finished | Lost


JsonObject = dict[str, JsonValue]


def item_to_json(item: Item) -> JsonObject:
    """Return an item; its path is made absolute, as the next run may be started elsewhere."""
    return {
        "video": str(item.video.absolute()),
        "id": item.id,
        "poi": list(item.poi),
        "start": item.start,
        "end": item.end,
        "facts": dict(item.facts),
        "audio_track": item.audio_track,
        **(_group_to_json(item) if item.cameras else {}),
    }


def _group_to_json(item: Item) -> JsonObject:
    cameras = [
        {"video": str(one.video.absolute()), "name": one.name, "offset": one.offset, "audio_track": one.audio_track}
        for one in item.cameras
    ]
    heard = next((str(one.video.absolute()) for one in item.cameras if str(one.video) == item.microphone), "")
    return {"cameras": cameras, "microphone": heard or item.microphone, "views": item.views}


def item_from_json(data: Mapping[str, JsonValue]) -> Item:
    """Return the item of :func:`item_to_json`.

    Raises
    ------
    ValueError
        It is none.
    """
    try:
        cameras = tuple(Camera(**{**camera, "video": Path(camera["video"])}) for camera in data.get("cameras", ()))
        return Item(**{**data, "video": Path(data["video"]), "poi": tuple(data["poi"]), "cameras": cameras})
    except (TypeError, KeyError) as error:
        raise ValueError(f"no item: {error}") from error


def fault_to_json(fault: Fault) -> JsonObject:
    """Return a fault."""
    return asdict(fault)


def fault_from_json(data: Mapping[str, JsonValue]) -> Fault:
    """Return the fault of :func:`fault_to_json`.

    Raises
    ------
    ValueError
        It is none.
    """
    try:
        return Fault(**data)
    except TypeError as error:
        raise ValueError(f"no fault: {error}") from error


def report_to_json(report: Report) -> JsonObject:
    """Return a report."""
    return {
        "name": report.name,
        "fault": None if report.fault is None else fault_to_json(report.fault),
        "folder": None if report.folder is None else str(report.folder),
        "fingerprint": report.fingerprint,
        "warnings": list(report.warnings),
        "statistics": dict(report.statistics),
        "provenance": dict(report.provenance),
        "segments": [dict(segment) for segment in report.segments],
        "duration": report.duration,
    }


def report_from_json(data: Mapping[str, JsonValue]) -> Report:
    """Return the report of :func:`report_to_json`.

    Raises
    ------
    ValueError
        It is none.
    """
    try:
        fault, folder = data["fault"], data["folder"]
        return Report(
            **{
                **data,
                "fault": None if fault is None else fault_from_json(fault),
                "folder": None if folder is None else Path(folder),
                "warnings": tuple(data["warnings"]),
                "segments": tuple(data["segments"]),
            }
        )
    except (TypeError, KeyError) as error:
        raise ValueError(f"no report: {error}") from error
