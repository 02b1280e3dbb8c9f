"""Writing down the results of one video: aside, and moved into place as a whole."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from slceleb_core.artefacts.cuts import Cutter
from slceleb_core.disk.fingerprint import Stamp, demand_unchanged
from slceleb_core.disk.naming import readable
from slceleb_core.disk.output import OutputFolder
from slceleb_core.disk.refusals import writing
from slceleb_core.disk.removals import refuse_results
from slceleb_core.errors import OutputError
from slceleb_core.jobs import Report, report_to_json
from slceleb_core.media.audio import AudioTrack
from slceleb_core.results import Result, Segment, Summary
from slceleb_core.run._clip_queue import ClipQueue, workers_for
from slceleb_core.run.video_run import VideoRun
from slceleb_core.sinks.broadcast import Broadcast
from slceleb_core.stages import PictureCutter, Sink, SinkJob
from slceleb_core.timing import Timings
from slceleb_core.types import JsonValue, VideoInfo


@dataclass(frozen=True, slots=True)
class Processed:
    """A video whose results are on disk.

    Attributes
    ----------
    video
        The file.
    folder
        Where they are.
    segments
        What was found.
    summary
        Warnings, statistics, provenance.
    """

    video: Path
    folder: Path
    segments: tuple[Segment, ...]
    summary: Summary


def report_on(processed: Processed, fingerprint: str) -> Report:
    """Return what a batch keeps of a video whose results are on disk; `fingerprint` is that of its file.

    Where they lie is left out: the report lies there, too.
    """
    summary = processed.summary
    return Report(
        processed.folder.name,
        fingerprint=fingerprint,
        warnings=summary.warnings,
        statistics=summary.statistics,
        provenance=summary.provenance,
        segments=tuple(segment.to_json() for segment in processed.segments),
        duration=summary.video.duration,
    )


@dataclass(frozen=True, slots=True)
class Statement:
    """What is stated beside results.

    Attributes
    ----------
    fingerprint
        Of the file.
    key
        Of the result.
    redo
        Which time it is that it was asked for anew; empty: it was not.
    facts
        Whatever else is known of the video, JSON-ready.
    files
        Of a group: the fingerprint of each of its files; empty: there is but the one.
    """

    fingerprint: str
    key: str = ""
    redo: str = ""
    facts: Mapping[str, JsonValue] = field(default_factory=dict)
    files: Mapping[Path, str] = field(default_factory=dict)


class Run(Protocol):
    """What is written down: a run over a video, or over a group of them."""

    @property
    def video(self) -> Path:
        """The file whose clock is that of the results."""

    @property
    def camera(self) -> str:
        """Of a group: the name of the camera of that file; empty without one."""

    @property
    def timings(self) -> Timings:
        """Told of the time that writing takes."""

    @property
    def info(self) -> VideoInfo:
        """The facts of that file, while the run is going on."""

    @property
    def summary(self) -> Summary:
        """What is known at its end."""

    def results(self, begun: Callable[[], None], ended: Callable[[], None]) -> Generator[Result, None, None]:
        """Yield everything found, as ``VideoRun`` does."""


def write_down(
    run: Run,
    sinks: Sequence[Sink],
    output: OutputFolder,
    cutter: Cutter,
    statement: Statement,
    threads: int | None = None,
    cameras: Mapping[str, PictureCutter] | None = None,
) -> Processed:
    """Go through a run, and write what it finds; when anything fails, nothing is left.

    Parameters
    ----------
    run
        Not begun.
    sinks
        Open.
    output
        Where to.
    cutter
        Cuts clips for the sinks.
    statement
        What is stated beside the results.
    threads
        Processor threads that it may use; None: all of this process.
    cameras
        Of a group of which other views are wanted than the best: what cuts the pictures of each camera.

    Raises
    ------
    VideoError
        The video cannot be read, or has changed meanwhile.
    OutputError
        Results cannot be written.
    UsageError
        The video, or somebody whom its faces were compared with, was removed from the corpus meanwhile.
    """
    heard = Broadcast(sinks, run.timings)
    files = statement.files or {run.video: statement.fingerprint}
    stamps = {path: Stamp.of(path) for path in files}
    try:
        with ClipQueue(cutter) as clips:
            segments = _hand_on(run, heard, output, clips, threads, cameras or {})
        for path, fingerprint in files.items():
            demand_unchanged(path, stamps[path], fingerprint)
        with writing(_results_of(run)):
            source = {"source": dict(statement.facts)} if statement.facts else {}
            told = {readable(path.absolute()): known for path, known in statement.files.items()}
            several = {"main": readable(run.video.absolute()), "files": told} if told else {}
            summary = replace(run.summary, provenance={**run.summary.provenance, **source, **several})
            heard.commit(summary)
            done = Processed(run.video, output.output_dir / output.name, segments, summary)
            report = report_on(done, statement.fingerprint)
            redone = {"redo": statement.redo} if statement.redo else {}
            made = {"key": statement.key, **redone, "fingerprint": statement.fingerprint}
            output.state(**made, **several, **source, report=report_to_json(report))
            for path, fingerprint in files.items():
                refuse_results(output.output_dir, path, fingerprint, report.people)
            folder = output.publish()
    except BaseException as error:
        gone = isinstance(error, FileNotFoundError) and not output.folder.exists()
        heard.abort()
        output.discard()
        if gone:
            message = f"cannot write {_results_of(run)}: {output.folder} was deleted meanwhile"
            raise OutputError(message, "let nothing else delete in the output folder, and run again") from error
        raise
    with writing(f"to {output.output_dir}"):
        heard.published(folder)
    return done


def _hand_on(
    run: Run,
    sinks: Broadcast,
    output: OutputFolder,
    clips: ClipQueue,
    threads: int | None,
    cameras: Mapping[str, PictureCutter],
) -> tuple[Segment, ...]:
    """Hand every result to the sinks. Only what they do is writing: the results themselves come out of the video."""
    segments: list[Segment] = []

    def begin() -> None:  # before the video is looked at: what cannot be written at all is said before the night
        clips.widen(workers_for(run.info, threads))
        with writing(_results_of(run)):
            sinks.start(SinkJob(run.info, output.folder, output.output_dir, output.name, clips, cameras, run.camera))

    def end() -> None:  # while the video's sound is still there
        with writing(_results_of(run)), run.timings.stage("write"):
            clips.finish()

    with closing(run.results(begin, end)) as results:
        for result in results:
            with writing(_results_of(run)):
                sinks.take(result)
            if isinstance(result, Segment):
                segments.append(result)
    return tuple(segments)


def _results_of(run: Run) -> str:
    return f"the results of {run.video}"


def moved_by_of(run: VideoRun) -> float:
    """Return the seconds by which the sound of a run is heard later than in the file."""
    return run.moved_by


def sound_of(run: VideoRun) -> AudioTrack | None:
    """Return the sound of a run that is going on; None where there is none.

    Raises
    ------
    RuntimeError
        The run is over, and its sound has been let go.
    """
    if not run.going_on:
        raise RuntimeError("clips are cut while results come, not later")
    return run.audio
